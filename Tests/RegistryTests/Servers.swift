import LinuxKernel
import OCISpec
import Testing

@testable import Registry

/// A server started by the tests: it ends with its standard input, or when its owner lets go.
final class Server: Sendable {
    private let child: ChildBox
    private let input: OwnedDescriptor

    /// Keeps a child until the end, as a class can be shared and the child cannot.
    private final class ChildBox: Sendable {
        let child: ChildProcess
        init(_ child: consuming ChildProcess) { self.child = child }
    }

    let output: OwnedDescriptor

    init(_ program: String, _ arguments: [String], environment: [String] = []) throws {
        let input = try Pipe()
        let output = try Pipe()
        let log = try OwnedDescriptor(open: "/dev/null", .write)
        child = ChildBox(
            try Spawn(
                program: program, arguments: [program] + arguments,
                environment: ["PATH=/usr/bin:/bin"] + environment
            ).start([(input.readEnd.raw, 0), (output.writeEnd.raw, 1), (log.raw, 2)]))
        self.input = input.keepWriteEnd()
        self.output = output.keepReadEnd()
    }

    deinit {
        // It may have ended by itself.
        try? child.child.send(.kill)
        _ = try? child.child.wait(timeout: .seconds(5))
    }
}

/// The misbehaving registry of `flaky-registry.py`.
final class FlakyRegistry: Sendable {
    private let server: Server
    let port: Int
    let otherPort: Int

    /// One for all tests: it keeps a count for each repository, and each test has repositories of its own.
    static let shared = Result { try FlakyRegistry() }

    init() throws {
        let script = #filePath.replacing("Servers.swift", with: "flaky-registry.py")
        server = try Server("/usr/bin/python3", [script])
        let line = String(decoding: try server.output.read(upTo: 100), as: UTF8.self)
        let ports = line.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        try #require(ports.count == 2)
        (port, otherPort) = (ports[0], ports[1])
    }

    var host: String { "127.0.0.1:\(port)" }

    func reference(_ text: String) throws -> ImageReference { try ImageReference("\(host)/\(text)") }

    /// A client that tries again soon. How long it waits for answers is for machines that do much else meanwhile.
    func client(_ change: (inout RegistryClient.Options) -> Void = { _ in }) -> RegistryClient {
        var options = RegistryClient.Options()
        options.backoff.first = .milliseconds(5)
        options.backoff.longest = .milliseconds(20)
        options.connectTimeout = .seconds(120)
        options.idleTimeout = .seconds(120)
        options.configuration.registries[host] = .init(plainHTTP: true)
        options.configuration.certificateDirectories = []
        change(&options)
        return RegistryClient(options)
    }

    struct Entry {
        let port: Int
        let method: String
        let path: String
        let authorization: String?
        let range: String?
        let contentRange: String?
    }

    /// What was asked so far, by path.
    func log(where isWanted: (Entry) -> Bool) async throws -> [Entry] {
        let client = client()
        // A client that is let go breaks off what it has under way.
        defer { withExtendedLifetime(client) {} }
        let answer = try await client.transport.send(
            .get(#require(WebAddress("http://\(host)/log"))), authorization: nil)
        guard
            case .array(let entries) = try JSONValue(
                parsing: await answer.content(limit: 1 << 24), sizeLimit: 1 << 24)
        else { return [] }
        return entries.compactMap { entry -> Entry? in
            guard case .object(let object) = entry, case .integer(let port)? = object["port"],
                case .string(let method)? = object["method"], case .string(let path)? = object["path"]
            else { return nil }
            func text(_ name: String) -> String? {
                if case .string(let text)? = object[name] { return text }
                return nil
            }
            return Entry(
                port: Int(port), method: method, path: path, authorization: text("authorization"),
                range: text("range"), contentRange: text("contentRange"))
        }.filter(isWanted)
    }
}

/// The blob that the registry has in every repository.
enum TestBlob {
    static let bytes = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 >> 8) }
    static let digest = ContentHash.digest(.sha256, of: bytes)
    static let descriptor = Descriptor(mediaType: .layer, digest: digest, size: Int64(bytes.count))
}

/// A sink in memory that remembers what was done to it.
struct MemorySink: BlobSink {
    var bytes: [UInt8] = []
    var restarts = 0

    var offset: Int64 { Int64(bytes.count) }
    mutating func write(_ bytes: UnsafeRawBufferPointer) { self.bytes.append(contentsOf: bytes) }
    mutating func restart() {
        bytes = []
        restarts += 1
    }
}

/// Runs `body` and gives the registry's error.
func failure(of body: () async throws -> Void) async throws -> RegistryError {
    do {
        try await body()
    } catch let error as RegistryError {
        let text = error.description
        #expect(!text.contains { $0.isNewline || $0 == "\u{1b}" } && !text.contains("s3cret"))
        return error
    }
    throw NoFailure()
}

struct NoFailure: Error {}
