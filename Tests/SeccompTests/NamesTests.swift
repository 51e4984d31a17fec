import Seccomp
import Testing

@Suite("Names of the runtime-spec")
struct NamesTests {
    @Test("Every name leads to a value and back")
    func roundTrips() throws {
        for name in Action.specNames where name != "SCMP_ACT_KILL" {
            #expect(try Action(specName: name).specName == name)
        }
        #expect(try Action(specName: "SCMP_ACT_KILL") == .killThread)
        for comparison in Condition.Comparison.allCases {
            #expect(try Condition.Comparison(specName: comparison.specName) == comparison)
        }
        for architecture in Architecture.allCases {
            #expect(Architecture(specName: architecture.specName) == architecture)
        }
        for name in FilterFlags.specNames { #expect(try FilterFlags(specName: name).specNames == [name]) }
        #expect(Architecture.x86_64.specName == "SCMP_ARCH_X86_64")
    }

    @Test("What is unknown or out of range is an error")
    func errors() {
        #expect(throws: ProfileError.unknownAction("SCMP_ACT_PANIC")) { try Action(specName: "SCMP_ACT_PANIC") }
        #expect(throws: ProfileError.errnoOutOfRange(4096)) { try Action(specName: "SCMP_ACT_ERRNO", errno: 4096) }
        #expect(throws: ProfileError.errnoOutOfRange(65536)) { try Action(specName: "SCMP_ACT_TRACE", errno: 65536) }
        #expect(throws: ProfileError.errnoWithoutUse(action: "SCMP_ACT_ALLOW")) {
            try Action(specName: "SCMP_ACT_ALLOW", errno: 1)
        }
        #expect(throws: ProfileError.argumentIndex(6)) { try Condition(index: 6, .equal, 0) }
        #expect(throws: ProfileError.unknownComparison("EQ")) { try Condition.Comparison(specName: "EQ") }
        #expect(throws: ProfileError.unknownFlag("TSYNC")) { try FilterFlags(specName: "TSYNC") }
        #expect(Architecture(specName: "SCMP_ARCH_VAX") == nil)
    }

    @Test("An errno action without a number has EPERM")
    func defaultErrno() throws {
        #expect(try Action(specName: "SCMP_ACT_ERRNO") == .errno(1))
        #expect(try Action(specName: "SCMP_ACT_TRACE") == .trace(1))
    }

    @Test(
        "Actions are the kernel's values",
        arguments: [
            Action.killThread, .killProcess, .trap, .errno(13), .trace(7), .allow, .log, .notify,
        ])
    func values(action: Action) {
        #expect(Action(returnValue: action.returnValue) == action)
    }

    @Test(
        "The newest calls",
        arguments: [
            ("file_getattr", 468), ("file_setattr", 469), ("open_tree_attr", 467), ("listns", 470), ("mseal", 462),
            ("clone3", 435),
        ] as [(String, UInt32)])
    func newest(name: String, number: UInt32) {
        for architecture in [Architecture.x86, .x86_64, .aarch64, .arm] {
            #expect(Syscall(named: name, on: architecture)?.number == number)
            #expect(Syscall(number: number, on: architecture)?.name == name)
        }
        #expect(Syscall(named: name, on: .x32)?.number == 0x4000_0000 + number)
    }

    @Test("Numbers that differ between architectures")
    func differing() {
        #expect(Syscall(named: "execve", on: .x86_64)?.number == 59)
        #expect(Syscall(named: "execve", on: .x32)?.number == 0x4000_0208)
        #expect(Syscall(named: "execve", on: .x86)?.number == 11)
        #expect(Syscall(named: "execve", on: .aarch64)?.number == 221)
        #expect(Syscall(named: "set_tls", on: .arm)?.number == 983_045)
        #expect(Syscall(named: "open", on: .aarch64) == nil)
        #expect(Syscall(named: "read", on: .riscv64) == nil)
        for name in ["", " ", "rea", "readx", "zzz", "-", "clock_nanosleep_time64_and_more_than_fits"] {
            #expect(!Syscall.isKnown(name), "\(name)")
        }
    }
}
