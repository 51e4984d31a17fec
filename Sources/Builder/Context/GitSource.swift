public import Engine
internal import LinuxKernel

/// A git repository as a build context: `URL[#REF[:DIRECTORY]]`.
public struct GitSource: Sendable, Equatable {
    /// `https://…`, `http://…`, `git://…`, `ssh://…`, or the absolute path of a repository here.
    public let repository: String
    public let reference: String?
    /// In the repository.
    public let directory: String

    /// Whether a text is meant for a repository: by its scheme, as `user@host:path`, or as `github.com/…`.
    ///
    /// - Returns: `nil` for a text that names no repository.
    /// - Throws: `EngineError` of kind `invalidInput` for one that git must not be given.
    public init?(_ text: String) throws(EngineError) {
        let hash = text.firstIndex(of: "#")
        let address = String(hash.map { text[..<$0] } ?? text[...])
        let fragment = hash.map { String(text[text.index(after: $0)...]) } ?? ""
        var repository = address
        let lower = address.lowercased()
        if lower.hasPrefix("http://") || lower.hasPrefix("https://") {
            // Other addresses are of archives and Dockerfiles.
            guard lower.hasSuffix(".git") || hash != nil else { return nil }
        } else if lower.hasPrefix("git://") || lower.hasPrefix("ssh://") {
        } else if lower.hasPrefix("github.com/") {
            repository = "https://" + address
        } else if address.hasPrefix("git@"), address.contains(":") {
        } else if address.hasPrefix("/"), address.hasSuffix(".git") || hash != nil {
            // A repository on this machine.
        } else {
            guard !lower.hasPrefix("file:"), !lower.contains("ext::"), !lower.hasPrefix("ftp") else {
                throw EngineError(
                    .invalidInput,
                    "\(quoted(text)) is no address for a build: https, http, git and ssh are, and paths of repositories"
                )
            }
            return nil
        }
        let parts = fragment.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let reference = parts.first ?? ""
        directory = SourceTree.normalized(parts.count == 2 ? parts[1] : "")
        self.reference = reference.isEmpty ? nil : reference
        self.repository = repository
        // Words that git would take for options, and names that no reference can have (git-check-ref-format(1)).
        guard !repository.hasPrefix("-"), !repository.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            throw EngineError(.invalidInput, "\(quoted(text)) is not an address of a repository")
        }
        let host = repository.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard repository.hasPrefix("/") || host.count < 3 || !host[2].hasPrefix("-") else {
            throw EngineError(.invalidInput, "\(quoted(text)) names a host that begins with \"-\"")
        }
        guard !reference.hasPrefix("-"), !reference.contains(".."),
            !reference.utf8.contains(where: { " ~^:?*[\\".utf8.contains($0) || $0 < 0x20 })
        else {
            throw EngineError(.invalidInput, "\(quoted(reference)) is not a branch, tag or commit")
        }
    }
}

extension GitSource {
    private static let program = "/usr/bin/git"

    /// Fetches the commit into a directory, which is empty.
    ///
    /// The program runs without this process's environment and without anybody's configuration; it asks nobody, runs no
    /// hooks, and takes no other ways to a repository than the one that the address names.
    ///
    /// - Returns: The commit.
    func fetch(into path: String, keepsHistory: Bool) throws -> String {
        guard (try? OwnedDescriptor(open: Self.program, .pathOnly)) != nil else {
            throw EngineError(.unsupported, "a build from a repository needs \(Self.program), which is not here")
        }
        try run(["init", "--quiet", "--template=", "."], in: path)
        try run(
            [
                "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--end-of-options", repository,
                reference ?? "HEAD",
            ], in: path)
        try run(
            ["-c", "advice.detachedHead=false", "checkout", "--quiet", "--force", "--detach", "FETCH_HEAD"], in: path)
        let commit = try run(["rev-parse", "--verify", "HEAD"], in: path)
        try TreeDirectory(try OwnedDescriptor(open: path, [.read, .directory])).removeGit(unless: keepsHistory)
        return commit.split(separator: "\n").first.map(String.init) ?? ""
    }

    private var protocols: String {
        if repository.hasPrefix("/") { return "file" }
        return repository.contains("://") ? String(repository.lowercased().prefix { $0 != ":" }) : "ssh"
    }

    @discardableResult
    private func run(_ words: [String], in path: String) throws -> String {
        let settings = [
            "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.symlinks=true",
            "core.sshCommand=/usr/bin/ssh -o BatchMode=yes",
            "protocol.ext.allow=never", "uploadpack.packObjectsHook=", "filter.lfs.smudge=",
            "filter.lfs.required=false",
        ]
        let environment = [
            "PATH=/usr/bin:/bin", "HOME=/nonexistent", "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1",
            "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0",
            "GIT_ASKPASS=/bin/false", "SSH_ASKPASS=/bin/false", "GIT_ALLOW_PROTOCOL=\(protocols)",
            "GIT_PROTOCOL_FROM_USER=0", "GIT_ATTR_NOSYSTEM=1", "GIT_NO_LAZY_FETCH=1",
            "GIT_CEILING_DIRECTORIES=\(path)",
        ]
        let spawn = Spawn(
            program: Self.program, arguments: [Self.program] + settings.flatMap { ["-c", $0] } + words,
            environment: environment,
            workingDirectory: path, newSession: true)
        let pipe = try Pipe()
        let child = try spawn.start([(pipe.writeEnd.raw, 1), (pipe.writeEnd.raw, 2)])
        let text = String(decoding: try pipe.keepReadEnd().readAll(limit: 1 << 20), as: UTF8.self)
        let status = try child.wait()
        guard status.isSuccess else {
            let said = text.split(separator: "\n").suffix(3).joined(separator: "; ")
            throw EngineError(
                .fault,
                "git \(words.first { !$0.hasPrefix("-") && !$0.contains("=") } ?? "") of \(quoted(repository)): \(said.isEmpty ? status.description : said)"
            )
        }
        return text
    }
}

extension TreeDirectory {
    fileprivate borrowing func removeGit(unless keeps: Bool) throws(SyscallError) {
        if !keeps { try removeTree(".git") }
    }
}
