import LinuxKernel
import Testing

/// Every command as a user who is not root: it works, or says in one line that it cannot yet and what to do.
@Suite(.drivesBrig(with: "setpriv"))
struct OrdinaryUserTests {
    private let fixture: BrigFixture
    private let home: String

    init() throws {
        fixture = try BrigFixture()
        home = fixture.directory + "/home"
        // Where the programs are built may be closed to others.
        let made = try BrigFixture.run(
            "/bin/sh",
            [
                "-c",
                """
                set -e; chmod 755 \(fixture.directory); mkdir \(fixture.directory)/bin \(home)
                for program in brig brig-runtime; do
                    ln \(BrigFixture.products)/$program \(fixture.directory)/bin 2>/dev/null ||
                        cp \(BrigFixture.products)/$program \(fixture.directory)/bin
                done
                printf 'services: {a: {image: box}}\\n' >\(home)/compose.yaml
                chown -R 65534:65534 \(home)
                """,
            ])
        try #require(made.status == 0, "\(made.errors)")
    }

    private func asUser(_ command: String) throws -> BrigFixture.Result {
        let script = """
            cd \(home) && exec setpriv --reuid=65534 --regid=65534 --clear-groups \
            env -i HOME=\(home) BRIG_ROOT=\(home)/root BRIG_RUN=\(home)/run PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            \(fixture.directory)/bin/brig \(command) </dev/null
            """
        return try BrigFixture.run("/bin/sh", ["-c", script])
    }

    /// What works on containers, images, volumes or networks.
    static let refused = [
        "run --rm box true", "run hello", "create box true", "start x", "stop x", "restart x", "kill x", "rm x",
        "rm -f x",
        "exec x true", "exec -d x true", "attach x", "logs x", "ps", "ps -a", "inspect x", "top x", "stats --no-stream",
        "port x", "port add x 80", "diff x", "cp x:/a b", "cp compose.yaml x:/a", "rename x y", "update -m 1m x",
        "wait x", "pause x", "unpause x", "commit x y", "export x", "container ls", "container prune -f",
        "container inspect x", "container cleanup x", "container health x", "container revive x", "images", "image ls",
        "image inspect x", "image prune -f", "pull box", "push box", "load -i compose.yaml", "save box",
        "import compose.yaml x", "rmi x", "tag x y", "history x", "builder prune -f", "volume ls", "volume create x",
        "volume inspect x", "volume rm x", "volume prune -f", "volume export x", "network ls", "network create x",
        "network inspect bridge", "network rm x", "network prune -f", "network connect a b", "network disconnect a b",
        "network check", "network check --repair", "compose ls", "compose ps", "compose up -d", "compose down",
        "compose logs", "script x", "debug x", "info", "doctor", "events --since 1h --until 0s", "system df",
        "system df -v", "system prune -f", "system info", "system check", "system repair", "system boot",
    ]

    @Test("what is root's says so in one line, and makes nothing")
    func refusals() throws {
        guard try asUser("version").status == 0 else { try Test.cancel("others cannot run the built program here") }
        for command in Self.refused {
            let result = try asUser(command)
            #expect(result.status == (command.hasPrefix("run ") ? 125 : 1), "\(command)")
            #expect(
                result.errors
                    == "brig: user 65534 cannot do this yet: containers, images, volumes and networks are root's; run it with sudo\n",
                "\(command)")
            #expect(result.output == "", "\(command)")
        }
        #expect(try BrigFixture.run("/bin/ls", ["-A", home]).output == "compose.yaml\n")
    }

    /// What needs no store: it does what it can, and what the kernel refuses is one line.
    static let others = [
        "version", "--help", "help run", "compose config", "logout localhost:1", "login localhost:1",
        "login -u a --password-stdin localhost:1", "manifest inspect localhost:1/x", "build .", "anatomy", "anatomy 1",
        "anatomy x", "why x", "why -- true", "profile record -- true", "net explain 80", "net explain localhost",
        "tools ls", "tools install tools", "lab", "lab namespaces", "lab cgroups", "unshare -n true",
        "nsenter -t 1 -m true", "lsns", "chroot / true", "pivot_root a b", "mount-overlay a b c", "pstree",
        "cgcreate -g memory:brig-x", "cgset -r memory.limit_in_bytes=1 brig-x", "cgget -g memory:brig-x",
        "cgexec -g memory:brig-x true", "cgdelete memory:brig-x", "lscgroup", "cgls", "capsh --print",
        "capsh --decode=a80425fb", "getpcaps 1", "getcap compose.yaml", "setcap cap_net_raw+ep compose.yaml", "pscap",
        "seccomp show 1", "aa",
    ]

    @Test("everything else works, or says in one line what the kernel refuses")
    func tools() throws {
        guard try asUser("version").status == 0 else { try Test.cancel("others cannot run the built program here") }
        for command in Self.others {
            let result = try asUser(command)
            let lines = result.errors.split(separator: "\n")
            if result.status == 0 {
                #expect(result.output != "" || lines.count <= 1, "\(command)")
            } else {
                #expect(lines.count == 1, "\(command): \(result.errors)")
            }
        }
    }

    @Test("no command is left out here")
    func all() throws {
        let help = try fixture.brig("--help").output
        let names = help.split(separator: "\n").compactMap { line -> String? in
            guard line.hasPrefix("  "), !line.hasPrefix("   "), !line.hasPrefix("  -"), !line.hasPrefix("  See ") else {
                return nil
            }
            return line.split(separator: " ").first.map { String($0.prefix { $0 != "," }) }
        }
        #expect(names.count > 60)
        let known = Set((Self.refused + Self.others).compactMap { $0.split(separator: " ").first.map(String.init) })
        #expect(names.filter { !known.contains($0) } == [])
    }
}
