/// What a token is asked for: `repository:library/nginx:pull,push`.
struct Scope: Hashable, Sendable {
    enum Access: String { case pull = "pull", push = "pull,push" }

    let text: String

    init(path: String, _ access: Access) { text = "repository:\(path):\(access.rawValue)" }
}
