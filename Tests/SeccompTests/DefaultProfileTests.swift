import Seccomp
import Testing

@Suite("Docker's default profile")
struct DefaultProfileTests {
    private let permitted = Action.allow
    private let denied = Action.errno(1)

    private func action(
        _ call: CallData?, capabilities: [String] = [], kernel: DefaultProfile.KernelVersion = .init(6, 18)
    ) throws -> Action {
        let profile = DefaultProfile.profile(capabilities: capabilities, kernel: kernel, architecture: .x86_64)
        return try Interpreter(Compiler.compile(profile, native: .x86_64)).action(for: try #require(call))
    }

    @Test("Every name is a call that we know")
    func names() throws {
        for architecture in [Architecture.x86_64, .aarch64] {
            let all = ["CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_SYS_TIME", "CAP_SYS_NICE", "CAP_BPF", "CAP_SYS_MODULE"]
            let profile = DefaultProfile.profile(capabilities: all, kernel: .init(6, 18), architecture: architecture)
            #expect(try Compiler.compile(profile, native: architecture).skippedNames == [])
            #expect(profile.rules[0].names.count == 360)
            #expect(Set(profile.rules[0].names).count == 360)
        }
    }

    @Test("Plain calls", arguments: ["read", "execve", "openat2", "futex_waitv", "statmount", "mseal", "ptrace"])
    func allowed(name: String) throws {
        for architecture in [Architecture.x86_64, .x32, .x86] {
            #expect(try action(CallData(name, on: architecture)) == permitted)
        }
    }

    @Test(
        "Calls for which containers have no business",
        arguments: [
            "mount", "bpf", "kexec_load", "init_module", "add_key", "keyctl", "io_uring_setup", "unshare", "setns",
            "userfaultfd", "perf_event_open", "chroot", "reboot", "pivot_root", "swapon", "iopl",
        ])
    func refused(name: String) throws {
        #expect(try action(CallData(name, on: .x86_64)) == denied)
    }

    @Test("AF_ALG and AF_VSOCK are closed, also behind a high word (CVE-2026-31431)")
    func sockets() throws {
        let high: UInt64 = 1 << 32
        for family: UInt64 in [38, 40, 38 + high, 40 + high, 38 | high << 31, .max << 32 | 38] {
            for architecture in [Architecture.x86_64, .x32] {
                #expect(try action(CallData("socket", on: architecture, family)) == denied, "\(family)")
            }
        }
        for family: UInt64 in [38, 40] { #expect(try action(CallData("socket", on: .x86, family)) == denied) }
        for family: UInt64 in [1, 2, 10, 16, 17, 37, 39, 41, 44, 45] {
            #expect(try action(CallData("socket", on: .x86_64, family)) == permitted)
        }
    }

    @Test("New namespaces take CAP_SYS_ADMIN, and clone3 does not exist without it")
    func cloning() throws {
        let namespaces: [UInt64] = [
            0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
        ]
        for flag in namespaces {
            #expect(try action(CallData("clone", on: .x86_64, flag | 17)) == denied)
            #expect(try action(CallData("clone", on: .x86_64, flag), capabilities: ["CAP_SYS_ADMIN"]) == permitted)
        }
        #expect(try action(CallData("clone", on: .x86_64, 0x3D_0F00)) == permitted)
        #expect(try action(CallData("clone3", on: .x86_64)) == .errno(38))
        #expect(try action(CallData("clone3", on: .x86_64), capabilities: ["CAP_SYS_ADMIN"]) == permitted)
    }

    @Test(
        "What a capability opens",
        arguments: [
            ("CAP_SYS_ADMIN", "mount"), ("CAP_SYS_CHROOT", "chroot"), ("CAP_SYS_PTRACE", "kcmp"), ("CAP_BPF", "bpf"),
            ("CAP_PERFMON", "perf_event_open"), ("CAP_SYSLOG", "syslog"), ("CAP_SYS_TIME", "clock_settime"),
            ("CAP_SYS_NICE", "mbind"), ("CAP_SYS_MODULE", "init_module"), ("CAP_SYS_RAWIO", "iopl"),
            ("CAP_SYS_PACCT", "acct"), ("CAP_SYS_BOOT", "reboot"), ("CAP_SYS_TTY_CONFIG", "vhangup"),
            ("CAP_DAC_READ_SEARCH", "open_by_handle_at"),
        ])
    func gated(capability: String, name: String) throws {
        #expect(try action(CallData(name, on: .x86_64)) == denied)
        #expect(try action(CallData(name, on: .x86_64), capabilities: [capability]) == permitted)
    }

    @Test(
        "Personalities",
        arguments: [
            (0, true), (8, true), (0x20000, true), (0x20008, true), (0xFFFF_FFFF, true), (0x40000, false), (1, false),
            (1 << 32, false),
        ] as [(UInt64, Bool)])
    func personality(value: UInt64, isAllowed: Bool) throws {
        #expect(try action(CallData("personality", on: .x86_64, value)) == (isAllowed ? permitted : denied))
    }

    @Test("Tracing takes a kernel on which a tracer cannot pass the filter")
    func tracing() throws {
        #expect(try action(CallData("ptrace", on: .x86_64), kernel: .init(4, 7)) == denied)
        #expect(try action(CallData("ptrace", on: .x86_64), kernel: .init(4, 8)) == permitted)
    }

    @Test("Newer calls do not exist")
    func newer() throws {
        #expect(try action(CallData("file_getattr", on: .x86_64)) == .errno(38))
        #expect(try action(CallData(number: 1000, architecture: 0xC000_003E)) == .errno(38))
    }
}
