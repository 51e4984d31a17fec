internal import LinuxKernel

/// Writes a kernel file of the host's in one call.
func writeFile(_ path: String, _ text: String) throws(SyscallError) {
    do throws(SyscallError) {
        try OwnedDescriptor(open: path, .write).write(text)
    } catch {
        throw SyscallError(call: error.call, subject: path, code: error.code)
    }
}
