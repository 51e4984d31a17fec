internal import LinuxKernel

/// The exit statuses of libcgroup's tools: the low bytes of its error numbers. Source: libcgroup 2.0, libcgroup/error.h.
enum CgroupStatus {
    /// ECGROUPNOTEXIST
    static let noGroup: Int32 = 82
    /// ECGROUPSUBSYSNOTMOUNTED
    static let noController: Int32 = 84
    /// ECGFAIL
    static let failed: Int32 = 93
    /// ECGROUPVALUENOTEXIST
    static let noParameter: Int32 = 95
    /// ECGOTHER: what the kernel says.
    static let refused: Int32 = 96
    /// ECGROUPPARSEFAIL
    static let noRules: Int32 = 99
    /// What the tools themselves find wrong, and a program that cannot be started.
    static let misuse: Int32 = 255

    /// Carries out a change of a parameter.
    ///
    /// - Throws: `ToolFailure` with the status that `cgset` has for it.
    static func changing<Result>(_ change: () throws -> Result) throws -> Result {
        do {
            return try change()
        } catch let error as SyscallError {
            throw ToolFailure("\(error)", status: error.code == .noSuchFile ? noParameter : refused)
        } catch let failure as ToolFailure where failure.status == 1 {
            throw ToolFailure(failure.message, status: refused)
        }
    }
}
