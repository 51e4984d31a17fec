internal import OCISpec

/// What a token server answers: distribution-spec's token authentication and OAuth 2 (RFC 6749, 5.1).
struct TokenAnswer: Equatable {
    let token: String
    /// Seconds.
    let lifetime: Int64
    let refreshToken: String?

    /// nil if there is no token in it that could be sent.
    init?(_ bytes: [UInt8]) {
        guard let json = try? JSONValue(parsing: bytes, sizeLimit: 1 << 17), case .object(let object) = json else {
            return nil
        }
        func text(_ name: String) -> String? {
            guard case .string(let text)? = object[name], Self.isSendable(text) else { return nil }
            return text
        }
        guard let token = text("token") ?? text("access_token") else { return nil }
        self.token = token
        refreshToken = text("refresh_token")
        // What the specification says for an answer without it.
        var lifetime: Int64 = 60
        if case .integer(let seconds)? = object["expires_in"] { lifetime = min(max(seconds, 60), 86_400) }
        self.lifetime = lifetime
    }

    /// Whether it can stand in a header field.
    private static func isSendable(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 65_536 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}
