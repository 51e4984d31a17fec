package import Netlink

/// What resolv.conf(5) says.
package struct ResolverConfiguration: Equatable, Sendable {
    package struct Server: Equatable, Sendable {
        package let text: String
        package let address: IPAddress?

        /// With a zone behind `%` it is no address that others could use, but is passed on.
        package init(_ text: String) {
            self.text = text
            address = IPAddress(String(text.prefix { $0 != "%" }))
        }

        package init(_ address: IPAddress) {
            text = address.description
            self.address = address
        }

        package var isLoopback: Bool { address?.isLoopback ?? false }
    }

    package var servers: [Server] = []
    package var searchDomains: [String] = []
    package var options: [String] = []
    /// Lines of other keywords, as they are.
    package var others: [String] = []

    package init() {}

    package init(parsing text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let keyword = words.first, !keyword.hasPrefix("#"), !keyword.hasPrefix(";") else { continue }
            switch keyword {
            case "nameserver": if words.count > 1 { servers.append(Server(words[1])) }
            case "search", "domain": searchDomains = Array(words.dropFirst())
            case "options": options += words.dropFirst()
            default: others.append(words.joined(separator: " "))
            }
        }
    }

    package var text: String {
        var lines = servers.map { "nameserver \($0.text)" }
        if !searchDomains.isEmpty { lines.append("search \(searchDomains.joined(separator: " "))") }
        if !options.isEmpty { lines.append("options \(options.joined(separator: " "))") }
        return (lines + others).map { $0 + "\n" }.joined()
    }
}
