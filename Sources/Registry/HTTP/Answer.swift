internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1

/// The head of an answer, with its body still to come.
struct Answer: Sendable {
    /// Who gave it, after redirections.
    let address: WebAddress
    private let response: HTTPClientResponse

    init(_ response: HTTPClientResponse, from address: WebAddress) {
        self.response = response
        self.address = address
    }

    var status: Int { Int(response.status.code) }
    var body: HTTPClientResponse.Body { response.body }

    /// The first field of this name, in any case of letters.
    func field(_ name: String) -> String? { response.headers.first(name: name) }
    func fields(_ name: String) -> [String] { response.headers[name] }

    /// nil if there is none or it is not a number.
    var contentLength: Int64? { field("content-length").flatMap { decimal($0) } }

    /// The whole body.
    ///
    /// - Parameter limit: In bytes. More is an error, before more is read.
    func content(limit: Int, within time: Duration = .seconds(60)) async throws -> [UInt8] {
        if let length = contentLength, length > limit { throw tooLarge(limit) }
        let end = ContinuousClock.now + time
        var bytes: [UInt8] = []
        do {
            for try await chunk in response.body {
                guard bytes.count + chunk.readableBytes <= limit else { throw tooLarge(limit) }
                bytes.append(contentsOf: chunk.readableBytesView)
                guard ContinuousClock.now < end else {
                    throw RegistryError(.timedOut, host: address.origin.name, "the answer takes longer than \(time)")
                }
            }
        } catch {
            throw failure(error, from: address.origin)
        }
        return bytes
    }

    /// Takes what is left of a short body, so that the connection can be used again.
    func drain() async {
        guard let length = contentLength, length <= 65_536 else { return }
        // A connection that cannot be used again costs only time.
        _ = try? await content(limit: 65_536, within: .seconds(5))
    }

    private func tooLarge(_ limit: Int) -> RegistryError {
        RegistryError(.invalidAnswer, host: address.origin.name, "the answer has more than \(limit) bytes")
    }
}
