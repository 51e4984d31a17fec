internal import LinuxKernel
internal import OCISpec

/// Where a user's log-ins are: Docker's `config.json` with its helpers, and for reading also where Podman keeps them.
public struct CredentialStore: CredentialSource {
    /// Docker's file, which `login` writes.
    let path: String
    /// Files of the same form that are only read, in this order.
    let fallbacks: [String]
    let searchPath: String
    let environment: [String]

    init(path: String, fallbacks: [String] = [], searchPath: String = "", environment: [String] = []) {
        self.path = path
        self.fallbacks = fallbacks
        self.searchPath = searchPath
        self.environment = environment
    }

    /// As the environment of this process says: `DOCKER_CONFIG` or `~/.docker`; `REGISTRY_AUTH_FILE`,
    /// `$XDG_RUNTIME_DIR/containers/auth.json` and `~/.config/containers/auth.json`.
    ///
    /// - Throws: ``RegistryError`` of kind `invalidInput` if there is no home directory to find them in.
    public static func ofUser() throws(RegistryError) -> CredentialStore {
        let home = environmentVariable("HOME") ?? (CallerIdentity.uid == 0 ? "/root" : "")
        guard let folder = environmentVariable("DOCKER_CONFIG") ?? (home.hasPrefix("/") ? "\(home)/.docker" : nil)
        else {
            throw RegistryError(.invalidInput, host: "", "neither HOME nor DOCKER_CONFIG is set")
        }
        var fallbacks: [String] = []
        if let file = environmentVariable("REGISTRY_AUTH_FILE") { fallbacks.append(file) }
        if let folder = environmentVariable("XDG_RUNTIME_DIR") { fallbacks.append("\(folder)/containers/auth.json") }
        if home.hasPrefix("/") { fallbacks.append("\(home)/.config/containers/auth.json") }
        return CredentialStore(
            path: "\(folder)/config.json", fallbacks: fallbacks, searchPath: environmentVariable("PATH") ?? "",
            environment: callerEnvironment())
    }

    /// Where `login` puts a credential: this file or a helper.
    public func place(for server: String) throws(RegistryError) -> String {
        try CredentialFile(path: path).helper(for: server).map { "the credential helper \($0)" } ?? path
    }

    /// Helpers first, then Docker's file, then the others. Blocks for as long as a helper takes.
    public func lookUp(_ server: String) throws(RegistryError) -> Credential? {
        let file = try CredentialFile(path: path)
        if let name = file.helper(for: server),
            let credential = try helper(name).credential(for: CredentialFile.key(server))
        {
            return credential
        }
        if let credential = try file.credential(for: server) { return credential }
        for path in fallbacks {
            if let credential = try CredentialFile(path: path).credential(for: server) { return credential }
        }
        return nil
    }

    public func credential(for server: String) async throws -> Credential? {
        try await onOwnThread { try lookUp(server) }
    }

    /// Keeps a credential that has been verified: with the helper, or in the file, for its owner only.
    public func store(_ credential: Credential, for server: String) throws(RegistryError) {
        var file = try CredentialFile(path: path)
        if let name = file.helper(for: server) {
            try helper(name).store(credential, for: CredentialFile.key(server))
            // Docker's own sign that there is a log-in.
            file.set([:], for: server)
        } else {
            file.set(Self.entry(credential), for: server)
        }
        try file.write()
    }

    /// Forgets a credential.
    ///
    /// - Returns: Whether there was one.
    public func erase(_ server: String) throws(RegistryError) -> Bool {
        var file = try CredentialFile(path: path)
        var wasThere = false
        if let name = file.helper(for: server) { wasThere = try helper(name).erase(CredentialFile.key(server)) }
        if file.set(nil, for: server) {
            try file.write()
            wasThere = true
        }
        return wasThere
    }

    private static func entry(_ credential: Credential) -> JSONValue {
        switch credential.secret {
        case .password(let password):
            ["auth": .string(Base64(Array("\(credential.user):\(password)".utf8)).text)]
        case .identityToken(let token):
            ["auth": .string(Base64(Array("\(credential.user):".utf8)).text), "identitytoken": .string(token)]
        }
    }

    private func helper(_ name: String) throws(RegistryError) -> CredentialHelper {
        try CredentialHelper(name: name, searchPath: searchPath, environment: environment)
    }
}
