package import Capabilities
package import OCISpec
internal import Seccomp

/// What a run needed: its calls and its capabilities.
package struct RecordedProfile: Equatable, Sendable {
    /// Names of calls that the kernel carried out.
    package var calls: Set<String>
    /// Names of calls that were answered as if the kernel had not got them.
    package var missing: Set<String>
    package var capabilities: CapabilitySet
    /// Kinds of programs beside the machine's own that made calls, such as `SCMP_ARCH_X86`.
    package var architectures: Set<String> = []
    /// Names of calls of which it could not be told whether they used a capability.
    package var open: Set<String> = []

    package init(calls: Set<String>, missing: Set<String> = [], capabilities: CapabilitySet = []) {
        self.calls = calls
        self.missing = missing
        self.capabilities = capabilities
    }

    /// Takes over what a call that succeeded has used.
    mutating func add(_ use: RecordedUse) {
        capabilities.formUnion(CapabilitySet(use.capabilities))
        if let call = use.open { open.insert(call) }
    }

    /// Calls that a process makes without a stop that shows them: its beginning, its end, and the return from signals.
    private static let always = ["execve", "exit", "exit_group", "restart_syscall", "rt_sigreturn"]

    /// Docker's form of a profile: what was called is allowed, all else fails with `EPERM`.
    package var json: JSONValue {
        let allowed = calls.union(Self.always)
        // A C library that is answered anything but ENOSYS here does not try the old call.
        let absent = missing.union(["clone3"]).subtracting(allowed)
        var rules: [JSONValue] = [
            ["names": .array(allowed.sorted().map { .string($0) }), "action": "SCMP_ACT_ALLOW"]
        ]
        if !absent.isEmpty {
            rules.append([
                "names": .array(absent.sorted().map { .string($0) }), "action": "SCMP_ACT_ERRNO", "errnoRet": 38,
            ])
        }
        let native = Architecture.native.map { [$0.specName] } ?? []
        let all = native + architectures.subtracting(native).sorted()
        return [
            "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
            "architectures": .array(all.map { .string($0) }), "syscalls": .array(rules),
        ]
    }

    /// The options of `brig run` that hold a container to it.
    package func options(file: String) -> [String] {
        ["--cap-drop", "ALL"] + capabilities.capabilities.flatMap { ["--cap-add", String($0.specName.dropFirst(4))] }
            + ["--security-opt", "seccomp=\(file)"]
    }
}
