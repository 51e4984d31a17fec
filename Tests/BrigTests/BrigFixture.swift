import LinuxKernel
import Testing

/// The built `brig` on roots of its own, with an image made of the host's static busybox.
final class BrigFixture: Sendable {
    /// What one command line did.
    struct Result: Equatable {
        var status: Int32
        var output: String
        var errors: String
    }

    let directory: String
    /// The network namespace that is the host's for this `brig`: the machine's own links and rules are not touched.
    let host: OwnedDescriptor
    /// Where the executables are that are driven: beside the tests, and on an emulated machine the small ones of `make build`.
    static let products: String = {
        let small = "\(Walkthrough.directory)/../../bin"
        if Emulation.isEmulated, ["brig", "brig-runtime"].allSatisfy({ isThere("\(small)/\($0)") }) { return small }
        let own = (try? readSymbolicLink("/proc/self/exe")) ?? "/"
        return String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)])
    }()

    private static func isThere(_ path: String) -> Bool { (try? OwnedDescriptor(open: path, .pathOnly)) != nil }

    /// Whether these tests can run here.
    static let isPossible: Bool =
        CallerIdentity.effectiveUid == 0
        && ["/bin/busybox", "/bin/tar", "/usr/bin/nsenter", products + "/brig", products + "/brig-runtime"].allSatisfy(
            isThere)

    init() throws {
        directory = "/tmp/brig-tests-\(UInt64.random(in: 0 ... .max))"
        host = try NetworkNamespaces.make()
        try NetworkNamespaces.inside(host) { () throws(SyscallError) in try LoopbackInterface.bringUp() }
        let script = """
            set -e
            mkdir -p \(directory)/image/bin \(directory)/image/etc \(directory)/image/tmp
            cp /bin/busybox \(directory)/image/bin/
            for name in sh cat tail echo sleep env id true false hostname touch ls grep head wc yes nc ip httpd nslookup; do
                ln -s busybox \(directory)/image/bin/$name
            done
            echo root:x:0:0:root:/root:/bin/sh > \(directory)/image/etc/passwd
            echo app:x:1000:1000::/home/app:/bin/sh >> \(directory)/image/etc/passwd
            printf 'root:x:0:\\napp:x:1000:\\nadm:x:4:app\\n' > \(directory)/image/etc/group
            tar -C \(directory)/image -czf \(directory)/image.tar.gz .
            """
        let made = try Self.run("/bin/sh", ["-c", script])
        guard made.status == 0 else { throw SyscallError(call: "sh", subject: made.errors, code: .inputOutput) }
        let imported = try brig(
            "import", "-c", #"CMD ["sh", "-c", "echo from the image"]"#, "\(directory)/image.tar.gz", "box")
        guard imported.status == 0 else {
            throw SyscallError(call: "import", subject: imported.errors, code: .inputOutput)
        }
    }

    deinit {
        // What a failed test left running goes with its directory.
        if let left = try? brig("ps", "-aq") {
            for id in left.output.split(separator: "\n") { _ = try? brig("rm", "-f", String(id)) }
        }
        _ = try? Self.run("/bin/rm", ["-rf", "--one-file-system", directory])
    }

    /// Runs one command of `brig`.
    func brig(_ arguments: String..., input: String? = nil) throws -> Result {
        try brig(arguments, input: input)
    }

    /// Runs one command of `brig`.
    func brig(_ arguments: [String], input: String? = nil) throws -> Result {
        try onHost(
            Self.products + "/brig", ["--root", directory + "/root", "--run-root", directory + "/run"] + arguments,
            input: input)
    }

    /// Runs a program in the network namespace that is the host's.
    func onHost(
        _ program: String, _ arguments: [String], input: String? = nil, limit: Duration = .seconds(300)
    ) throws -> Result {
        try Self.run(
            "/usr/bin/nsenter", ["--net=\(hostNetwork)", program] + arguments, input: input, limit: limit)
    }

    /// The path of the network namespace that is the host's.
    var hostNetwork: String { "/proc/\(CallerIdentity.pid)/fd/\(host.raw)" }

    /// What the engine has left behind, but for the cache of compiled filters and a lock.
    func leftovers() throws -> [String] {
        let result = try Self.run(
            "/bin/sh",
            [
                "-c",
                "cd \(directory); ls root/containers; ls run | grep -v -e runtime -e network.lock; grep \(directory)/run /proc/mounts; true",
            ])
        return result.output.split(separator: "\n").map(String.init)
    }

    static func run(
        _ program: String, _ arguments: [String], input: String? = nil, limit: Duration = .seconds(300)
    ) throws -> Result {
        let output = try OwnedDescriptor(memoryFile: "stream")
        let errors = try OwnedDescriptor(memoryFile: "stream")
        var streams: [(raw: Int32, number: Int32)] = [(output.raw, 1), (errors.raw, 2)]
        let given = try OwnedDescriptor(memoryFile: "stream")
        if let input {
            try given.write(input)
            try given.seek(to: 0)
            streams.append((given.raw, 0))
        }
        let child = try Spawn(
            program: program, arguments: [program] + arguments,
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        ).start(streams)
        guard let status = try child.wait(timeout: limit) else {
            try child.send(.kill)
            _ = try child.wait()
            throw SyscallError(call: program, subject: arguments.joined(separator: " "), code: .timedOut)
        }
        func text(_ file: borrowing OwnedDescriptor) throws -> String {
            try file.seek(to: 0)
            return String(decoding: try file.readAll(limit: 64 << 20), as: UTF8.self)
        }
        return Result(status: status.shellCode, output: try text(output), errors: try text(errors))
    }
}
