internal import LinuxKernel

/// How likely the kernel is to choose a process when memory runs out: -1000 (never) to 1000. Source: proc(5).
enum OutOfMemoryScore {
    static func set(_ score: Int, of pid: Int32) throws(RuntimeError) {
        let procfs = try HostProcfs()
        do throws(SyscallError) {
            try procfs.write("\(score)", to: "\(pid)/oom_score_adj")
        } catch  where error.code == .accessDenied {
            throw RuntimeError(
                .fault, "process.oomScoreAdj \(score): lowering it below the caller's needs CAP_SYS_RESOURCE")
        } catch {
            throw RuntimeError("process.oomScoreAdj \(score)", error)
        }
    }
}
