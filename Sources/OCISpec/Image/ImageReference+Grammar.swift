/// What a part of a name must look like. All of it is ASCII, so comparing texts is comparing bytes.
extension ImageReference {
    typealias Bytes = Substring.UTF8View

    struct Problem: Error { let problem: String }

    /// A letter, a digit or `_`, then at most 127 of these, `.` and `-`.
    public static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128, isWord(first) else { return false }
        return text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    /// Brings host and path of a name without tag and digest to their full form.
    static func split(_ name: Bytes) throws(Problem) -> (domain: String, path: String) {
        var domain = defaultDomain
        var path = name
        if let slash = name.firstIndex(of: UInt8(ascii: "/")), isLikeHost(name[..<slash]) {
            domain = try host(name[..<slash])
            path = name[name.index(after: slash)...]
        }
        var text = try checkedPath(path)
        if domain == defaultDomain, !path.contains(UInt8(ascii: "/")) { text = officialPrefix + text }
        guard text.utf8.count <= 255 else { throw Problem(problem: "longer than 255 bytes") }
        return (domain, text)
    }

    /// Whether the first component of a name with a slash is a host; otherwise it belongs to the path on Docker Hub.
    private static func isLikeHost(_ text: Bytes) -> Bool {
        text.contains(UInt8(ascii: ".")) || text.contains(UInt8(ascii: ":")) || text.elementsEqual("localhost".utf8)
    }

    /// Whether a path on Docker Hub, written without the host, is read as that.
    static func isShortName(_ path: Bytes) -> Bool {
        if let slash = path.firstIndex(of: UInt8(ascii: "/")) { return !isLikeHost(path[..<slash]) }
        return !isIdentifier(path)
    }

    /// Components of lower-case letters and digits, between them `.`, `_`, `__` or any number of `-`.
    private static func checkedPath(_ path: Bytes) throws(Problem) -> String {
        guard !path.isEmpty else { throw Problem(problem: "the name of the repository is missing") }
        for component in path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard !component.isEmpty else { throw Problem(problem: "a component between slashes is empty") }
            guard !component.contains(where: isUppercase) else {
                throw Problem(problem: "the name of a repository must be lower case")
            }
            guard isPathComponent(component) else {
                throw Problem(problem: "\(quoted(String(Substring(component)))) is not a component of a name")
            }
        }
        return String(Substring(path))
    }

    private static func isPathComponent(_ component: Bytes) -> Bool {
        guard let first = component.first, let last = component.last, isLowerOrDigit(first), isLowerOrDigit(last) else {
            return false
        }
        return component.split(whereSeparator: isLowerOrDigit).allSatisfy { separator in
            separator.allSatisfy { $0 == UInt8(ascii: "-") }
                || separator.allSatisfy { $0 == UInt8(ascii: "_") } && separator.count <= 2
                || separator.elementsEqual(".".utf8)
        }
    }

    /// A host with or without a port, in lower case.
    private static func host(_ text: Bytes) throws(Problem) -> String {
        var host = text
        let end = text.lastIndex(of: UInt8(ascii: "]")) ?? text.startIndex
        if let colon = text[end...].lastIndex(of: UInt8(ascii: ":")) {
            let digits = text[text.index(after: colon)...]
            guard digits.allSatisfy(isDigit), let port = UInt16(Substring(digits)), port > 0 else {
                throw Problem(problem: "\(quoted(String(Substring(digits)))) is not a port")
            }
            host = text[..<colon]
        }
        guard isDomainName(host) || isBracketedAddress(host) else {
            throw Problem(problem: "\(quoted(String(Substring(host)))) is not a host")
        }
        let lower = String(decoding: text.map { isUppercase($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
        // What Docker Hub was called before.
        return lower == "index.docker.io" ? defaultDomain : lower
    }

    /// Also an IPv4 address.
    private static func isDomainName(_ host: Bytes) -> Bool {
        guard (1...253).contains(host.count) else { return false }
        return host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.first, let last = label.last, label.count <= 63 else { return false }
            return isLetterOrDigit(first) && isLetterOrDigit(last)
                && label.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
        }
    }

    /// `[ADDRESS]` with an IPv6 address: eight groups of hexadecimal digits, or fewer and one `::`.
    private static func isBracketedAddress(_ host: Bytes) -> Bool {
        guard host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]"), host.count >= 4 else { return false }
        let groups = host.dropFirst().dropLast()
            .split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard groups.allSatisfy({ $0.count <= 4 && $0.allSatisfy { hexDigit($0) != nil } }) else { return false }
        let runs = groups.split(omittingEmptySubsequences: false) { $0.isEmpty }
        switch runs.count - 1 {
        // The empty group is the `::`; at an end it is two empty groups, and alone it is three.
        case 0: return groups.count == 8
        case 1: return groups.count <= 8 && groups.first?.isEmpty == false && groups.last?.isEmpty == false
        case 2:
            let atStart = groups.prefix(2).allSatisfy(\.isEmpty)
            let atEnd = groups.suffix(2).allSatisfy(\.isEmpty)
            return groups.count <= 9 && groups.count > 2 && atStart != atEnd
        case 3: return groups.count == 3
        default: return false
        }
    }

    static func isIdentifier(_ text: some Collection<UInt8>) -> Bool {
        text.count == 64 && text.allSatisfy { isDigit($0) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 }
    }

    private static func isUppercase(_ byte: UInt8) -> Bool { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte }
    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || isDigit(byte)
    }
    private static func isLetterOrDigit(_ byte: UInt8) -> Bool { isUppercase(byte) || isLowerOrDigit(byte) }
    private static func isWord(_ byte: UInt8) -> Bool { isLetterOrDigit(byte) || byte == UInt8(ascii: "_") }
}
