/// The name of an image, as people write it: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`.
///
/// A name without a host means Docker Hub, and one without a slash an official image there: `nginx` is
/// `docker.io/library/nginx`. A first component is a host if it has a dot or a colon or is `localhost`. Two texts that
/// mean the same image are equal. No tag is invented: see ``withDefaultTag``.
///
/// Source: github.com/distribution/reference, grammar and normalization. Other than there, a host is brought to lower
/// case, a port must exist, and a first component with upper-case letters and no dot is refused instead of taken for a
/// host.
public struct ImageReference: Hashable, Sendable, CustomStringConvertible {
    /// The host of the registry with its port, in lower case: `docker.io`, `localhost:5000`, `[::1]:5000`.
    public let domain: String
    /// The repository on that host: `library/nginx`.
    public let path: String
    /// Without the colon.
    public let tag: String?
    /// What the image must be, whatever the tag says.
    public let digest: Digest?

    /// Where names without a host are.
    public static let defaultDomain = "docker.io"
    static let officialPrefix = "library/"

    /// - Throws: ``SpecError/field(path:problem:)`` with an empty path, and the text in the problem.
    public init(_ text: String) throws(SpecError) {
        func invalid(_ problem: String) -> SpecError {
            .field(path: "", problem: "invalid image name \(quoted(text)): \(problem)")
        }
        guard text.utf8.count <= 1024 else { throw invalid("longer than 1024 bytes") }
        // Identifiers of images and containers are written so, and must not be mistaken for names.
        guard !Self.isIdentifier(text.utf8) else { throw invalid("64 hexadecimal digits are an identifier") }

        var name = text.utf8[...]
        if let at = name.firstIndex(of: UInt8(ascii: "@")) {
            do {
                digest = try Digest(String(Substring(name[name.index(after: at)...])))
            } catch {
                throw invalid(error.description)
            }
            name = name[..<at]
        } else {
            digest = nil
        }
        let last = name.lastIndex(of: UInt8(ascii: "/")).map { name.index(after: $0) } ?? name.startIndex
        if let colon = name[last...].lastIndex(of: UInt8(ascii: ":")) {
            let tag = String(Substring(name[name.index(after: colon)...]))
            guard Self.isTag(tag) else { throw invalid("\(quoted(tag)) is not a tag") }
            self.tag = tag
            name = name[..<colon]
        } else {
            tag = nil
        }
        do {
            (domain, path) = try Self.split(name)
        } catch {
            throw invalid(error.problem)
        }
    }

    private init(domain: String, path: String, tag: String?, digest: Digest?) {
        self.domain = domain
        self.path = path
        self.tag = tag
        self.digest = digest
    }
}

extension ImageReference {
    /// Host and path: `docker.io/library/nginx`.
    public var repository: String { "\(domain)/\(path)" }

    /// The canonical text: `docker.io/library/nginx:latest`. Whatever reads it gets an equal reference.
    public var text: String { repository + suffix }

    /// As people write it: `nginx`, `team/app`, `localhost:5000/team/app`. The full name where the short one would mean
    /// something else.
    public var familiarName: String {
        guard domain == Self.defaultDomain else { return repository }
        let short = path.hasPrefix(Self.officialPrefix) ? path.dropFirst(Self.officialPrefix.count) : path[...]
        let name = short.contains("/") ? path[...] : short
        return Self.isShortName(name.utf8) ? String(name) : repository
    }

    /// The familiar name with tag and digest: `nginx:latest`.
    public var familiarText: String { familiarName + suffix }

    public var description: String { familiarText }

    private var suffix: String { (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0.text)" } ?? "") }

    /// The same with the tag `latest`, if it has neither a tag nor a digest.
    public var withDefaultTag: ImageReference {
        tag == nil && digest == nil
            ? ImageReference(domain: domain, path: path, tag: "latest", digest: nil) : self
    }

    /// The repository alone.
    public var withoutTagAndDigest: ImageReference {
        ImageReference(domain: domain, path: path, tag: nil, digest: nil)
    }

    /// Another tag of this repository.
    ///
    /// - Throws: ``SpecError/field(path:problem:)`` if the text is not a tag.
    public func tagged(_ tag: String) throws(SpecError) -> ImageReference {
        guard Self.isTag(tag) else { throw .field(path: "", problem: "\(quoted(tag)) is not a tag") }
        return ImageReference(domain: domain, path: path, tag: tag, digest: nil)
    }

    /// Content of this repository, with the tag that it has here.
    public func pinned(to digest: Digest) -> ImageReference {
        ImageReference(domain: domain, path: path, tag: tag, digest: digest)
    }
}

extension ImageReference: FieldValue {
    public init(json: JSONValue) throws(SpecError) { try self.init(String(json: json)) }
    public var json: JSONValue { .string(text) }
}
