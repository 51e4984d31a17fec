extension RegistryClient {
    /// Whether this is a registry that can be reached, and accepts the credential that it is asked with, if it wants one.
    ///
    /// - Parameter domain: As in a reference: `docker.io`, `localhost:5000`.
    public func check(_ domain: String) async throws {
        try await trying("ask \(domain)") {
            let endpoint = try await endpoint(domain)
            let answer = try await perform(
                .get(endpoint.root), at: endpoint, accepting: [200])
            await answer.drain()
        }
    }

    /// Whether a registry accepts a credential, before it is kept.
    ///
    /// - Throws: ``RegistryError`` of kind `unauthorized` if not.
    public static func verify(_ credential: Credential, for domain: String, _ options: Options) async throws {
        var options = options
        options.credentials = OneCredential(server: domain, credential)
        try await RegistryClient(options).check(domain)
    }
}
