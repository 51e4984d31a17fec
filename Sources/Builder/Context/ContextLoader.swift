internal import Archive
internal import BuildFile
internal import Engine
internal import LinuxKernel

/// Makes a tree of what a build gets as its context, and reads the Dockerfile.
struct ContextLoader {
    let session: BuildSession
    let request: BuildRequest

    struct Loaded {
        let tree: SourceTree
        let text: String
        /// The Dockerfile's name, for messages.
        let name: String
    }

    func load() throws -> Loaded {
        let root = try root()
        let bare = SourceTree("the build context", of: session, root: try root.duplicate(), hasOwners: false)
        let (text, name) = try dockerfile(in: bare)
        let rules = try ignoreRules(in: bare, besides: request.dockerfileText == nil ? name : nil)
        var files: ContextFiles?
        if case .directory = request.context {
            files = ContextFiles(session, root: root, isUsed: request.usesCache)
        }
        return Loaded(
            tree: SourceTree(
                "the build context", of: session, root: root, rules: rules, hasOwners: false, files: files),
            text: text, name: name)
    }

    private func root() throws -> OwnedDescriptor {
        switch request.context {
        case .empty: return try open(try session.makeDirectory("context"), subdirectory: "")
        case .directory(let path):
            do throws(SyscallError) {
                return try OwnedDescriptor(open: path, [.read, .directory])
            } catch {
                throw EngineError(
                    error.code == .noSuchFile ? .notFound : .invalidInput,
                    "the build context \(quoted(path)): \(error.code)")
            }
        case .archive(let number):
            let path = try session.makeDirectory("context")
            let input = try OwnedDescriptor(open: "/proc/self/fd/\(number)", .read)
            var options = ExtractionOptions()
            options.devices = .skip
            let source = try DecompressedSource(DescriptorSource(input))
            _ = try Extractor(into: try OwnedDescriptor(open: path, [.read, .directory]), options: options)
                .extract(TarReader(source))
            return try open(path, subdirectory: "")
        case .git(let source):
            let path = try session.makeDirectory("context")
            let keepsHistory = ["1", "true"].contains(request.arguments["BUILDKIT_CONTEXT_KEEP_GIT_DIR"] ?? "")
            _ = try source.fetch(into: path, keepsHistory: keepsHistory)
            return try open(path, subdirectory: source.directory)
        }
    }

    /// A directory of what was fetched, which may hold links: none leads out of it.
    private func open(_ path: String, subdirectory: String) throws -> OwnedDescriptor {
        let root = try OwnedDescriptor(open: path, [.read, .directory])
        if subdirectory.isEmpty { return root }
        do throws(SyscallError) {
            return try root.resolve(subdirectory, [.read, .directory])
        } catch {
            throw EngineError(.notFound, "the directory \(quoted(subdirectory)) of the repository: \(error.code)")
        }
    }

    private func dockerfile(in tree: SourceTree) throws -> (text: String, name: String) {
        if let text = request.dockerfileText { return (text, request.dockerfile ?? "Dockerfile") }
        if let name = request.dockerfile {
            // With a directory as context, the name counts from where the user stands, and may lie elsewhere.
            if case .directory(let context) = request.context {
                for path in [name, "\(context)/\(name)"] {
                    if let bytes = try Self.bytes(ofFile: path) {
                        return (String(decoding: bytes, as: UTF8.self), name)
                    }
                }
            } else if let text = try tree.text(SourceTree.normalized(name)) {
                return (text, name)
            }
            throw EngineError(.notFound, "there is no \(quoted(name)) to build from")
        }
        for name in ["Dockerfile", "dockerfile", "Containerfile"] {
            if let text = try tree.text(name) { return (text, name) }
        }
        throw EngineError(.notFound, "there is no Dockerfile in \(tree.name): -f names another file")
    }

    /// A file of the host's that the user has named; `nil` if there is none.
    private static func bytes(ofFile path: String) throws(EngineError) -> [UInt8]? {
        do {
            return try readNamedFile(path, limit: BuildFile.sizeLimit)
        } catch {
            if error.code == .noSuchFile || error.code == .notDirectory { return nil }
            throw EngineError(.invalidInput, "\(error)")
        }
    }

    /// `NAME.dockerignore` beside the Dockerfile goes before `.dockerignore`.
    private func ignoreRules(in tree: SourceTree, besides name: String?) throws -> IgnoreRules {
        var candidates = [".dockerignore", ".containerignore"]
        if let name {
            let own = "\(name).dockerignore"
            if case .directory(let context) = request.context, request.dockerfile != nil {
                for path in [own, "\(context)/\(own)"] {
                    if let bytes = try Self.bytes(ofFile: path) {
                        return try rules(String(decoding: bytes, as: UTF8.self), own)
                    }
                }
            }
            candidates.insert(SourceTree.normalized(own), at: 0)
        }
        for name in candidates {
            if let text = try tree.text(name) { return try rules(text, name) }
        }
        return IgnoreRules()
    }

    private func rules(_ text: String, _ name: String) throws -> IgnoreRules {
        do {
            return try IgnoreRules(parsing: text)
        } catch {
            throw EngineError(.invalidInput, "\(name): \(error.description)")
        }
    }
}
