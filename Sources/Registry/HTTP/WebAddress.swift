/// The address of a resource on a web server, checked so that every reader of its text sees the same host.
///
/// Only `http` and `https`; no user name in it, no fragment, nothing but visible ASCII.
public struct WebAddress: Hashable, Sendable, CustomStringConvertible {
    /// With TLS or without.
    public enum Scheme: String, Sendable {
        case http, https

        var defaultPort: UInt16 { self == .http ? 80 : 443 }
    }

    /// Who answers: credentials never go from one origin to another (RFC 6454).
    struct Origin: Hashable, Sendable {
        var scheme: Scheme
        /// In lower case; an IPv6 address in brackets.
        var host: String
        var port: UInt16
    }

    let origin: Origin
    /// Path and query: begins with a slash.
    var target: String

    init(origin: Origin, target: String) {
        self.origin = origin
        self.target = target
    }

    /// With TLS or without.
    public var scheme: Scheme { origin.scheme }

    /// nil if the text is not such an address.
    public init?(_ text: String) {
        let lower = text.prefix(8).lowercased()
        let scheme: Scheme = lower.hasPrefix("https://") ? .https : .http
        guard lower.hasPrefix(scheme.rawValue + "://") else { return nil }
        let rest = text.utf8.dropFirst(scheme.rawValue.utf8.count + 3)
        let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        guard let origin = Origin(scheme, authority: String(Substring(rest[..<end]))),
            let target = Self.cleaned(rest[end...])
        else { return nil }
        self.origin = origin
        self.target = target.utf8.first == UInt8(ascii: "/") ? target : "/" + target
    }

    /// What `reference` means in an answer from this address (RFC 3986, 5.2): a whole address, or one without scheme,
    /// host or path. Steps up (`..`) in a relative path are refused.
    func resolving(_ reference: String) -> WebAddress? {
        if reference.hasPrefix("//") { return WebAddress("\(scheme.rawValue):\(reference)") }
        let colon = reference.utf8.firstIndex { $0 == UInt8(ascii: ":") || "/?#".utf8.contains($0) }
        if let colon, reference.utf8[colon] == UInt8(ascii: ":") { return WebAddress(reference) }
        guard let cleaned = Self.cleaned(reference.utf8[...]) else { return nil }
        if cleaned.hasPrefix("/") { return WebAddress(origin: origin, target: cleaned) }
        let path = target.prefix { $0 != "?" }
        if cleaned.isEmpty { return self }
        if cleaned.hasPrefix("?") { return WebAddress(origin: origin, target: path + cleaned) }
        guard !cleaned.prefix(while: { $0 != "?" }).split(separator: "/").contains("..") else { return nil }
        let directory = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
        return WebAddress(origin: origin, target: directory + cleaned)
    }

    /// The same with more in its query.
    func adding(_ parameters: [(String, String)]) -> WebAddress {
        var result = self
        for (name, value) in parameters {
            let separator = result.target.contains("?") ? (result.target.hasSuffix("?") ? "" : "&") : "?"
            result.target += separator + percentEncoded(name) + "=" + percentEncoded(value)
        }
        return result
    }

    /// The whole address.
    public var text: String { origin.text + target }
    public var description: String { text }

    /// Without a fragment, and with what may not stand in an address percent-encoded; nil if that would be guessing.
    private static func cleaned(_ text: Substring.UTF8View) -> String? {
        var result: [UInt8] = []
        let bytes = Array(text.prefix { $0 != UInt8(ascii: "#") })
        guard bytes.count <= 16384 else { return nil }
        for (index, byte) in bytes.enumerated() {
            guard byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "\\") else { return nil }
            if byte == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, isHexDigit(bytes[index + 1]), isHexDigit(bytes[index + 2]) else {
                    return nil
                }
            }
            if "\"<>^`{|}[]".utf8.contains(byte) {
                result.append(contentsOf: percentEncoded([byte]).utf8)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension WebAddress.Origin {
    /// From `HOST[:PORT]`.
    init?(_ scheme: WebAddress.Scheme, authority: String) {
        var host = authority.lowercased()
        var port = scheme.defaultPort
        let end = host.lastIndex(of: "]") ?? host.startIndex
        if let colon = host[end...].lastIndex(of: ":") {
            let digits = host[host.index(after: colon)...]
            guard digits.utf8.allSatisfy(isDecimalDigit), let number = UInt16(digits), number > 0 else { return nil }
            port = number
            host = String(host[..<colon])
        }
        let isAddress = host.hasPrefix("[") && host.hasSuffix("]") && host.utf8.count > 3
        let allowed = isAddress ? "0123456789abcdef:." : "0123456789abcdefghijklmnopqrstuvwxyz.-_"
        guard !host.hasPrefix("."), !host.contains("..") else { return nil }
        let inner = isAddress ? host.dropFirst().dropLast() : host[...]
        guard !inner.isEmpty, inner.utf8.count <= 253, inner.utf8.allSatisfy(allowed.utf8.contains) else { return nil }
        self.init(scheme: scheme, host: host, port: port)
    }

    /// As a user writes it: with the port if it is not the usual one.
    var name: String { port == scheme.defaultPort ? host : "\(host):\(port)" }

    var text: String { "\(scheme.rawValue)://\(name)" }

    /// Whether the host can only be this machine.
    var isLoopback: Bool {
        host == "localhost" || host == "[::1]"
            || host.hasPrefix("127.") && host.split(separator: ".").count == 4
                && host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { UInt8($0) != nil }
    }
}

func isDecimalDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

private func isHexDigit(_ byte: UInt8) -> Bool {
    isDecimalDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte | 0x20
}

/// All but the characters that RFC 3986, 2.3 leaves alone as `%XX`.
func percentEncoded(_ text: String) -> String { percentEncoded(Array(text.utf8)) }

private func percentEncoded(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var result: [UInt8] = []
    for byte in bytes {
        if isDecimalDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 && byte < 0x7F
            || "-._~".utf8.contains(byte)
        {
            result.append(byte)
        } else {
            result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: result, as: UTF8.self)
}
