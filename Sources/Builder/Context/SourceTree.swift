internal import Archive
internal import BuildFile
internal import Engine
internal import LinuxKernel

/// A tree that files are taken from: a build context, the files of a stage or of an image.
///
/// Every path is resolved with the tree's root as `/`: neither `..` nor a symbolic link leads out of it.
final class SourceTree: Sendable {
    /// Such as `the build context`, for messages.
    let name: String
    let root: OwnedDescriptor
    let rules: IgnoreRules
    /// Files of a context have no owner that would mean something in an image.
    let hasOwners: Bool
    /// What is known of its files from earlier builds.
    let files: ContextFiles?
    /// What must live as long as the tree is used.
    private let keeping: (any AnyObject & Sendable)?
    /// Whose build it is: going through many files ends when the build is cancelled.
    private let session: BuildSession

    init(
        _ name: String, of session: BuildSession, root: consuming OwnedDescriptor, rules: IgnoreRules = IgnoreRules(),
        hasOwners: Bool, files: ContextFiles? = nil, keeping: (any AnyObject & Sendable)? = nil
    ) {
        self.name = name
        self.session = session
        self.root = root
        self.rules = rules
        self.hasOwners = hasOwners
        self.files = files
        self.keeping = keeping
    }

    /// - Throws: `EngineError` once the build was cancelled.
    func checkCancelled() throws(EngineError) { try session.checkCancelled() }

    /// A path in the tree as its parts joined by `/`, without `.` and `..`; empty for the root.
    static func normalized(_ path: String) -> String { String(cleanPath("/" + path).dropFirst()) }

    /// Opens what a path leads to with `O_PATH`; `nil` if there is nothing, or the rules leave it out.
    func open(_ path: String) throws(SyscallError) -> OwnedDescriptor? {
        if !path.isEmpty, isLeftOut(path) { return nil }
        return try root.resolveIfPresent(path)
    }

    /// Why there is nothing to open, in words.
    func absence(of path: String, named word: String) -> String {
        let path = path.isEmpty ? "." : path
        if (try? root.resolve(path, .pathOnly)) != nil {
            return "\(quoted(word)) is left out of \(name) by .dockerignore"
        }
        if let link = try? root.resolve(path, [.pathOnly, .noFollow]), let target = try? link.readSymbolicLink() {
            return "\(quoted(word)) is a link to \(quoted(target)), and that is not in \(name)"
        }
        return "\(quoted(word)) is not in \(name)"
    }

    /// Whether nothing of this path is in the tree. A directory that the rules exclude may hold something that they do not.
    func isLeftOut(_ path: String) -> Bool {
        guard rules.excludes(path) else { return false }
        guard rules.hasExceptions else { return true }
        guard let node = try? root.resolve(path, .pathOnly), let status = try? node.status() else { return true }
        return !status.isDirectory
    }

    /// The paths that a pattern means, in the order of their bytes.
    ///
    /// - Parameter spansDirectories: Whether `**` stands for any number of directories, none among them.
    func paths(matching pattern: String, spansDirectories: Bool = false) throws -> [String] {
        var parts = Self.patternParts(pattern)
        // At the end it means whatever is there, which comes with the directory.
        if spansDirectories { while parts.last == "**" { parts.removeLast() } }
        var found: [(path: String, isDirectory: Bool)] = [("", true)]
        for part in parts {
            if spansDirectories, part == "**" {
                found = try found.filter(\.isDirectory).flatMap { try directories(from: $0.path) }
                continue
            }
            var next: [(path: String, isDirectory: Bool)] = []
            let compiled = try PathPattern(part, spansDirectories: false)
            for (directory, isDirectory) in found where isDirectory {
                guard let opened = try? root.resolve(directory.isEmpty ? "." : directory, [.read, .directory]) else {
                    continue
                }
                for entry in try opened.entries() where compiled.matches(entry.name) {
                    let path = directory.isEmpty ? entry.name : "\(directory)/\(entry.name)"
                    if isLeftOut(path) { continue }
                    // A link counts as what it leads to.
                    let status = try? open(path)?.status()
                    next.append((path, status?.isDirectory ?? false))
                }
            }
            found = next
        }
        return Set(found.map(\.path)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// A directory and all that are below it. Links are not followed, so each is there once.
    private func directories(from start: String) throws -> [(path: String, isDirectory: Bool)] {
        var result: [(path: String, isDirectory: Bool)] = []
        var open = [start]
        while let path = open.popLast() {
            try checkCancelled()
            guard let directory = try? root.resolve(path.isEmpty ? "." : path, [.read, .directory]) else { continue }
            result.append((path, true))
            for entry in try directory.entries() {
                let below = path.isEmpty ? entry.name : "\(path)/\(entry.name)"
                guard [.directory, .unknown].contains(entry.kind), try directory.status(of: entry.name).isDirectory,
                    !isLeftOut(below)
                else { continue }
                open.append(below)
            }
        }
        return result
    }

    /// The pattern's parts between `/`, with `.` and `..` taken out. A `/` cannot be escaped or in brackets.
    private static func patternParts(_ pattern: String) -> [String] {
        var parts: [String] = []
        for part in pattern.split(separator: "/") where part != "." {
            if part == ".." {
                _ = parts.popLast()
            } else {
                parts.append(String(part))
            }
        }
        return parts
    }

    /// A small text file; `nil` if there is none. The rules do not count: the Dockerfile may be excluded.
    func text(_ path: String) throws -> String? {
        guard let node = try root.resolveIfPresent(path) else { return nil }
        guard try node.status().isRegularFile else {
            throw EngineError(.invalidInput, "\(path) is not a regular file")
        }
        let file = try OwnedDescriptor(open: "/proc/self/fd/\(node.raw)", .read)
        do throws(SyscallError) {
            return String(decoding: try file.readAll(limit: BuildFile.sizeLimit), as: UTF8.self)
        } catch {
            throw EngineError(.invalidInput, "\(path) in \(name): \(error.code)")
        }
    }
}

extension OwnedDescriptor {
    /// Opens with `O_PATH` what a path leads to if this directory were `/`; `nil` if there is nothing.
    borrowing func resolveIfPresent(_ path: String) throws(SyscallError) -> OwnedDescriptor? {
        do throws(SyscallError) {
            return try resolve(path.isEmpty ? "." : path, .pathOnly)
        } catch {
            if [.noSuchFile, .notDirectory, .tooManyLinks].contains(error.code) { return nil }
            throw error
        }
    }
}
