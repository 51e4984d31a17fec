internal import LinuxKernel

/// Makes this process the last one that the kernel kills when the host is out of memory: without it nobody would know
/// how its container ended.
///
/// - Returns: The score before, or `nil` if it is unchanged: lowering it takes CAP_SYS_RESOURCE.
func lowerMemoryScore() -> Int32? {
    // A host that does not allow it has monitors that are killed like any other process.
    guard let text = try? readText("/proc/self/oom_score_adj", limit: 64),
        let before = Int32(text.prefix { !$0.isWhitespace }), writeScore(-1000)
    else { return nil }
    return before
}

/// Goes back to the score before, so that commands started from here are not spared.
func restoreScore(_ before: Int32?) {
    if let before { _ = writeScore(before) }
}

private func writeScore(_ value: Int32) -> Bool {
    do throws(SyscallError) {
        try OwnedDescriptor(open: "/proc/self/oom_score_adj", .write).write(String(value))
        return true
    } catch {
        return false
    }
}
