import LinuxKernel
import Testing

extension Trait where Self == ConditionTrait {
    /// For suites that run the built `brig`.
    static var drivesBrig: Self {
        .enabled(if: BrigFixture.isPossible, "needs root, busybox-static and the built programs")
    }

    /// For suites that run it beside other programs.
    static func drivesBrig(with programs: String...) -> Self {
        .enabled(
            if: BrigFixture.isPossible && programs.allSatisfy(isInstalled),
            "needs root, busybox-static, the built programs and \(programs.joined(separator: ", "))")
    }

    /// Whether the host has a program, where Debian's packages put them.
    private static func isInstalled(_ program: String) -> Bool {
        ["/usr/sbin/", "/usr/bin/"].contains { (try? OwnedDescriptor(open: $0 + program, .pathOnly)) != nil }
    }
}

/// What the tests of `brig` ask of the virtual machine (docs/testing.md).
enum Emulation {
    /// Whether a processor is emulated, and every program ten to twenty times as slow: what is not about control groups v2 or
    /// AppArmor is left out there, unless `BRIG_TEST_ALL` is set.
    static let isSlow = isEmulated && environmentVariable("BRIG_TEST_ALL") == nil

    static let isEmulated = (try? readText("/proc/cpuinfo").contains("QEMU TCG")) ?? false

    static let hasAppArmor = (try? readText("/sys/kernel/security/lsm").contains("apparmor")) ?? false
}
