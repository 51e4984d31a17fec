package import Capabilities
package import LinuxKernel
package import Seccomp

/// A call that failed, as the kernel was asked it, and its answer.
package struct FailedCall: Equatable, Sendable {
    package var name: String
    package var arguments: [UInt64]
    /// The call as a person would write it.
    package var text: String
    /// The error's number; 0 where the call succeeded and yet did not do what was meant.
    package var errno: Int32
    /// The file that it is about, from the root of the process; `nil` for calls about something else.
    package var path: String?
    /// A text among the arguments that decides, such as the name of an extended attribute.
    package var detail: String?
    /// Of bind(2).
    package var port: UInt16?

    package init(
        name: String, arguments: [UInt64] = [], text: String = "", errno: Int32, path: String? = nil,
        detail: String? = nil, port: UInt16? = nil
    ) {
        self.name = name
        self.arguments = arguments
        self.text = text
        self.errno = errno
        self.path = path
        self.detail = detail
        self.port = port
    }

    func argument(_ index: Int) -> UInt64 { index < arguments.count ? arguments[index] : 0 }
}

/// What the kernel shows of the thread that was refused something, read while it stands still.
package struct DenialFacts: Equatable, Sendable {
    /// What the filters answer to this call with these arguments.
    package var filterAction: Action = .allow
    package var effective: CapabilitySet = []
    package var bounding: CapabilitySet = []
    package var uid: UInt32 = 0
    package var isHostUserNamespace = true
    package var noNewPrivileges = false
    package var label: String?
    package var file: FileFacts?
    /// The cgroup's number of processes, and the most.
    package var processes: (current: UInt64, most: UInt64)?
    /// Soft limits of the process, by Docker's name.
    package var limits: [String: UInt64] = [:]
    /// A capability of those that Brig's own profile has calls for, which opens this one; asked only where a filter refused.
    package var openingCapability: Capability?
    package var evidence: [String: Evidence] = [:]

    package init() {}

    package static func == (left: DenialFacts, right: DenialFacts) -> Bool {
        left.filterAction == right.filterAction && left.effective == right.effective && left.uid == right.uid
            && left.file == right.file
    }
}

/// What is known of the file that a call was about.
package struct FileFacts: Equatable, Sendable {
    package var path: String
    /// The mount on which it lies.
    package var mount: ExplainedMount?
    package var isThere = true
    package var mode: UInt32 = 0
    package var uid: UInt32 = 0
    package var gid: UInt32 = 0
    /// The device's number, of a node.
    package var device: DeviceNumber?
    package var isBlockDevice = false

    package init(path: String, mount: ExplainedMount? = nil) {
        self.path = path
        self.mount = mount
    }

    var isReadOnly: Bool {
        guard let entry = mount?.entry else { return false }
        return entry.isReadOnly || entry.superOptions.contains("ro")
    }
}
