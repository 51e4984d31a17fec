import Foundation
import LinuxKernel
import Testing

/// What builds exchange with others: caches with a registry, signatures with an agent.
@Suite("Builds and others", .drivesBrig, .enabled(if: BuiltPrograms.images != nil, "needs `make images`"))
struct BuildExchangeTests {
    private static let file = "FROM box\nRUN echo 1 > /one\nCOPY f /f\nRUN rm /one\n"

    /// Another store with the same base image, byte for byte.
    private func other(than site: BuildTests.Site) throws -> BuildTests.Site {
        let archive = site.fixture.directory + "/box.tar"
        #expect(try site.brig(["save", "-o", archive, "box"]).status == 0)
        let other = try BuildTests.Site()
        #expect(try other.brig(["rmi", "-f", "box"]).status == 0)
        #expect(try other.brig(["load", "-i", archive]).status == 0)
        try other.write("x", to: "f")
        return other
    }

    /// A command of another store's, on the host of the first: that is where the registry is.
    private func brig(_ site: BuildTests.Site, on host: BuildTests.Site, _ words: [String]) throws -> BrigFixture.Result
    {
        try host.fixture.onHost(
            BrigFixture.products + "/brig",
            ["--root", site.fixture.directory + "/root", "--run-root", site.fixture.directory + "/run"] + words)
    }

    @Test("a cache in a registry serves builds in another store; none yet is no error, and another thing is")
    func registryCache() throws {
        let site = try BuildTests.Site()
        let script = "\(BuildCases.directory)/../images/serve-images"
        let registry = site.fixture.directory + "/registry"
        let started = try site.fixture.onHost(script, ["start", "--empty", registry])
        #expect(started.status == 0, "\(started.errors)")
        defer { _ = try? site.fixture.onHost(script, ["stop", registry]) }
        let place = "\(started.output.trimmingCharacters(in: .whitespacesAndNewlines))/team/app:cache"
        try site.write("x", to: "f")
        let none = ["--network", "none"]
        let first = try site.build(
            Self.file, none + ["--cache-from", place, "--cache-to", "type=registry,ref=\(place),mode=max"])
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.errors.contains("going on without --cache-from"), "\(first.errors)")

        let second = try other(than: site)
        try second.write(Self.file, to: "Dockerfile")
        let built = try brig(
            second, on: site,
            ["build", "--progress", "plain", "-t", "again"] + none
                + ["--cache-from", "type=registry,ref=\(place)", second.context])
        #expect(built.status == 0, "\(built.errors)")
        #expect(built.errors.components(separatedBy: "CACHED").count == 5, "\(built.errors)")
        #expect(try second.brig(["run", "--rm", "--network", "none", "again", "cat", "/f"]).output == "x")
        #expect(try second.brig(["system", "check"]).status == 0)

        // An image that says nothing of its steps is no cache, which ends nothing, as with BuildKit.
        let image = place.replacingOccurrences(of: ":cache", with: ":image")
        #expect(try site.brig(["tag", "box", image]).status == 0)
        #expect(try site.brig(["push", "-q", image]).status == 0)
        let plain = try site.build(Self.file, none + ["--cache-from", image])
        #expect(plain.status == 0, "\(plain.errors)")
        #expect(plain.errors.contains("was built without --cache-to type=inline"), "\(plain.errors)")

        // One that was told to is.
        let inline = place.replacingOccurrences(of: ":cache", with: ":inline")
        let pushed = try site.build(Self.file, none + ["-t", inline, "--cache-to", "type=inline", "--push"])
        #expect(pushed.status == 0, "\(pushed.errors)")
        let fourth = try other(than: site)
        try fourth.write(Self.file, to: "Dockerfile")
        let found = try brig(
            fourth, on: site,
            ["build", "--progress", "plain", "-t", "again"] + none + ["--cache-from", inline, fourth.context])
        #expect(found.status == 0 && found.errors.components(separatedBy: "CACHED").count == 5, "\(found.errors)")
        #expect(try fourth.brig(["run", "--rm", "--network", "none", "again", "cat", "/f"]).output == "x")
        #expect(try fourth.brig(["system", "check"]).status == 0)

        // A layer that is not what its name says is not taken.
        let storage = registry + "/storage/docker/registry/v2/blobs"
        _ = try site.shell("for f in $(find \(storage) -name data -size +0); do printf x >> $f; done")
        let third = try other(than: site)
        try third.write(Self.file, to: "Dockerfile")
        let damaged = try brig(
            third, on: site,
            ["build", "-q", "-t", "damaged"] + none + ["--cache-from", place, third.context])
        #expect(damaged.status == 0 || damaged.errors.hasPrefix("brig: "), "\(damaged.errors)")
        #expect(!damaged.errors.contains("Fatal"))
        #expect(try third.brig(["system", "check"]).status == 0)
    }

    private static let hasAgent = ["/usr/bin/ssh-agent", "/usr/bin/ssh-add", "/usr/bin/ssh-keygen"].allSatisfy {
        (try? OwnedDescriptor(open: $0, .pathOnly)) != nil
    }

    @Test("a step asks the user's agent, and gets neither the key nor the socket to keep", .enabled(if: hasAgent))
    func agent() throws {
        let site = try BuildTests.Site()
        _ = try site.shell(
            """
            ssh-agent -a ../agent.sock > ../agent
            . ../agent > /dev/null
            ssh-keygen -q -t ed25519 -N '' -C canary-of-the-test -f ../key
            ssh-add -q ../key 2> /dev/null
            tar -C / -chf ssh.tar usr/bin/ssh-add $(ldd /usr/bin/ssh-add | sed -n 's|^[^/]*/\\([^ ]*\\).*|\\1|p')
            """)
        defer { _ = try? site.shell(". ../agent > /dev/null; ssh-agent -k > /dev/null") }
        let file = """
            FROM box
            ADD ssh.tar /
            RUN --mount=type=ssh,required ssh-add -l > /keys
            RUN echo "socket: ${SSH_AUTH_SOCK:-none}" > /after; ls /run > /run-after 2>&1 || true
            """
        let none = ["--network", "none"]
        let missing = try site.build(file, none)
        #expect(missing.status == 1 && missing.errors.contains("an agent is needed"), "\(missing.errors)")
        let socket = site.fixture.directory + "/agent.sock"
        let result = try site.build(file, none + ["-t", "signed", "--ssh", "default=\(socket)"])
        #expect(result.status == 0, "\(result.errors)")
        let run = ["run", "--rm", "--network", "none", "signed", "cat"]
        #expect(try site.brig(run + ["/keys"]).output.contains("canary-of-the-test"))
        #expect(try site.brig(run + ["/after"]).output == "socket: none\n")
        #expect(try !site.brig(run + ["/run-after"]).output.contains("ssh"))
        // The private key is nowhere in the store.
        let secret = try site.shell("sed -n 3p ../key").trimmingCharacters(in: .newlines)
        let found = try BrigFixture.run("/bin/grep", ["-rlF", secret, site.fixture.directory + "/root"])
        #expect(found.output.isEmpty, "\(found.output)")
    }
}
