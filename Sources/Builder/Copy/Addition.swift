internal import Archive
internal import BuildFile
internal import Engine
internal import LinuxKernel
internal import OCISpec

/// What `ADD` takes from elsewhere: a git repository, or a file of the web.
struct Addition {
    let name: String
    /// What it is, for the key: the commit, or the digest of the content.
    let identity: String
    private let source: Source

    private enum Source {
        case repository(SourceTree)
        case file(BuildAddress, Digest)
    }

    /// Whether a word of `ADD` is the address of something elsewhere.
    static func isRemote(_ word: String) -> Bool {
        let lower = word.lowercased()
        return ["http://", "https://", "git://", "ssh://", "git@"].contains { lower.hasPrefix($0) }
    }

    /// Finds out what is there now.
    ///
    /// - Parameters:
    ///   - checksum: What it has to be: the digest of a file, or how a commit begins.
    ///   - isInto: A file goes into a directory, under its own name.
    init(remote word: String, _ add: Add?, checksum: String?, isInto: Bool, _ stage: StageBuilder) throws {
        name = word
        if let repository = try GitSource(word) {
            let fetched = try stage.build.fetched(repository, keepsHistory: add?.keepsGitDirectory ?? false)
            if let checksum {
                let isHex = checksum.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
                guard isHex, (7...64).contains(checksum.utf8.count) else {
                    throw EngineError(.invalidInput, "--checksum of a repository is a commit, not \(quoted(checksum))")
                }
                guard fetched.commit.hasPrefix(checksum) else {
                    throw EngineError(.invalidInput, "\(quoted(word)) is at commit \(fetched.commit), not \(checksum)")
                }
            }
            identity = fetched.commit
            source = .repository(fetched.tree)
            return
        }
        guard add?.keepsGitDirectory != true else {
            throw EngineError(.invalidInput, "--keep-git-dir is for repositories, and \(quoted(word)) is a file")
        }
        let address = try BuildAddress(word)
        try Self.checkName(address, word, isInto: isInto && add?.unpacks != true)
        let digest = try checksum.map(Self.digest) ?? stage.build.digest(of: address)
        identity = digest.text
        source = .file(address, digest)
    }

    private static func checkName(_ address: BuildAddress, _ word: String, isInto: Bool) throws(EngineError) {
        guard !isInto || address.fileName != nil else {
            throw EngineError(
                .invalidInput, "\(quoted(word)) says no name for the file: end the destination with one")
        }
    }

    private static func digest(_ text: String) throws(EngineError) -> Digest {
        guard let digest = try? Digest(text), digest.algorithm == .sha256 else {
            throw EngineError(
                .invalidInput, "--checksum of a file is sha256: and 64 hexadecimal digits, not \(quoted(text))")
        }
        return digest
    }

    func perform(
        in root: BuildRoot, _ stage: StageBuilder, _ job: CopyJob, isInto: Bool, _ changes: CopyChanges
    ) throws {
        switch source {
        case .repository(let tree): try stage.copy(tree, "", to: job.target, isDirectory: true, changes, root)
        case .file(let address, let digest):
            try Self.checkName(address, name, isInto: isInto && !job.unpacksDownloads)
            let file = try stage.build.file(at: address, digest)
            let tree = SourceTree(
                quoted(name), of: stage.build.session,
                root: try OwnedDescriptor(open: file.directory, [.read, .directory]), hasOwners: false)
            let own = address.fileName ?? "file"
            if job.unpacksDownloads, try stage.unpack(tree, own, to: job.target, changes, root) { return }
            let place = isInto ? StageBuilder.join(job.target, own) : job.target
            try stage.copy(tree, own, to: place, isDirectory: false, changes, root)
        }
    }
}

extension Build {
    /// The digest of what is at an address, asked once for all stages.
    func digest(of address: BuildAddress) throws -> Digest {
        try withDownloads { downloads in
            if let known = downloads[address]?.digest { return known }
            let found = try reporting(begin("", "asking for \(address.text)", line: 0)) {
                let found = try session.look(
                    at: address, place: "download-\(downloads.count)", usingKnown: request.usesCache)
                return (found, found.file == nil ? .cached : .done)
            }
            downloads[address] = Download(digest: found.digest, file: found.file)
            return found.digest
        }
    }

    /// The file at an address, which has to have a digest.
    func file(at address: BuildAddress, _ digest: Digest) throws -> BuildDownload {
        try withDownloads { downloads in
            if let file = downloads[address]?.file, file.digest == digest { return file }
            // A directory of its own: others may use what is in an earlier one.
            let place = "download-\(downloads.count)-\(digest.hex.prefix(12))"
            let file = try reporting(begin("", "fetching \(address.text)", line: 0)) {
                (try session.download(address, place: place, expecting: digest), .done)
            }
            downloads[address] = Download(digest: digest, file: file)
            return file
        }
    }

    /// What is known of an address.
    struct Download {
        let digest: Digest
        /// There, if it had to be fetched.
        let file: BuildDownload?
    }
}
