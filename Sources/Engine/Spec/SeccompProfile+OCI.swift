package import OCISpec
package import Seccomp

extension Profile {
    /// The profile as the runtime-spec has it, for config.json.
    ///
    /// - Throws: Never for a profile made of this library's values: its names are the specification's.
    package func ociSeccomp() throws(ProfileError) -> RuntimeConfig.Linux.Seccomp {
        typealias Spec = RuntimeConfig.Linux.Seccomp
        var architectures: [Spec.Architecture] = []
        for architecture in self.architectures {
            guard let name = Spec.Architecture(rawValue: architecture.specName) else {
                throw .unknownArchitecture(architecture.specName)
            }
            architectures.append(name)
        }
        // What runtimes do without the field; older ones do not know the name.
        let flags =
            self.flags == .allowSpeculation ? nil : self.flags.specNames.compactMap(Spec.Flag.init(rawValue:))
        var syscalls: [Spec.Rule] = []
        for rule in rules {
            var args: [Spec.Rule.Condition] = []
            for condition in rule.conditions {
                guard let op = Spec.Rule.Condition.Operator(rawValue: condition.comparison.specName) else {
                    throw .unknownComparison(condition.comparison.specName)
                }
                args.append(
                    Spec.Rule.Condition(
                        index: UInt32(condition.index), value: condition.value, valueTwo: condition.valueTwo, op: op))
            }
            syscalls.append(
                Spec.Rule(
                    names: rule.names, action: try Self.name(of: rule.action), errnoRet: rule.action.specErrno,
                    args: args))
        }
        return Spec(
            defaultAction: try Self.name(of: defaultAction), defaultErrnoRet: defaultAction.specErrno,
            architectures: architectures, flags: flags, listenerPath: listenerPath,
            listenerMetadata: listenerMetadata, syscalls: syscalls)
    }

    private static func name(of action: Action) throws(ProfileError) -> RuntimeConfig.Linux.Seccomp.Action {
        guard let name = RuntimeConfig.Linux.Seccomp.Action(rawValue: action.specName) else {
            throw .unknownAction(action.specName)
        }
        return name
    }
}
