import OCISpec
import Testing

@testable import Engine

@Suite("config.json from image, flags and defaults")
struct SpecificationTests {
    static let id = Identifier(String(repeating: "0a", count: 32))

    static func plan(
        _ host: HostConfiguration = .init(), _ configuration: ContainerConfiguration = sh, _ facts: HostFacts = .init()
    ) throws -> ContainerPlan {
        try ContainerPlan(
            id: try #require(id), configuration, host, facts, mounts: try ContainerMount.list(host))
    }

    static var sh: ContainerConfiguration {
        var configuration = ContainerConfiguration()
        configuration.cmd = ["sh"]
        return configuration
    }

    static func specification(
        _ plan: ContainerPlan, _ facts: HostFacts = .init(), user: ResolvedUser = .root
    ) throws -> RuntimeConfig {
        SpecificationBuilder(
            plan: plan, facts: facts, user: user, rootfs: "/run/brig/x/rootfs",
            generatedFiles: [("/c/hosts", "/etc/hosts")], seccomp: nil, hostDevices: []
        ).specification()
    }

    @Test("a container without options is Docker's")
    func defaults() throws {
        let result = try Self.specification(try Self.plan())
        let process = try #require(result.process)
        let linux = try #require(result.linux)
        #expect(process.args == ["sh"])
        #expect(process.cwd == "/")
        #expect(
            process.env == [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=0a0a0a0a0a0a",
                "HOME=/root",
            ])
        #expect(result.hostname == "0a0a0a0a0a0a")
        #expect(process.capabilities?.bounding.count == 14)
        #expect(process.capabilities?.effective == process.capabilities?.bounding)
        #expect(process.capabilities?.permitted == process.capabilities?.bounding)
        #expect(process.capabilities?.inheritable == [])
        #expect(process.capabilities?.ambient == [])
        #expect(process.oomScoreAdj == 0)
        #expect(!process.noNewPrivileges)
        #expect(result.root?.readonly == false)
        #expect(linux.namespaces.map(\.type) == [.mount, .uts, .pid, .ipc, .network, .cgroup])
        #expect(linux.maskedPaths.contains("/proc/kcore"))
        #expect(linux.maskedPaths.contains("/sys/devices/virtual/powercap"))
        #expect(linux.readonlyPaths == ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"])
        #expect(
            result.mounts.map(\.destination) == [
                "/proc", "/dev", "/dev/pts", "/sys", "/sys/fs/cgroup", "/dev/mqueue", "/dev/shm", "/etc/hosts",
            ])
        #expect(result.mounts.first { $0.destination == "/sys" }?.options.contains("ro") == true)
        #expect(result.mounts.first { $0.destination == "/sys/fs/cgroup" }?.options.contains("ro") == true)
        #expect(result.mounts.first { $0.destination == "/dev/shm" }?.options.contains("size=67108864") == true)
        #expect(linux.resources?.memory == nil)
        #expect(linux.resources?.devices.first == .init(allow: false, access: "rwm"))
        #expect(linux.cgroupsPath == "/brig/\(try #require(Self.id))")
    }

    @Test("capability masks are those that tutorials show")
    func capabilityMask() throws {
        let names = try CapabilitySelection.select(adding: [], dropping: [], privileged: false, lastCapability: 40)
        let mask = try names.reduce(UInt64(0)) { sum, name in
            sum | 1 << UInt64(try #require(CapabilitySelection.all.firstIndex(of: name)))
        }
        #expect(mask == 0x0000_0000_a804_25fb)
    }

    @Test(
        "capabilities added and dropped",
        arguments: [
            (["ALL"], ["NET_RAW"], 40), (["NET_ADMIN", "cap_net_admin"], [], 15), ([], ["ALL"], 0),
            (["NET_BIND_SERVICE"], ["all"], 1), ([], ["chown", "KILL"], 12), (["ALL"], ["ALL"], 41),
        ])
    func capabilities(adding: [String], dropping: [String], count: Int) throws {
        let names = try CapabilitySelection.select(
            adding: adding, dropping: dropping, privileged: false, lastCapability: 40)
        #expect(names.count == count)
        #expect(Set(names).count == count)
    }

    @Test("an unknown capability is an error")
    func unknownCapability() {
        #expect(throws: EngineError(.invalidInput, "invalid capability for --cap-add: FOO")) {
            try CapabilitySelection.select(adding: ["FOO"], dropping: [], privileged: false, lastCapability: 40)
        }
    }

    @Test("other users than root get no effective capabilities")
    func otherUsers() throws {
        let user = ResolvedUser(uid: 1000, gid: 100, groups: [100, 4], home: "/home/me")
        let process = try #require(try Self.specification(try Self.plan(), user: user).process)
        #expect(process.capabilities?.effective == [])
        #expect(process.capabilities?.permitted == [])
        #expect(process.capabilities?.bounding.count == 14)
        #expect(process.user == .init(uid: 1000, gid: 100, additionalGids: [100, 4]))
        #expect(process.env.last == "HOME=/home/me")
    }

    @Test("limits")
    func limits() throws {
        var host = HostConfiguration()
        host.memory = 512 << 20
        host.nanoCpus = 1_500_000_000
        host.pidsLimit = 100
        var facts = HostFacts()
        facts.processors = 2
        let resources = try Self.specification(try Self.plan(host, Self.sh, facts), facts).linux?.resources
        #expect(resources?.memory == .init(limit: 512 << 20, swap: 1 << 30))
        #expect(resources?.cpu == .init(quota: 150_000, period: 100_000))
        #expect(resources?.pids == .init(limit: 100))
        facts.countsSwap = false
        #expect(try Self.plan(host, Self.sh, facts).resources.memoryAndSwap == nil)
    }

    @Test("limits that cannot be")
    func badLimits() {
        var small = HostConfiguration()
        small.memory = 1000
        var many = HostConfiguration()
        many.nanoCpus = 3_000_000_000
        var swap = HostConfiguration()
        swap.memorySwap = 1 << 30
        var less = HostConfiguration()
        less.memory = 1 << 30
        less.memorySwap = 1 << 29
        for host in [small, many, swap, less] { #expect(throws: EngineError.self) { try Self.plan(host) } }
    }

    @Test("the host's network is the host's namespace and name")
    func hostNetwork() throws {
        var host = HostConfiguration()
        host.networkMode = "host"
        var facts = HostFacts()
        facts.hostname = "machine"
        let result = try Self.specification(try Self.plan(host, Self.sh, facts), facts)
        #expect(result.linux?.namespaces.contains { $0.type == .network } == false)
        #expect(result.hostname == "machine")
        #expect(result.linux?.sysctl.isEmpty == true)
    }

    @Test("privileged containers have everything and no mask")
    func privileged() throws {
        var host = HostConfiguration()
        host.privileged = true
        var facts = HostFacts()
        facts.hasAppArmor = true
        let result = try Self.specification(try Self.plan(host, Self.sh, facts), facts)
        #expect(result.process?.capabilities?.bounding.count == 41)
        #expect(result.linux?.maskedPaths == [])
        #expect(result.linux?.readonlyPaths == [])
        #expect(result.process?.apparmorProfile == "unconfined")
        #expect(result.mounts.first { $0.destination == "/sys" }?.options.contains("ro") == false)
        #expect(result.linux?.resources?.devices == [.init(allow: true, access: "rwm")])
    }

    @Test("a volume takes the place of a default mount, parents come first")
    func volumes() throws {
        var host = HostConfiguration()
        host.binds = ["/h/b:/data/deep:ro", "/h/a:/data", "/h/shm:/dev/shm", "/h/hosts:/etc/hosts"]
        host.tmpfs = ["/run": "size=1m"]
        let mounts = try Self.specification(try Self.plan(host)).mounts
        #expect(mounts.suffix(5).map(\.destination) == ["/data", "/run", "/data/deep", "/dev/shm", "/etc/hosts"])
        #expect(mounts.count { $0.destination == "/dev/shm" } == 1)
        #expect(mounts.first { $0.destination == "/data/deep" }?.options == ["rbind", "rprivate", "rro"])
        #expect(mounts.first { $0.destination == "/run" }?.options == ["noexec", "nosuid", "nodev", "size=1m"])
    }

    @Test("what is mounted above the engine's own files goes under them")
    func mountsAboveFiles() throws {
        var host = HostConfiguration()
        host.binds = ["/h/etc:/etc", "/h/data:/data"]
        let mounts = try Self.specification(try Self.plan(host)).mounts.map(\.destination)
        #expect(mounts.suffix(3) == ["/etc", "/etc/hosts", "/data"])
        host = HostConfiguration()
        host.tmpfs = ["/etc": ""]
        #expect(try Self.specification(try Self.plan(host)).mounts.last?.destination.hasPrefix("/etc/") == true)
    }

    @Test("mounts twice in one place are an error")
    func doubleMount() {
        var host = HostConfiguration()
        host.binds = ["/a:/data", "/b:/data/."]
        #expect(throws: EngineError(.invalidInput, "duplicate mount point: /data")) { try Self.plan(host) }
    }

    @Test("a default limit is lowered to what the host allows, one that was asked for is not")
    func openFiles() throws {
        var facts = HostFacts()
        facts.canRaiseLimits = false
        facts.openFilesHardLimit = 4096
        let lowered = try Self.specification(try Self.plan(.init(), Self.sh, facts), facts)
        #expect(lowered.process?.rlimits == [.init(type: .openFiles, hard: 4096, soft: 1024)])
        var host = HostConfiguration()
        host.ulimits = [UserLimit(name: "nofile", soft: 8192, hard: 8192)]
        let asked = try Self.specification(try Self.plan(host, Self.sh, facts), facts)
        #expect(asked.process?.rlimits == [.init(type: .openFiles, hard: 8192, soft: 8192)])
    }

    @Test("the environment keeps Docker's order")
    func environment() throws {
        var configuration = Self.sh
        configuration.tty = true
        configuration.env = ["A=1", "PATH=/bin", "HOME=/x", "HOSTNAME"]
        #expect(
            try Self.specification(try Self.plan(.init(), configuration)).process?.env == [
                "PATH=/bin", "TERM=xterm", "A=1", "HOME=/x",
            ])
    }

    @Test("what the user says goes before what the image says")
    func merging() {
        var image = ImageConfiguration()
        image.entrypoint = ["/entry"]
        image.cmd = ["serve"]
        image.env = ["A=image", "B=image"]
        image.user = "app"
        image.workingDir = "/srv"
        var plain = ContainerConfiguration()
        plain.env = ["A=user"]
        #expect(plain.completed(by: image).command == ["/entry", "serve"])
        #expect(plain.completed(by: image).env == ["A=user", "B=image"])
        #expect(plain.completed(by: image).user == "app")
        var withCommand = ContainerConfiguration()
        withCommand.cmd = ["x"]
        #expect(withCommand.completed(by: image).command == ["/entry", "x"])
        var otherProgram = ContainerConfiguration()
        otherProgram.entrypoint = ["/bin/sh"]
        #expect(otherProgram.completed(by: image).command == ["/bin/sh"])
        var none = withCommand
        none.entrypoint = [""]
        #expect(none.completed(by: image).command == ["x"])
    }

    @Test("without a command there is nothing to run")
    func noCommand() {
        #expect(throws: EngineError(.invalidInput, "no command specified")) {
            try Self.plan(.init(), ContainerConfiguration())
        }
    }

    @Test("AppArmor where the kernel has it")
    func appArmor() throws {
        var facts = HostFacts()
        #expect(try Self.specification(try Self.plan(), facts).process?.apparmorProfile == nil)
        facts.hasAppArmor = true
        #expect(try Self.specification(try Self.plan(), facts).process?.apparmorProfile == "brig-default")
        var host = HostConfiguration()
        host.securityOpt = ["apparmor=mine"]
        #expect(throws: EngineError.self) { try Self.plan(host) }
        #expect(try Self.specification(try Self.plan(host, Self.sh, facts), facts).process?.apparmorProfile == "mine")
    }

    @Test("processor lists", arguments: [("0-3\n", 4), ("0", 1), ("0-1,4,6-7", 5), ("", 1), ("x", 1), ("5-2", 1)])
    func processors(text: String, count: Int) { #expect(HostFacts.count(ofList: text) == count) }
}

