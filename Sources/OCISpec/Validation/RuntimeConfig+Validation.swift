extension RuntimeConfig: Validated {
    /// Checks what the specification calls an error and what can be told from the document alone.
    ///
    /// Not checked here: what depends on the host (paths, kernel features), the names of capabilities and system
    /// calls, and mount options.
    ///
    /// - Throws: The first problem.
    public func validate() throws(SpecError) {
        try require(
            SemanticVersion(ociVersion)?.major == 1, "ociVersion",
            "\(quoted(ociVersion)) is not a version 1 of the specification")
        try OCISpec.validate("process", process)
        guard let root else { throw .field(path: "root", problem: "missing") }
        try OCISpec.validate("root", root)
        try OCISpec.validate("mounts", mounts)
        try OCISpec.validate("hooks", hooks)
        try OCISpec.validate("linux", linux)
        try require(annotations[""] == nil, "annotations", "a key is empty")
        try validateNames()
        try validateSysctls()
        try validateMappedMounts()
    }

    /// hostname and domainname.
    private func validateNames() throws(SpecError) {
        try validateName(hostname, "hostname")
        try validateName(domainname, "domainname")
    }

    private func validateName(_ name: String?, _ field: String) throws(SpecError) {
        guard let name else { return }
        // It becomes a line of /etc/hostname and of prompts.
        try requireLine(name, field)
        // __NEW_UTS_LEN of the kernel.
        try require(name.utf8.count <= 64, field, "has \(name.utf8.count) bytes, at most 64 are possible")
        try require(linux?.namespace(.uts) != nil, field, "needs a uts namespace in linux.namespaces")
    }

    /// A mount that asks for an id mapping without giving one takes that of the container's user namespace.
    private func validateMappedMounts() throws(SpecError) {
        for (index, mount) in mounts.enumerated() where mount.uidMappings.isEmpty && mount.gidMappings.isEmpty {
            guard let option = mount.options.first(where: { $0 == "idmap" || $0 == "ridmap" }) else { continue }
            try require(
                linux?.namespace(.user) != nil, "mounts[\(index)].options",
                "\(option) needs uidMappings and gidMappings or a user namespace")
        }
    }
}

extension RuntimeConfig.Root: Validated {
    public func validate() throws(SpecError) {
        try requireText(path, "path")
        try require(!path.isEmpty, "path", "must not be empty")
    }
}

extension RuntimeConfig.Mount: Validated {
    public func validate() throws(SpecError) {
        try requireText(destination, "destination")
        try require(!destination.isEmpty, "destination", "must not be empty")
        try requireText(type, "type")
        try requireText(source, "source")
        try requireTexts(options, "options")
        try require(
            uidMappings.isEmpty == gidMappings.isEmpty, uidMappings.isEmpty ? "uidMappings" : "gidMappings",
            "missing, uidMappings and gidMappings come together")
        try validateMappings(uidMappings, "uidMappings")
        try validateMappings(gidMappings, "gidMappings")
    }
}

extension RuntimeConfig.Hooks: Validated {
    public func validate() throws(SpecError) {
        try OCISpec.validate("prestart", prestart)
        try OCISpec.validate("createRuntime", createRuntime)
        try OCISpec.validate("createContainer", createContainer)
        try OCISpec.validate("startContainer", startContainer)
        try OCISpec.validate("poststart", poststart)
        try OCISpec.validate("poststop", poststop)
    }
}

extension RuntimeConfig.Hooks.Hook: Validated {
    public func validate() throws(SpecError) {
        try requireAbsolute(path, "path")
        try requireTexts(args, "args")
        try requireEnvironment(env, "env")
        if let timeout { try require(timeout > 0, "timeout", "\(timeout) is not above 0") }
    }
}
