internal import NIOHTTP1
public import OCISpec

extension RegistryClient {
    /// How many tags and how many pages are read.
    private static let tagLimit = 100_000
    private static let pageLimit = 1_000

    /// All tags of a repository, in the registry's order.
    public func tags(of repository: ImageReference) async throws -> [String] {
        try await trying("list tags of \(repository.familiarName)") {
            let endpoint = try await endpoint(repository.domain)
            var address: WebAddress? = endpoint.address(repository, "tags/list?n=1000")
            var tags: [String] = []
            var seen: Set<WebAddress> = []
            while let page = address {
                guard seen.count < Self.pageLimit, seen.insert(page).inserted else {
                    throw RegistryError(.invalidAnswer, host: endpoint.origin.name, "the list of tags has no end")
                }
                let request = Request(method: .GET, address: page, scopes: [endpoint.scope(repository, .pull)])
                let answer = try await perform(request, at: endpoint, accepting: [200])
                tags += try Self.tags(try await answer.content(limit: Self.manifestLimit), host: endpoint.origin.name)
                guard tags.count <= Self.tagLimit else {
                    throw RegistryError(
                        .invalidAnswer, host: endpoint.origin.name, "more than \(Self.tagLimit) tags")
                }
                address = try next(answer, endpoint)
            }
            return tags
        }
    }

    private static func tags(_ bytes: [UInt8], host: String) throws -> [String] {
        do throws(SpecError) {
            guard case .object(let object) = try JSONValue(parsing: bytes, sizeLimit: manifestLimit) else {
                throw .field(path: "", problem: "not an object")
            }
            // A repository without tags has null there.
            guard let list = object["tags"], list != .null else { return [] }
            let tags = try [String](json: list)
            guard tags.allSatisfy(ImageReference.isTag) else { throw .field(path: "tags", problem: "not all are tags") }
            return tags
        } catch {
            throw RegistryError(.invalidAnswer, host: host, "not a list of tags: \(error)")
        }
    }

    /// The next page, which must be on the same server: it is asked for with the same token.
    private func next(_ answer: Answer, _ endpoint: Endpoint) throws -> WebAddress? {
        guard let target = answer.fields("link").lazy.compactMap(LinkField.next).first else { return nil }
        guard let address = answer.address.resolving(target), address.origin == endpoint.origin else {
            throw RegistryError(.invalidAnswer, host: endpoint.origin.name, "the next page of the list is elsewhere")
        }
        return address
    }
}
