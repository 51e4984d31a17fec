/// How it is found out whether a container is well: its health settings, checked, with Docker's defaults.
struct HealthPlan: Equatable, Sendable {
    enum Probe: Equatable, Sendable {
        /// A program of the image's that ends with 0.
        case command([String])
        /// A port that takes connections.
        case tcp(host: String, port: UInt16)
        /// A server that answers with a status from 200 to 399.
        case http(host: String, port: UInt16, path: String)
        /// A file that is there.
        case file(String)
    }

    var probe: Probe
    // Milliseconds, all of them.
    var interval: Int64 = 30_000
    var timeout: Int64 = 30_000
    var startPeriod: Int64 = 0
    var startInterval: Int64 = 5_000
    /// How many failures in a row make it unhealthy.
    var retries = 3

    /// `nil` without a health check.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`.
    init?(_ settings: HealthSettings?) throws(EngineError) {
        guard let settings, let kind = settings.test.first, kind != "NONE" else { return nil }
        try settings.check()
        let words = Array(settings.test.dropFirst())
        switch kind {
        case "CMD-SHELL":
            guard let text = words.first else {
                throw EngineError(.invalidInput, "the health check has no command")
            }
            probe = try Self.builtIn(text) ?? .command(["/bin/sh", "-c", text])
        default:
            guard !words.isEmpty else { throw EngineError(.invalidInput, "the health check has no command") }
            probe = try (words.count == 1 ? Self.builtIn(words[0]) : nil) ?? .command(words)
        }
        func milliseconds(_ nanoseconds: Int64, _ otherwise: Int64) -> Int64 {
            nanoseconds == 0 ? otherwise : max(1, nanoseconds / 1_000_000)
        }
        interval = milliseconds(settings.interval, interval)
        timeout = milliseconds(settings.timeout, timeout)
        startPeriod = milliseconds(settings.startPeriod, startPeriod)
        startInterval = milliseconds(settings.startInterval, startInterval)
        if settings.retries > 0 { retries = settings.retries }
    }

    /// `tcp:[HOST:]PORT`, `http:[//HOST][:]PORT[/PATH]`, `file:PATH`: what needs no program of the image's.
    static func builtIn(_ text: String) throws(EngineError) -> Probe? {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, ["tcp", "http", "file"].contains(parts[0]),
            !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f })
        else { return nil }
        let wrong = EngineError(
            .invalidInput, "invalid health check \(quotedForError(text)): write tcp:PORT, http:PORT/PATH or file:/PATH")
        if parts[0] == "file" {
            guard parts[1].hasPrefix("/"), !parts[1].utf8.contains(0) else { throw wrong }
            return .file(parts[1])
        }
        var rest = parts[1][...]
        if rest.hasPrefix("//") { rest = rest.dropFirst(2) }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let path = slash < rest.endIndex ? String(rest[slash...]) : "/"
        guard parts[0] == "http" || slash == rest.endIndex else { throw wrong }
        let address = rest[..<slash]
        let colon = address.lastIndex(of: ":")
        let digits = colon.map { address[address.index(after: $0)...] } ?? address
        let host = colon.map { String(address[..<$0]) } ?? ""
        if parts[0] == "http", colon == nil, UInt16(digits) == nil, !digits.isEmpty {
            return .http(host: try local(String(digits), wrong), port: 80, path: path)
        }
        guard let port = UInt16(digits), port > 0 else { throw wrong }
        return parts[0] == "tcp"
            ? .tcp(host: try local(host, wrong), port: port)
            : .http(host: try local(host, wrong), port: port, path: path)
    }

    /// A probe asks the container itself: its loopback, or an IPv4 address. Names are the container's to resolve.
    private static func local(_ host: String, _ wrong: EngineError) throws(EngineError) -> String {
        if host.isEmpty || host == "localhost" { return "127.0.0.1" }
        guard address(host) != nil else { throw wrong }
        return host
    }

    /// The four bytes of an IPv4 address, or the sixteen of `[::1]`.
    static func address(_ host: String) -> [UInt8]? {
        if host == "[::1]" { return [UInt8](repeating: 0, count: 15) + [1] }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { part in
            part.utf8.count <= 3 && part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt8(part) : nil
        }
        return parts.count == 4 && bytes.count == 4 ? bytes : nil
    }
}
