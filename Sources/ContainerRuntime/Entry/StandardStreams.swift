internal import LinuxKernel

/// Standard input, output and error of a process in a container that has no terminal.
///
/// Bare numbers of descriptors that the caller keeps open; `nil` is the runtime's own stream.
package struct StandardStreams: Sendable {
    package var input: Int32?
    package var output: Int32?
    package var error: Int32?

    package init(input: Int32? = nil, output: Int32? = nil, error: Int32? = nil) {
        (self.input, self.output, self.error) = (input, output, error)
    }

    /// The runtime's own.
    package static let inherited = StandardStreams()

    /// Makes them the calling process's streams, and the user's, who may reopen them through `/proc/self/fd`.
    func install(owner: UInt32) throws(RuntimeError) {
        try attempting("standard streams") { () throws(SyscallError) in
            for (number, stream) in [input, output, error].enumerated() {
                let number = Int32(number)
                if let stream { try makeStandardStream(number, ofNumber: stream) }
                giveStream(number, to: owner)
            }
        }
    }
}
