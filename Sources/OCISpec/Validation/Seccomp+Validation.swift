extension RuntimeConfig.Linux.Seccomp: Validated {
    /// Checks all but the names of system calls.
    public func validate() throws(SpecError) {
        try requireErrno(defaultErrnoRet, defaultAction, "defaultErrnoRet")
        // The call that hands over the listener would wait for the listener.
        try require(defaultAction != .notify, "defaultAction", "SCMP_ACT_NOTIFY cannot be the default")
        try requireText(listenerPath, "listenerPath")
        try requireText(listenerMetadata, "listenerMetadata")
        try require(listenerPath != nil || listenerMetadata == nil, "listenerMetadata", "needs listenerPath")
        for (index, rule) in syscalls.enumerated() {
            try OCISpec.validate("syscalls[\(index)]", rule)
            try require(
                rule.action != .notify || listenerPath != nil, "syscalls[\(index)].action",
                "SCMP_ACT_NOTIFY needs listenerPath")
        }
    }
}

extension RuntimeConfig.Linux.Seccomp.Rule: Validated {
    public func validate() throws(SpecError) {
        try require(!names.isEmpty, "names", "must not be empty")
        try requireErrno(errnoRet, action, "errnoRet")
        for (index, condition) in args.enumerated() {
            try requireRange(condition.index, 0...5, "args[\(index)].index")
        }
    }
}

private func requireErrno(
    _ number: UInt32?, _ action: RuntimeConfig.Linux.Seccomp.Action, _ field: @autoclosure () -> String
) throws(SpecError) {
    guard let number else { return }
    try require(
        action == .errno || action == .trace, field(), "\(action.rawValue) has no error number")
    // The width of SECCOMP_RET_DATA.
    try requireRange(number, 0...65535, field())
}
