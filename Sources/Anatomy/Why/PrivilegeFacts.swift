/// What is known of a call before it is made, as far as it decides which capabilities it uses.
package struct PrivilegeFacts: Sendable {
    /// What the call is about; `nil` where it is not there.
    package var file: AskedFile?
    /// From the root to the one that holds the file; none where a descriptor names it.
    package var directories: [AskedFile] = []
    /// Of rename(2) and its kin: what is to have another name.
    package var oldFile: AskedFile?
    package var oldDirectories: [AskedFile] = []
    /// A text among the arguments that decides.
    package var detail: String?
    /// Of bind(2).
    package var port: UInt16?
    /// Another process that the call is about; `nil` for the asking one itself.
    package var target: AskingProcess?
    /// Whether which processes it is about could not be found out.
    package var isTargetUnknown = false
    /// Of the process that the call is about, from -20 to 19.
    package var nice: Int64 = 0
    /// Soft limits by their short names.
    package var limits: [String: UInt64] = [:]
    /// Of the resource that setrlimit(2) is about: the hard limit as it is and as it is asked for.
    package var hardLimit: (now: UInt64, wanted: UInt64)?
    /// Bytes that the process has locked, and that it has mapped.
    package var locked: UInt64 = 0
    package var mapped: UInt64 = 0
    /// What is sent by a netlink socket: its protocol and the type of the first message.
    package var request: (protocolNumber: UInt32, type: UInt16)?

    /// Of clone3(2), which has them in memory.
    package var cloneFlags: UInt64?

    package init() {}
}
