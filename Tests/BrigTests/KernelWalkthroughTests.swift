import LinuxKernel
import Testing

/// What the tutorials type about namespaces, the root file system, control groups and confinement, with the built `brig` in
/// the place of the kernel's tools; with `make vm-test ALL=1` on cgroup v2 with AppArmor, too.
@Suite(
    .drivesBrig(with: "unshare", "curl", "redis-cli", "jq", "script", "pgrep", "ip"),
    .enabled(if: BuiltPrograms.images != nil, "needs `make images`"))
struct KernelWalkthroughTests {
    /// Whether the processor is emulated: then what is about images only is left out.
    private static let isShort = (try? readText("/proc/cpuinfo").contains("QEMU TCG")) ?? false

    @Test("namespaces, root file system, control groups and confinement, line by line")
    func lines() throws {
        let result = try Walkthrough.kernel(isShort: Self.isShort)
        try Walkthrough.check("walkthrough-kernel", result, isDocker: false, isShort: Self.isShort)
    }
}
