extension HostConfiguration.RestartPolicy {
    /// Takes `no`, `always`, `unless-stopped` or `on-failure[:COUNT]`.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`, in Docker's words.
    public init(_ text: String) throws(EngineError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard let name = parts.first, !text.isEmpty else {
            self.init()
            return
        }
        guard ["no", "always", "unless-stopped", "on-failure"].contains(name) else {
            throw EngineError(
                .invalidInput,
                "invalid restart policy: unknown policy '\(name)'; use one of 'no', 'always', 'on-failure', or "
                    + "'unless-stopped'")
        }
        guard parts.count <= 2 else { throw EngineError(.invalidInput, "invalid restart policy format") }
        var count = 0
        if parts.count == 2 {
            guard let number = Int(parts[1]) else {
                throw EngineError(.invalidInput, "maximum retry count must be an integer")
            }
            guard name == "on-failure" else {
                throw EngineError(
                    .invalidInput,
                    "invalid restart policy: maximum retry count can only be used with 'on-failure'")
            }
            guard number >= 0 else {
                throw EngineError(.invalidInput, "invalid restart policy: maximum retry count cannot be negative")
            }
            count = number
        }
        self.init(name: name, maximumRetryCount: count)
    }

    /// Whether it ever starts a container again.
    public var isActive: Bool { !name.isEmpty && name != "no" }
}
