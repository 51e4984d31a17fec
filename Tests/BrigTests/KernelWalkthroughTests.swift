import LinuxKernel
import Testing

/// What the tutorials type about namespaces, the root file system, control groups and confinement, with the built `brig` in
/// the place of the kernel's tools; with `make vm-test TESTS=KernelWalkthroughTests` on cgroup v2 with AppArmor, too.
@Suite(
    .drivesBrig(with: "unshare", "curl", "redis-cli", "jq", "script", "pgrep", "ip"),
    .enabled(if: BuiltPrograms.images != nil, "needs `make images`"))
struct KernelWalkthroughTests {
    @Test("namespaces, root file system, control groups and confinement, line by line")
    func lines() throws {
        // What is about images only is left out where the processor is emulated.
        let isShort = Emulation.isSlow
        let result = try Walkthrough.brig("walkthrough-kernel.sh", environment: isShort ? "SHORT=1" : "")
        try Walkthrough.check("walkthrough-kernel", result, isDocker: false, isShort: isShort)
    }
}
