internal import OCISpec

/// `--sysctl`: those that belong to a namespace of the container's own.
public struct SysctlSetting: Equatable, Sendable {
    public let key: String
    public let value: String
    /// Whether it belongs to the network namespace; else to the IPC namespace.
    public let isForNetwork: Bool

    /// Takes `KEY=VALUE`.
    ///
    /// - Throws: `EngineError` of kind `invalidInput` for what is the whole host's.
    public init(_ text: String) throws(EngineError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let refused = EngineError(.invalidInput, "sysctl '\(quotedForError(text))' is not allowed")
        guard parts.count == 2, parts[1].utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }),
            let key = try? SysctlKey(parts[0]), key.namespace == .network || key.namespace == .ipc
        else { throw refused }
        self.key = parts[0]
        value = parts[1]
        isForNetwork = key.namespace == .network
    }
}
