public import OCISpec
internal import LinuxKernel

/// What an administrator says about registries: `/etc/brig/registries.json` (docs/registries.md).
public struct RegistryConfiguration: Equatable, Sendable {
    /// What there is to know of one registry.
    public struct Registry: Equatable, Sendable {
        /// Asked before the registry itself, for pulls only. A path is put in front of the repository's.
        public var mirrors: [WebAddress]
        /// Without TLS. Never so for a registry that does not say it here, this machine excepted.
        public var plainHTTP: Bool

        public init(mirrors: [WebAddress] = [], plainHTTP: Bool = false) {
            self.mirrors = mirrors
            self.plainHTTP = plainHTTP
        }
    }

    /// By host with port, as in references.
    public var registries: [String: Registry] = [:]
    /// Whether layers that a registry must not hand out are fetched from the addresses in the manifest.
    public var foreignLayers = false
    /// Each holds directories named `HOST[:PORT]` with certificates: `*.crt` of authorities, `*.cert` and `*.key` of ours.
    public var certificateDirectories = ["/etc/brig/certs.d", "/etc/containers/certs.d", "/etc/docker/certs.d"]

    public init() {}

    /// Where the configuration is.
    public static let path = "/etc/brig/registries.json"

    /// The file's configuration; the default if there is no file.
    ///
    /// - Throws: ``RegistryError`` of kind `invalidInput` if it cannot be read or understood: a setting for a mirror or
    ///   for TLS is never ignored.
    public static func load(_ path: String = Self.path) throws(RegistryError) -> RegistryConfiguration {
        let bytes: [UInt8]
        do {
            bytes = try readFile(path)
        } catch  where error.code == .noSuchFile {
            return RegistryConfiguration()
        } catch {
            throw RegistryError(.invalidInput, host: "", "cannot read \(path): \(error.code)")
        }
        do {
            return try RegistryConfiguration(json: JSONValue(parsing: bytes, sizeLimit: 1 << 20))
        } catch {
            throw RegistryError(.invalidInput, host: "", "\(path): \(error)")
        }
    }

    /// - Throws: ``SpecError`` for anything that is not known here.
    public init(json: JSONValue) throws(SpecError) {
        guard case .object(let object) = json else { throw json.isNot("an object") }
        for (key, value) in object {
            do throws(SpecError) {
                switch key {
                case "registries": registries = try Self.registries(value)
                case "foreignLayers": foreignLayers = try Bool(json: value)
                case "certificateDirectories":
                    certificateDirectories = try [String](json: value)
                    guard certificateDirectories.allSatisfy({ $0.hasPrefix("/") }) else {
                        throw .field(path: "", problem: "must be absolute paths")
                    }
                default: throw .field(path: "", problem: "not a setting")
                }
            } catch {
                throw error.inside(quoted(key))
            }
        }
        try checkMirrors()
    }

    private static func registries(_ json: JSONValue) throws(SpecError) -> [String: Registry] {
        guard case .object(let object) = json else { throw json.isNot("an object") }
        var registries: [String: Registry] = [:]
        for (name, value) in object {
            do throws(SpecError) {
                // A reference decides what the name of a host is.
                let domain = try ImageReference("\(name)/x").domain
                guard domain == name.lowercased() || name == "index.docker.io" else {
                    throw .field(path: "", problem: "not a host with or without a port")
                }
                registries[domain] = try registry(value)
            } catch {
                throw error.inside(quoted(name))
            }
        }
        return registries
    }

    private static func registry(_ json: JSONValue) throws(SpecError) -> Registry {
        guard case .object(let object) = json else { throw json.isNot("an object") }
        var registry = Registry()
        for (key, value) in object {
            do throws(SpecError) {
                switch key {
                case "plainHTTP": registry.plainHTTP = try Bool(json: value)
                case "mirrors":
                    for text in try [String](json: value) {
                        guard let address = WebAddress(text), !address.target.contains("?") else {
                            throw .field(path: "", problem: "\(quoted(text)) is not an address such as https://HOST")
                        }
                        registry.mirrors.append(address)
                    }
                default: throw .field(path: "", problem: "not a setting")
                }
            } catch {
                throw error.inside(quoted(key))
            }
        }
        return registry
    }

    private func checkMirrors() throws(SpecError) {
        for (name, registry) in registries {
            for mirror in registry.mirrors where !allowsPlainHTTP(mirror.origin) {
                throw .field(
                    path: "registries.\(quoted(name)).mirrors",
                    problem: "\(mirror) is not https, and \(mirror.origin.name) has no \"plainHTTP\": true")
            }
        }
    }

    /// Whether this origin is https, this machine, or allowed to be neither.
    func allowsPlainHTTP(_ origin: WebAddress.Origin) -> Bool {
        origin.scheme == .https || origin.isLoopback || registries[origin.name]?.plainHTTP == true
    }
}
