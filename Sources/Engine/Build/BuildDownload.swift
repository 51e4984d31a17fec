internal import LinuxKernel
package import OCISpec
internal import Registry

/// A file of the web as a build has it.
package struct BuildDownload: Sendable {
    /// A directory of the build's own with the file in it, under its name.
    package let directory: String
    package let digest: Digest
}

/// The address of a file that `ADD` names.
package struct BuildAddress: Hashable, Sendable {
    fileprivate let address: WebAddress
    /// What the file is called in a directory; `nil` if the address does not say.
    package var fileName: String? { address.fileName }
    package var text: String { address.text }

    /// - Throws: `EngineError` of kind `invalidInput`.
    package init(_ text: String) throws(EngineError) {
        // Who asks is nobody's business, and history and cache would keep it.
        let authority = text.drop { $0 != "/" }.dropFirst(2).prefix { !"/?#".contains($0) }
        guard !authority.contains("@") else {
            throw EngineError(
                .invalidInput,
                "an address with a user name or password is not fetched: it would stay in the image's history")
        }
        guard let address = WebAddress(text) else {
            throw EngineError(.invalidInput, "\(quotedForError(text)) is not an address that can be fetched")
        }
        self.address = address
    }
}

extension BuildSession {
    /// The most that one file of the web may have, in bytes.
    private static let downloadLimit: Int64 = 16 << 30

    /// The digest of what is at an address now, without a download if the server says that it is what it was.
    ///
    /// - Parameter place: Of the directory for the file, in the build's.
    /// - Returns: The file, too, if it had to be fetched.
    /// - Throws: `EngineError`.
    package func look(
        at address: BuildAddress, place: String, usingKnown: Bool
    ) throws(EngineError) -> (digest: Digest, file: BuildDownload?) {
        let known = usingKnown ? knownContent(of: address) : nil
        if let file = try fetch(address, unless: known?.tag, place) { return (file.digest, file) }
        guard let known else { throw EngineError(.fault, "\(address.text): the server says that nothing was asked") }
        return (known.digest, nil)
    }

    /// Fetches a file.
    ///
    /// - Throws: `EngineError`, also where the content has another digest than the one that is wanted.
    package func download(
        _ address: BuildAddress, place: String, expecting digest: Digest
    ) throws(EngineError) -> BuildDownload {
        guard let file = try fetch(address, unless: nil, place) else {
            throw EngineError(.fault, "\(address.text): the server gave nothing")
        }
        guard file.digest == digest else {
            throw EngineError(
                .invalidInput, "\(address.text) has the digest \(file.digest.text), and not \(digest.text)")
        }
        return file
    }

    private func fetch(
        _ address: BuildAddress, unless tag: String?, _ place: String
    ) throws(EngineError) -> BuildDownload? {
        do {
            return try fetchFile(address, unless: tag, place)
        } catch {
            throw .wrappingRegistry(error, while: "fetch \(address.text)")
        }
    }

    private func fetchFile(_ address: BuildAddress, unless tag: String?, _ place: String) throws -> BuildDownload? {
        var options = RegistryClient.Options()
        options.configuration = try .load()
        options.proxies = try .ofProcess()
        options.backoff.attempts = 4
        let client = WebClient(options)
        let directory = try makeDirectory(place)
        let name = address.fileName ?? "file"
        let (session, web) = (self, address.address)
        let fetched = try waiting {
            try await withThrowingTaskGroup(of: Fetched?.self) { group in
                group.addTask {
                    var sink = try FileSink(directory, name)
                    guard let file = try await client.fetch(web, unless: tag, limit: Self.downloadLimit, into: &sink)
                    else { return nil }
                    return Fetched(file: file, digest: try sink.finish(modified: file.modified))
                }
                group.addTask {
                    while true {
                        try session.checkCancelled()
                        try await Task.sleep(for: .milliseconds(100))
                    }
                }
                let first = try await group.next() ?? nil
                group.cancelAll()
                return first
            }
        }
        guard let fetched else { return nil }
        remember(fetched, of: address)
        return BuildDownload(directory: directory, digest: fetched.digest)
    }

    private struct Fetched: Sendable {
        let file: WebClient.File
        let digest: Digest
    }

    // MARK: What servers said

    /// Below the root: for each address the tag and the digest of what was last there.
    private var addresses: String { engine.locations.root + "/build-addresses" }

    private func record(of address: BuildAddress) -> String {
        "\(addresses)/\(SHA256Hash.digest(of: address.text.utf8).hex)"
    }

    private func knownContent(of address: BuildAddress) -> (tag: String, digest: Digest)? {
        // What cannot be read is not known: the file is fetched once more.
        guard let bytes = try? readFile(record(of: address), limit: 65_536),
            case .object(let object)? = try? JSONValue(parsing: bytes, sizeLimit: 65_536),
            case .string(address.text)? = object["address"], case .string(let tag)? = object["tag"],
            case .string(let text)? = object["digest"], let digest = try? Digest(text)
        else { return nil }
        return (tag, digest)
    }

    private func remember(_ fetched: Fetched, of address: BuildAddress) {
        // A help for the next build only.
        guard let tag = fetched.file.entityTag else {
            try? HostDirectory.removeTree(record(of: address))
            return
        }
        let document = JSONValue.object([
            "address": .string(address.text), "tag": .string(tag), "digest": .string(fetched.digest.text),
        ])
        try? HostDirectory.make(addresses, mode: 0o700)
        if let entries = try? OwnedDescriptor(open: addresses, [.read, .directory]).entries(), entries.count > 1000 {
            for entry in entries { try? HostDirectory.removeTree("\(addresses)/\(entry.name)") }
        }
        try? HostDirectory.write(document.bytes(), to: record(of: address), mode: 0o600)
    }
}

extension Engine {
    /// Forgets what web servers said of files that builds have fetched.
    package func forgetBuildAddresses() throws { try HostDirectory.removeTree(locations.root + "/build-addresses") }
}

/// A file that is hashed while it is written.
private struct FileSink: BlobSink, ~Copyable {
    private let file: OwnedDescriptor
    private var hash = SHA256Hash()
    private(set) var offset: Int64 = 0

    init(_ directory: String, _ name: String) throws(SyscallError) {
        let opened = try OwnedDescriptor(open: directory, [.read, .directory]).open(
            name, [.write, .create, .truncate, .noFollow], mode: 0o600)
        // Whatever the umask is.
        try opened.setPermissions(0o600)
        file = opened
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(SyscallError) {
        try file.write(Array(bytes))
        hash.update(bytes)
        offset += Int64(bytes.count)
    }

    mutating func restart() throws(SyscallError) {
        try file.truncate(to: 0)
        try file.seek(to: 0)
        hash = SHA256Hash()
        offset = 0
    }

    /// As in BuildKit, a file without a time is as old as time itself.
    borrowing func finish(modified: Int64?) throws(SyscallError) -> Digest {
        let time = FileTime(seconds: max(0, modified ?? 0))
        try file.setTimes(accessed: time, modified: time)
        return hash.finish()
    }
}