@Suite("Users of the image")
struct UserDatabaseTests {
    let database = UserDatabase(
        passwd: """
            root:x:0:0:root:/root:/bin/sh
            broken line
            app:x:1000:1000:App:/home/app:/bin/sh
            1234:x:7:7::/seven:/bin/sh
            huge:x:4294967296:1::/:/bin/sh
            nohome:x:8:8::relative:/bin/sh
            """,
        group: "root:x:0:\nadm:x:4:app,root\nwheel:x:10:app\napp:x:1000:\n")

    @Test("names, numbers, groups")
    func resolve() throws {
        #expect(try database.resolve(.root) == ResolvedUser(uid: 0, gid: 0, groups: [0, 4], home: "/root"))
        #expect(
            try database.resolve(try UserSpec("app"))
                == ResolvedUser(uid: 1000, gid: 1000, groups: [1000, 4, 10], home: "/home/app"))
        #expect(
            try database.resolve(try UserSpec("app:wheel"))
                == ResolvedUser(uid: 1000, gid: 10, groups: [10], home: "/home/app"))
        #expect(
            try database.resolve(try UserSpec("5000")) == ResolvedUser(uid: 5000, gid: 0, groups: [0], home: "/"))
    }

    @Test("a number is never taken for a name")
    func numberStaysNumber() throws {
        #expect(
            try database.resolve(try UserSpec("1234")) == ResolvedUser(uid: 1234, gid: 0, groups: [0], home: "/"))
    }

    @Test("numbers out of range are no lines, relative homes no homes")
    func badLines() throws {
        #expect(throws: EngineError.self) { try database.resolve(try UserSpec("huge")) }
        #expect(throws: EngineError.self) { try database.resolve(try UserSpec("nobody")) }
        #expect(throws: EngineError.self) { try database.resolve(try UserSpec("app:nogroup")) }
        #expect(try database.resolve(try UserSpec("nohome")).home == "/")
    }
}
