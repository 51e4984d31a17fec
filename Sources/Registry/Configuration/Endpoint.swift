internal import OCISpec

/// A server that is asked for a repository: the registry itself or one of its mirrors.
struct Endpoint: Hashable, Sendable {
    let origin: WebAddress.Origin
    /// Under which name credentials for it are kept.
    let server: String
    /// Before the path of a repository, with a slash at the end if there is something.
    let prefix: String
    let isMirror: Bool

    /// Docker Hub's name in references is not that of its server.
    private static let hub = "registry-1.docker.io"

    /// The registry that `domain` names, nil if that cannot be a host.
    init?(domain: String, _ scheme: WebAddress.Scheme) {
        let authority = domain == ImageReference.defaultDomain ? Self.hub : domain
        guard let origin = WebAddress.Origin(scheme, authority: authority) else { return nil }
        self.origin = origin
        server = domain
        prefix = ""
        isMirror = false
    }

    init(mirror: WebAddress) {
        origin = mirror.origin
        server = mirror.origin.host == Self.hub ? ImageReference.defaultDomain : mirror.origin.name
        let path = mirror.target.split(separator: "/").joined(separator: "/")
        prefix = path.isEmpty ? "" : path + "/"
        isMirror = true
    }

    /// The root of the interface: answers whether it is one and wants to know who asks.
    var root: WebAddress { WebAddress(origin: origin, target: "/v2/") }

    func address(_ repository: ImageReference, _ rest: String) -> WebAddress {
        WebAddress(origin: origin, target: "/v2/\(prefix)\(repository.path)/\(rest)")
    }

    func scope(_ repository: ImageReference, _ access: Scope.Access) -> Scope {
        Scope(path: prefix + repository.path, access)
    }
}
