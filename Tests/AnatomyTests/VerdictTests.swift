import Capabilities
import LinuxKernel
import OCISpec
import Seccomp
import Testing

@testable import Anatomy

private func mount(_ line: String) throws -> ExplainedMount {
    ExplainedMount(try #require(MountEntry(parsing: Array(line.utf8)[...])))
}

/// A file on a mount.
private func file(
    _ path: String, on line: String, mode: UInt32 = 0o100644, uid: UInt32 = 0, device: DeviceNumber? = nil
) throws -> FileFacts {
    var file = FileFacts(path: path, mount: try mount(line))
    file.mode = mode
    file.uid = uid
    file.device = device
    return file
}

@Suite("why a call failed")
struct VerdictTests {
    private func facts(_ change: (inout DenialFacts) throws -> Void) rethrows -> DenialFacts {
        var facts = DenialFacts()
        facts.effective = .dockerDefault
        facts.bounding = .dockerDefault
        try change(&facts)
        return facts
    }

    @Test("a filter is named before anything else, with the capability that opens the call")
    func filter() {
        let call = FailedCall(name: "mount", errno: 1)
        let verdict = Verdict(
            call,
            facts {
                $0.filterAction = .errno(1)
                $0.openingCapability = .sysAdmin
            })
        #expect(verdict.refuser == .seccomp)
        #expect(verdict.remedy == "--cap-add SYS_ADMIN")
        // An engine's profile stands behind it, and lets nobody mount.
        let labelled = Verdict(
            call,
            facts {
                $0.filterAction = .errno(1)
                $0.openingCapability = .sysAdmin
                $0.label = "brig-default (enforce)"
            })
        #expect(labelled.remedy == "--cap-add SYS_ADMIN --security-opt apparmor=unconfined")
        // Another number than the filter's comes from further in.
        let other = Verdict(FailedCall(name: "mount", errno: 13), facts { $0.filterAction = .errno(1) })
        #expect(other.refuser == .unknown)
        let new = Verdict(FailedCall(name: "clone3", errno: 38), facts { $0.filterAction = .errno(38) })
        #expect(new.isOrdinary)
    }

    @Test(
        "the capability that is missing is named",
        arguments: [
            ("mount", [UInt64](), Int32(1), "--cap-add SYS_ADMIN"), ("clock_settime", [], 1, "--cap-add SYS_TIME"),
            ("bpf", [], 1, "--cap-add BPF"), ("ptrace", [16], 1, "--cap-add SYS_PTRACE"),
            ("socket", [17, 3, 0], 1, "--cap-add NET_RAW"), ("socket", [2, 3, 1], 1, "--cap-add NET_RAW"),
            ("chown", [0, 5, 5], 1, "--cap-add CHOWN"), ("mknod", [0, 0o020644, 0x103], 1, "--cap-add MKNOD"),
            ("setuid", [5], 1, "--cap-add SETUID"), ("kill", [1, 9], 1, "--cap-add KILL"),
            ("unshare", [0x4000_0000], 1, "--cap-add SYS_ADMIN"), ("sethostname", [], 1, "--cap-add SYS_ADMIN"),
            ("ioctl", [3, 0x8914], 1, "--cap-add NET_ADMIN"), ("setpriority", [], 13, "--cap-add SYS_NICE"),
            ("chroot", [], 1, "--cap-add SYS_CHROOT"), ("syslog", [3], 1, "--cap-add SYSLOG"),
        ])
    func capability(name: String, arguments: [UInt64], errno: Int32, remedy: String) {
        let verdict = Verdict(
            FailedCall(name: name, arguments: arguments, errno: errno),
            facts {
                $0.effective = []
                $0.bounding = []
            })
        #expect(verdict.refuser == .capability)
        #expect(verdict.remedy == remedy)
    }

    @Test("an ordinary user is told to be root where root has what is needed, and a port decides")
    func users() {
        var call = FailedCall(name: "bind", errno: 13)
        call.port = 80
        let verdict = Verdict(
            call,
            facts {
                $0.effective = []
                $0.uid = 1000
            })
        #expect(verdict.remedy == "--user 0")
        call.port = 8080
        #expect(Verdict(call, facts { $0.effective = [] }).refuser == .unknown)
        let foreign = Verdict(
            FailedCall(name: "mount", errno: 1),
            facts {
                $0.effective = .named
                $0.isHostUserNamespace = false
            })
        #expect(foreign.refuser == .userNamespace)
    }

    @Test("read-only mounts are told by what they are for")
    func readOnly() throws {
        func remedy(_ path: String, _ line: String) throws -> String? {
            let verdict = Verdict(
                FailedCall(name: "openat", errno: 30, path: path), try facts { $0.file = try file(path, on: line) })
            #expect(verdict.refuser == .readOnlyMount)
            return verdict.remedy
        }
        #expect(try remedy("/etc/x", "1 0 0:1 / / ro - overlay overlay rw")?.contains("--tmpfs /etc") == true)
        #expect(try remedy("/data/x", "1 0 254:0 /srv /data ro - ext4 /dev/vda rw") == "mount /data without :ro")
        #expect(
            try remedy("/proc/sys/net/ipv4/ip_forward", "1 0 0:2 /sys /proc/sys ro - proc proc rw")
                == "--sysctl net.ipv4.ip_forward=VALUE")
        #expect(
            try remedy("/proc/sys/kernel/panic", "1 0 0:2 /sys /proc/sys ro - proc proc rw")?.hasPrefix(
                "--security-opt systempaths=unconfined") == true)
    }

    @Test("limits are told with their numbers")
    func limits() {
        let fork = Verdict(FailedCall(name: "clone", errno: 11), facts { $0.processes = (10, 10) })
        #expect(fork.refuser == .limit && fork.remedy == "--pids-limit 40")
        let user = Verdict(
            FailedCall(name: "fork", errno: 11),
            facts {
                $0.processes = (2, 100)
                $0.limits["nproc"] = 5
            })
        #expect(user.remedy == "--ulimit nproc=20")
        let files = Verdict(FailedCall(name: "openat", errno: 24), facts { $0.limits["nofile"] = 64 })
        #expect(files.remedy == "--ulimit nofile=1024")
        let space = Verdict(FailedCall(name: "mmap", errno: 12), facts { $0.limits["as"] = 1 << 20 })
        #expect(space.refuser == .limit)
        // Docker has no such limit of a container.
        #expect(space.remedy == nil)
        // Numbers at the edge make no trap.
        _ = Verdict(FailedCall(name: "openat", errno: 24), facts { $0.limits["nofile"] = .max })
        _ = Verdict(FailedCall(name: "fork", errno: 11), facts { $0.limits["nproc"] = .max - 1 })
        _ = Verdict(FailedCall(name: "fork", errno: 11), facts { $0.processes = (.max, .max) })
    }

    @Test("devices, masks, options of mounts and permissions")
    func files() throws {
        let dev = "5 1 0:6 / /dev rw - tmpfs tmpfs rw"
        let opened = Verdict(
            FailedCall(name: "openat", errno: 1, path: "/dev/loop0"),
            try facts { $0.file = try file("/dev/loop0", on: dev, device: DeviceNumber(major: 7, minor: 0)) })
        #expect(opened.refuser == .deviceRule && opened.remedy == "--device /dev/loop0")
        let made = Verdict(FailedCall(name: "mknodat", arguments: [0, 0, 0o060600, 0x700], errno: 1), facts { _ in })
        #expect(made.refuser == .deviceRule && made.remedy == "--device-cgroup-rule 'b 7:0 rwm'")
        let masked = Verdict(
            FailedCall(name: "openat", errno: 0, path: "/proc/kcore"),
            try facts { $0.file = try file("/proc/kcore", on: "4 2 0:5 /null /proc/kcore rw - tmpfs tmpfs rw") })
        #expect(masked.refuser == .maskedPath)
        let noexec = Verdict(
            FailedCall(name: "execve", errno: 13, path: "/tmp/x"),
            try facts { $0.file = try file("/tmp/x", on: "4 2 0:5 / /tmp rw,noexec - tmpfs tmpfs rw", mode: 0o100755) })
        #expect(noexec.refuser == .mountOption && noexec.remedy == "--tmpfs /tmp:exec")
        var opening = FailedCall(name: "openat", errno: 13, path: "/f")
        opening.openFlags = 0
        let others = Verdict(
            opening,
            try facts {
                $0.uid = 7
                $0.effective = []
                $0.file = try file("/f", on: "1 0 0:1 / / rw - overlay overlay rw", mode: 0o100600, uid: 9)
            })
        #expect(others.refuser == .permission && others.remedy == "--user 9")
        let root = Verdict(
            opening,
            try facts {
                $0.effective = []
                $0.file = try file("/f", on: "1 0 0:1 / / rw - overlay overlay rw", mode: 0o100600, uid: 9)
            })
        #expect(root.refuser == .capability && root.remedy == "--cap-add DAC_OVERRIDE")
    }

    @Test("most errors are answers and no refusals")
    func answers() {
        #expect(!Verdict.isDenial("openat", errno: 2))
        #expect(!Verdict.isDenial("read", errno: 11))
        #expect(!Verdict.isDenial("ioctl", errno: 25))
        #expect(Verdict.isDenial("clone", errno: 11))
        #expect(Verdict.isDenial("openat", errno: 30))
    }

    @Test("arguments are named")
    func names() {
        #expect(ArgumentNames.openFlags(0o101) == "O_WRONLY|O_CREAT")
        #expect(ArgumentNames.openFlags(1 << 40) == "O_RDONLY|0x10000000000")
        #expect(ArgumentNames.mountFlags(0) == "0")
        #expect(ArgumentNames.mountFlags(0x1001) == "MS_RDONLY|MS_BIND")
        #expect(ArgumentNames.cloneFlags(0x4000_0011) == "CLONE_NEWNET")
        #expect(CallSignature.path("mount")?.path == 1)
        #expect(CallSignature.path("openat")?.directory == 0)
        #expect(CallSignature.path("getpid") == nil)
    }

    @Test("the mount of a path is the one that is seen there")
    func mounts() {
        let table = MountTable(
            parsing: Array(
                "1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / /proc rw - proc proc rw\n3 2 0:2 /sys /proc/sys ro - proc proc rw\n4 1 0:9 / /proc rw - proc second rw\n"
                    .utf8))
        #expect(ThreadReading.mount(of: "/proc/sys/x", table)?.id == 3)
        #expect(ThreadReading.mount(of: "/process", table)?.id == 1)
        #expect(ThreadReading.parent("/a/b/c") == "/a/b")
        #expect(ThreadReading.parent("/a") == "/")
    }
}

