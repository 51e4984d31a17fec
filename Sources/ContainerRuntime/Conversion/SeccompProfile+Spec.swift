package import OCISpec
package import Seccomp

extension Profile {
    /// The profile of a container's configuration.
    ///
    /// Without `flags` it is `SPEC_ALLOW`, as with runc; an empty list is none.
    ///
    /// - Throws: What is wrong with a value. What is wrong with the whole, `Compiler.compile` says.
    package init(spec: RuntimeConfig.Linux.Seccomp) throws(ProfileError) {
        var architectures: [Architecture] = []
        for architecture in spec.architectures {
            guard let known = Architecture(specName: architecture.rawValue) else {
                throw .unknownArchitecture(architecture.rawValue)
            }
            architectures.append(known)
        }
        var flags: FilterFlags = spec.flags == nil ? .allowSpeculation : []
        for flag in spec.flags ?? [] { flags.insert(try FilterFlags(specName: flag.rawValue)) }
        var rules: [Rule] = []
        rules.reserveCapacity(spec.syscalls.count)
        for rule in spec.syscalls { rules.append(try Rule(spec: rule)) }
        self.init(
            defaultAction: try Action(specName: spec.defaultAction.rawValue, errno: spec.defaultErrnoRet),
            architectures: architectures, flags: flags, rules: rules, listenerPath: spec.listenerPath,
            listenerMetadata: spec.listenerMetadata)
    }
}

extension Rule {
    fileprivate init(spec: RuntimeConfig.Linux.Seccomp.Rule) throws(ProfileError) {
        var conditions: [Condition] = []
        for condition in spec.args {
            conditions.append(
                try Condition(
                    index: condition.index, Condition.Comparison(specName: condition.op.rawValue), condition.value,
                    condition.valueTwo))
        }
        self.init(spec.names, try Action(specName: spec.action.rawValue, errno: spec.errnoRet), when: conditions)
    }
}
