/// How a server wants to be told who asks: one challenge of a `WWW-Authenticate` field (RFC 9110, 11.6.1).
struct Challenge: Equatable {
    /// In lower case: `bearer`, `basic`.
    let scheme: String
    /// Names in lower case.
    let parameters: [String: String]

    /// All challenges in a field, as far as it can be read.
    static func parse(_ field: String) -> [Challenge] {
        guard var scanner = FieldScanner(field) else { return [] }
        var challenges: [Challenge] = []
        while true {
            scanner.skipSpace()
            while scanner.take(",") { scanner.skipSpace() }
            guard !scanner.isAtEnd, let scheme = scanner.token() else { return challenges }
            scanner.skipSpace()
            challenges.append(Challenge(scheme: scheme.lowercased(), parameters: parameters(&scanner)))
            guard challenges.count < 16 else { return challenges }
        }
    }

    /// `name=value` pairs up to the end or the next scheme, which is a token without an equals sign.
    private static func parameters(_ scanner: inout FieldScanner) -> [String: String] {
        var parameters: [String: String] = [:]
        while true {
            let start = scanner.position
            scanner.skipSpace()
            while scanner.take(",") { scanner.skipSpace() }
            guard let name = scanner.token() else { return parameters }
            scanner.skipSpace()
            guard scanner.take("=") else {
                scanner.goBack(to: start)
                return parameters
            }
            scanner.skipSpace()
            guard let value = scanner.value() else { return parameters }
            // Of a name given twice the first counts.
            if parameters[name.lowercased()] == nil { parameters[name.lowercased()] = value }
        }
    }
}