@Suite("why a container ended")
struct EndingTests {
    @Test(
        "codes are told in words",
        arguments: [
            (Int32(0), Ending.Cause.finished, "without an error"), (3, .exitCode, "exit code 3"),
            (139, .signal, "SIGSEGV"), (137, .signal, "killed"), (143, .signal, "asked to end"),
            (200, .exitCode, "200"),
        ])
    func codes(code: Int32, cause: Ending.Cause, words: String) {
        let ending = Ending(EndedContainer(name: "c", exitCode: code, command: ["sh"]))
        #expect(ending.cause == cause)
        #expect(ending.explanation.contains(words), "\(ending.explanation)")
    }

    @Test("memory, a start that failed, and the reasons why")
    func reasons() {
        let memory = Ending(EndedContainer(name: "c", exitCode: 137, outOfMemory: true, memoryLimit: 1 << 20))
        #expect(memory.cause == .outOfMemory && memory.explanation.contains("1 MiB"))
        func start(_ program: EndedContainer.Program) -> Ending {
            Ending(
                EndedContainer(
                    name: "c", status: "created", exitCode: 127, error: "exec: no", command: ["/x"], program: program))
        }
        #expect(start(.init(path: nil)).cause == .notFound)
        #expect(
            start(.init(path: "/x", header: .script(interpreter: "/bin/bash"), interpreterIsThere: false)).cause
                == .noInterpreter)
        #expect(
            start(.init(path: "/x", header: .script(interpreter: "/bin/sh\r"), interpreterIsThere: false)).explanation
                .contains("carriage return"))
        #expect(
            start(
                .init(
                    path: "/x", header: .elf(machine: 62, is64: true, loader: "/lib/ld-musl-x86_64.so.1"),
                    interpreterIsThere: false)
            )
            .explanation.contains("ld-musl"))
        #expect(
            start(.init(path: "/x", header: .elf(machine: 183, is64: true, loader: nil))).cause == .wrongArchitecture)
        #expect(
            start(.init(path: "/x", mode: 0o644, header: .elf(machine: 62, is64: true, loader: nil))).cause
                == .notExecutable)
        #expect(start(.init(path: "/x", isDirectory: true)).cause == .notExecutable)
        #expect(start(.init(path: "/x")).cause == .notExecutable)
        #expect(Ending(EndedContainer(name: "c", status: "created", exitCode: 0)).cause == .notStarted)
    }

    @Test("a kill for memory is told of the process that it ended, and 125 is a program's own code like others")
    func others() {
        func end(_ code: Int32, killed: Bool) -> Ending {
            Ending(EndedContainer(name: "c", exitCode: code, outOfMemory: killed, command: ["sh"]))
        }
        #expect(end(137, killed: true).explanation.hasSuffix("and the kernel killed it"))
        for code: Int32 in [0, 3] {
            let ending = end(code, killed: true)
            #expect(ending.cause == .outOfMemory)
            #expect(ending.explanation.contains("killed one of its processes; then sh ended by itself"))
        }
        let ending = end(125, killed: false)
        #expect(ending.cause == .exitCode && ending.explanation.contains("exit code 125"))
    }

    @Test("a file's first bytes tell what executes it, however broken they are")
    func headers() throws {
        #expect(ProgramHeader(Array("#! /bin/sh -e\n".utf8)) == .script(interpreter: "/bin/sh"))
        #expect(ProgramHeader(Array("#!/bin/sh\r\n".utf8)) == .script(interpreter: "/bin/sh\r"))
        #expect(ProgramHeader(Array("#!".utf8)) == .script(interpreter: ""))
        #expect(ProgramHeader([]) == .unknown)
        #expect(ProgramHeader(Array("MZ".utf8)) == .unknown)
        var bytes = [UInt8](repeating: 0, count: 200)
        bytes.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
        bytes[18] = 62
        bytes[32] = 64  // program headers
        bytes[54] = 56
        bytes[56] = 1
        bytes[64] = 3  // PT_INTERP
        bytes[72] = 130
        bytes.replaceSubrange(130..<135, with: Array("/ld.x".utf8))
        #expect(ProgramHeader(bytes) == .elf(machine: 62, is64: true, loader: "/ld.x"))
        #expect(ProgramHeader(bytes).runs(on: "x86_64"))
        #expect(!ProgramHeader(bytes).runs(on: "aarch64"))
        // Any byte may be anything.
        for position in 0..<bytes.count {
            for value: UInt8 in [0, 1, 0x7f, 0x80, 0xff] {
                var broken = bytes
                broken[position] = value
                _ = ProgramHeader(broken)
                _ = ProgramHeader(Array(broken[..<position]))
            }
        }
        // The programs of this machine.
        let own = try OwnedDescriptor(open: "/proc/self/exe", .read).read(upTo: 8192)
        guard case .elf(_, true, _) = ProgramHeader(own) else {
            Issue.record("this very program is not known")
            return
        }
    }
}
