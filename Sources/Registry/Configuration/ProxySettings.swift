internal import LinuxKernel

/// Through which proxies requests go, as `http_proxy`, `https_proxy` and `no_proxy` say it to curl, Docker and Go.
///
/// This machine's own addresses are never asked for through a proxy.
public struct ProxySettings: Equatable, Sendable {
    /// A proxy that is asked to connect (RFC 9110, 9.3.6), so that TLS is spoken with the registry itself.
    struct Proxy: Hashable, Sendable {
        let host: String
        let port: UInt16
        /// User name and password, joined by a colon.
        let credential: String?
    }

    /// A place that is asked directly.
    enum Exception: Equatable, Sendable {
        case everything
        /// This host or, with a dot in front, all below it; `port` counts if it is said.
        case host(String, port: UInt16?)
        case address([UInt8], prefix: Int, port: UInt16?)
    }

    var http: Proxy?
    var https: Proxy?
    var exceptions: [Exception] = []

    /// No proxy.
    public init() {}

    /// What the environment of this process says; names in small letters come first.
    ///
    /// - Throws: ``RegistryError`` of kind `invalidInput` for a proxy that cannot be used.
    public static func ofProcess() throws(RegistryError) -> ProxySettings {
        try ProxySettings { environmentVariable($0) }
    }

    init(environment: (String) -> String?) throws(RegistryError) {
        func value(_ name: String) -> String? {
            [name, name.uppercased()].lazy.compactMap(environment).first { !$0.isEmpty }
        }
        if let text = value("http_proxy") { http = try Proxy(text, "http_proxy") }
        if let text = value("https_proxy") { https = try Proxy(text, "https_proxy") }
        exceptions = (value("no_proxy") ?? "").split { $0 == "," || $0.isWhitespace }.compactMap(Exception.init)
    }

    /// The proxy for requests to a server; `nil` asks it directly.
    func proxy(for origin: WebAddress.Origin) -> Proxy? {
        guard let proxy = origin.scheme == .https ? https : http, !origin.isLoopback else { return nil }
        return exceptions.contains { $0.holds(for: origin) } ? nil : proxy
    }
}

extension ProxySettings.Proxy {
    /// From `[http://][USER:PASSWORD@]HOST[:PORT][/]`.
    fileprivate init(_ text: String, _ name: String) throws(RegistryError) {
        // Without the text: there may be a password in it.
        func refused(_ why: String) -> RegistryError { RegistryError(.invalidInput, host: "", "\(name): \(why)") }
        var rest = text[...]
        if let mark = text.firstRange(of: "://") {
            guard text[..<mark.lowerBound].lowercased() == "http" else {
                throw refused("only a proxy that is spoken to by http:// can be used")
            }
            rest = text[mark.upperBound...]
        }
        var authority = rest.prefix { $0 != "/" }
        guard rest.dropFirst(authority.count).allSatisfy({ $0 == "/" }) else { throw refused("not HOST:PORT") }
        var credential: String?
        if let at = authority.lastIndex(of: "@") {
            guard let decoded = percentDecoded(authority[..<at]), decoded.contains(":") else {
                throw refused("not USER:PASSWORD@HOST:PORT")
            }
            credential = decoded
            authority = authority[authority.index(after: at)...]
        }
        guard let origin = WebAddress.Origin(.http, authority: String(authority)) else {
            throw refused("not HOST:PORT")
        }
        self.credential = credential
        host = origin.host.hasPrefix("[") ? String(origin.host.dropFirst().dropLast()) : origin.host
        port = origin.port
    }
}

extension ProxySettings.Exception {
    /// One word of `no_proxy`; `nil` for one that means nothing.
    fileprivate init?(_ word: Substring) {
        let text = word.lowercased()
        if text == "*" {
            self = .everything
            return
        }
        if let slash = text.lastIndex(of: "/") {
            guard let address = addressBytes(String(text[..<slash])),
                let prefix = Int(text[text.index(after: slash)...]),
                (0...address.count * 8).contains(prefix)
            else { return nil }
            self = .address(address, prefix: prefix, port: nil)
            return
        }
        if let address = addressBytes(text) {
            self = .address(address, prefix: address.count * 8, port: nil)
            return
        }
        let host = text.hasPrefix("*.") ? String(text.dropFirst()) : text
        let colon = host.lastIndex(of: ":")
        let port = colon.flatMap { UInt16(host[host.index(after: $0)...]) }
        guard colon == nil || port != nil else { return nil }
        let name = colon.map { String(host[..<$0]) } ?? host
        if let address = addressBytes(name) {
            self = .address(address, prefix: address.count * 8, port: port)
        } else {
            guard !name.isEmpty else { return nil }
            self = .host(name, port: port)
        }
    }

    fileprivate func holds(for origin: WebAddress.Origin) -> Bool {
        switch self {
        case .everything: return true
        case .host(let name, let port):
            guard port == nil || port == origin.port else { return false }
            if name.hasPrefix(".") { return origin.host.hasSuffix(name) }
            return origin.host == name || origin.host.hasSuffix(".\(name)")
        case .address(let address, let prefix, let port):
            guard port == nil || port == origin.port, let other = addressBytes(origin.host),
                other.count == address.count
            else { return false }
            return zip(address, other).enumerated().allSatisfy { index, pair in
                let bits = min(8, max(0, prefix - index * 8))
                return bits == 0 || pair.0 >> (8 - bits) == pair.1 >> (8 - bits)
            }
        }
    }
}

/// The bytes of an IPv4 or IPv6 address as text, the latter with or without brackets.
private func addressBytes(_ text: String) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    if parts.count == 4, parts.allSatisfy({ $0.utf8.allSatisfy(isDecimalDigit) }) {
        let bytes = parts.compactMap { UInt8($0) }
        return bytes.count == 4 ? bytes : nil
    }
    let inner = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
    guard inner.contains(":") else { return nil }
    func groups(_ text: Substring) -> [UInt16]? {
        if text.isEmpty { return [] }
        let groups = text.split(separator: ":", omittingEmptySubsequences: false).map { UInt16($0, radix: 16) }
        return groups.contains(nil) ? nil : groups.compactMap { $0 }
    }
    var words: [UInt16]
    if let gap = inner.firstRange(of: "::") {
        guard let front = groups(inner[..<gap.lowerBound]), let back = groups(inner[gap.upperBound...]),
            front.count + back.count < 8
        else { return nil }
        words = front + [UInt16](repeating: 0, count: 8 - front.count - back.count) + back
    } else {
        guard let all = groups(inner[...]), all.count == 8 else { return nil }
        words = all
    }
    return words.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
}

/// Text with `%XX` taken back; `nil` if that is no UTF-8 or has control characters in it.
func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        let digits = rest.prefix(2)
        guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else {
            return nil
        }
        bytes.append(value)
        rest = rest.dropFirst(2)
    }
    guard let decoded = String(validating: bytes, as: UTF8.self),
        decoded.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
    else { return nil }
    return decoded
}
