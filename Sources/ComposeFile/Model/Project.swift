/// A compose project: what its files say, put together and checked.
public struct Project: Sendable {
    public let name: String
    /// Absolute; what relative paths were taken from.
    public let directory: String
    /// Absolute paths, in the order in which they were merged.
    public let files: [String]
    /// The services whose profiles are active, by name.
    public internal(set) var services: [String: Service]
    /// Those whose profiles are not.
    public internal(set) var inactive: [String: Service]
    public let networks: [String: Network]
    public let volumes: [String: Volume]
    public let configs: [String: FileObject]
    public let secrets: [String: FileObject]
    /// What was understood but deserves a word; each once.
    public internal(set) var warnings: [String]
    /// The project's variables: this process's and those of `.env`.
    public let variables: [String: String]
    /// Everything in its long form, as `compose config` shows it.
    var tree: Node
    /// What stands between the parts of containers' and images' names; `_` with `--compatibility`.
    public var separator = "-"

    /// The project with services that the user named, whatever their profiles, and what they cannot do without.
    ///
    /// - Throws: `ComposeFileError` if there is no such service, or one depends on a service that is not active.
    public func enabling(_ names: [String]) throws(ComposeFileError) -> Project {
        var result = self
        var queue = names
        while let name = queue.popLast() {
            if let service = result.inactive.removeValue(forKey: name) {
                result.services[name] = service
                queue += service.dependencies.filter(\.isRequired).map(\.service)
                queue += service.requirements.filter { result.inactive[$0] != nil }
            } else if result.services[name] == nil {
                throw ComposeFileError("no such service: \(name)")
            }
        }
        return result
    }

    /// Service names so that each comes after those that it depends on; names decide between equals.
    public var order: [String] {
        var result: [String] = []
        var seen: Set<String> = []
        func visit(_ name: String) {
            guard let service = services[name], seen.insert(name).inserted else { return }
            for other in service.needs.sorted() { visit(other) }
            result.append(name)
        }
        for name in services.keys.sorted() { visit(name) }
        return result
    }

    /// The named services and all that they depend on.
    public func closure(of names: [String]) -> Set<String> {
        var result: Set<String> = []
        var queue = names
        while let name = queue.popLast() {
            guard let service = services[name], result.insert(name).inserted else { continue }
            queue += service.needs
        }
        return result
    }
}

/// A network of the top level.
public struct Network: Equatable, Sendable {
    /// The engine's name of it.
    public let name: String
    public let isExternal: Bool
    public let driver: String?
    public let driverOptions: [String: String]
    public let isInternal: Bool
    public let isAttachable: Bool
    public let enablesIPv6: Bool
    public let labels: [String: String]
    public let pools: [Pool]
    /// The whole of it, for what cannot be carried out.
    let node: Node

    public struct Pool: Equatable, Sendable {
        public let subnet: String?
        public let range: String?
        public let gateway: String?
        /// Names and addresses that are given to nobody.
        public let taken: [String: String]
    }
}

/// A volume of the top level.
public struct Volume: Equatable, Sendable {
    /// The engine's name of it.
    public let name: String
    public let isExternal: Bool
    public let driver: String?
    public let driverOptions: [String: String]
    public let labels: [String: String]
}

/// A config or a secret of the top level.
public struct FileObject: Equatable, Sendable {
    public enum Content: Equatable, Sendable {
        /// An absolute path of the host's.
        case file(String)
        case text(String)
        /// A variable's value that nobody has set, which matters to what gets it only.
        case unset(String)
        /// Made elsewhere, which needs a swarm.
        case external
    }

    public let name: String
    public let content: Content
    public let mark: Mark
}

extension Project {
    /// The project with these services only.
    public func only(_ names: Set<String>) -> Project {
        var result = self
        result.services = services.filter { names.contains($0.key) }
        return result
    }

    /// The image that containers of a service are made from: its own, or the one that its build makes.
    public func imageName(_ service: Service) -> String { service.image ?? name + separator + service.name }

    /// The profiles that the file speaks of, by name.
    public var allProfiles: [String] {
        Set(services.values.flatMap(\.profiles) + inactive.values.flatMap(\.profiles)).sorted()
    }
}
