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
