internal import AsyncHTTPClient
internal import Dispatch
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import OCISpec
internal import Synchronization

/// Sends requests as they are: no redirection is followed, nothing is decoded, nothing is repeated.
final class Transport: Sendable {
    /// One for each proxy that is in use, and one for requests without.
    private let clients = Mutex<[ProxySettings.Proxy?: HTTPClient]>([:])
    private let configuration: HTTPClient.Configuration
    private let group: MultiThreadedEventLoopGroup
    private let trust: TrustStore
    private let proxies: ProxySettings
    private let userAgent: String

    init(
        trust: TrustStore, proxies: ProxySettings = ProxySettings(), connectTimeout: Duration, idleTimeout: Duration,
        userAgent: String
    ) {
        self.trust = trust
        self.proxies = proxies
        self.userAgent = userAgent
        // One thread moves more bytes than a network brings and a disk takes.
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(
                connect: TimeAmount(connectTimeout), read: TimeAmount(idleTimeout), write: TimeAmount(idleTimeout)))
        // Blobs are large: several connections bring more than one with a window for all.
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        self.configuration = configuration
    }

    deinit {
        // Nobody waits for the end: what is left are idle connections and one thread.
        Self.shutDown(clients.withLock { Array($0.values) }[...], group)
    }

    private static func shutDown(_ clients: ArraySlice<HTTPClient>, _ group: MultiThreadedEventLoopGroup) {
        guard let first = clients.first else { return group.shutdownGracefully { _ in } }
        let others = clients.dropFirst()
        first.shutdown { _ in shutDown(others, group) }
    }

    private func client(for origin: WebAddress.Origin) -> HTTPClient {
        let proxy = proxies.proxy(for: origin)
        return clients.withLock { clients in
            if let client = clients[proxy] { return client }
            var configuration = configuration
            if let proxy {
                configuration.proxy = .server(
                    host: proxy.host, port: Int(proxy.port),
                    authorization: proxy.credential.map { .basic(credentials: Base64(Array($0.utf8)).text) })
            }
            let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
            clients[proxy] = client
            return client
        }
    }

    /// - Throws: What AsyncHTTPClient throws, ``RegistryError`` if the request cannot be made.
    func send(_ request: Request, authorization: String?) async throws -> Answer {
        var message = HTTPClientRequest(url: request.address.text)
        message.method = request.method
        message.headers.add(name: "User-Agent", value: userAgent)
        for field in request.fields { message.headers.add(name: field.name, value: field.value) }
        if let authorization { message.headers.add(name: "Authorization", value: authorization) }
        switch request.body {
        case .none: break
        case .bytes(let bytes): message.body = .bytes(ByteBuffer(bytes: bytes))
        case .blob(let source, let range):
            message.body = .stream(BlobSlices(source: source, range: range), length: .known(Int64(range.count)))
        }
        if request.address.scheme == .https {
            message.tlsConfiguration = try trust.configuration(for: request.address.origin)
        }
        // Silence is limited by the time-outs of the connection; a large body may take as long as it takes.
        let client = client(for: request.address.origin)
        return Answer(try await client.execute(message, deadline: .distantFuture), from: request.address)
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .seconds(seconds) + .nanoseconds(attoseconds / 1_000_000_000)
    }
}

/// A part of a blob as a sequence of pieces that fit into memory.
struct BlobSlices: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let source: any BlobSource
    let range: Range<Int64>

    struct Iterator: AsyncIteratorProtocol {
        let source: any BlobSource
        var offset: Int64
        let end: Int64

        mutating func next() async throws -> ByteBuffer? {
            guard offset < end else { return nil }
            let bytes = try source.read(at: offset, count: Int(Swift.min(end - offset, 256 * 1024)))
            guard !bytes.isEmpty, bytes.count <= end - offset else {
                throw RegistryError(.mismatch, host: "", "the content to send ends at byte \(offset) of \(end)")
            }
            offset += Int64(bytes.count)
            return ByteBuffer(bytes: bytes)
        }
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(source: source, offset: range.lowerBound, end: range.upperBound)
    }
}
