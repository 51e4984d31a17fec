internal import LinuxKernel
internal import OCISpec

/// Docker's `config.json`, or the `auth.json` of Podman and Skopeo, which has the same form.
///
/// What Brig does not know in it stays as it is.
struct CredentialFile {
    let path: String
    private(set) var document: JSONObject

    /// In bytes.
    private static let limit = 1 << 20

    /// An empty document if there is no file.
    ///
    /// - Throws: ``RegistryError`` of kind `invalidInput`. Nothing of the content is in its text.
    init(path: String) throws(RegistryError) {
        self.path = path
        let bytes: [UInt8]
        do {
            bytes = try readFile(path, limit: Self.limit)
        } catch  where error.code == .noSuchFile || error.code == .notDirectory {
            document = JSONObject()
            return
        } catch {
            throw RegistryError(.invalidInput, host: "", "cannot read \(path): \(error.code)")
        }
        // Only where the fault is, not what is there: it may be half a password.
        guard let json = try? JSONValue(parsing: bytes, sizeLimit: Self.limit) else {
            if bytes.allSatisfy({ [0x20, 0x0A, 0x0D, 0x09].contains($0) }) {
                document = JSONObject()
                return
            }
            throw RegistryError(.invalidInput, host: "", "\(path) is not JSON")
        }
        guard case .object(let object) = json else {
            throw RegistryError(.invalidInput, host: "", "\(path) is not a JSON object")
        }
        document = object
    }

    /// The name of the helper for a server, if there is one: `secretservice` of `docker-credential-secretservice`.
    func helper(for server: String) -> String? {
        if case .object(let helpers)? = document["credHelpers"] {
            for (key, value) in helpers where Self.server(key) == server {
                if case .string(let name) = value, !name.isEmpty { return name }
            }
        }
        guard case .string(let name)? = document["credsStore"], !name.isEmpty else { return nil }
        return name
    }

    /// - Throws: If there is an entry that is none.
    func credential(for server: String) throws(RegistryError) -> Credential? {
        guard case .object(let auths)? = document["auths"] else { return nil }
        let entries = auths.filter { Self.server($0.key) == server }
        for (_, value) in entries {
            guard case .object(let entry) = value else { continue }
            func text(_ name: String) -> String {
                if case .string(let text)? = entry[name] { return text }
                return ""
            }
            // What a log-in leaves that a helper keeps: an empty entry.
            if text("identitytoken").isEmpty, text("auth").isEmpty, text("password").isEmpty { continue }
            if let credential = Self.credential(
                token: text("identitytoken"), auth: text("auth"), user: text("username"), password: text("password"))
            {
                return credential
            }
            throw RegistryError(
                .invalidInput, host: "", "the entry for \(server) in \(path) is damaged",
                advice: "log in again: brig login \(server)")
        }
        return nil
    }

    private static func credential(token: String, auth: String, user: String, password: String) -> Credential? {
        var (user, password) = (user, password)
        if !auth.isEmpty {
            guard let bytes = Base64(text: auth)?.bytes, let text = String(validating: bytes, as: UTF8.self),
                let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
            else { return nil }
            user = String(text[..<colon])
            // Docker pads with zeros.
            password = String(text[text.index(after: colon)...].prefix { $0 != "\0" })
        }
        if !token.isEmpty { return Credential(user: user, identityToken: token) }
        return Credential(user: user, password: password)
    }

    /// Which server a key means: a host, with or without `https://` and a path. Docker Hub has had several.
    static func server(_ key: String) -> String {
        var text = key.lowercased()
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) { text.removeFirst(scheme.count) }
        let host = String(text.prefix { $0 != "/" })
        let path = text.dropFirst(host.count)
        // A key with a path below a host is for a part of a registry; only Docker's old interfaces are all of it.
        guard ["", "/", "/v1", "/v1/", "/v2", "/v2/"].contains(path) else { return text }
        return ["index.docker.io", "registry-1.docker.io"].contains(host) ? ImageReference.defaultDomain : host
    }

    /// Docker's key for a server.
    static func key(_ server: String) -> String {
        server == ImageReference.defaultDomain ? "https://index.docker.io/v1/" : server
    }

    /// Sets or takes away the entry of a server, under whatever key it had.
    ///
    /// - Returns: Whether there was one.
    @discardableResult
    mutating func set(_ entry: JSONValue?, for server: String) -> Bool {
        var auths = JSONObject()
        if case .object(let old)? = document["auths"] { auths = old }
        let keys = auths.map(\.key).filter { Self.server($0) == server }
        for key in keys { auths[key] = nil }
        if let entry { auths[Self.key(server)] = entry }
        if entry != nil || !keys.isEmpty { document["auths"] = .object(auths) }
        return !keys.isEmpty
    }

    /// Writes the file anew, readable for its owner only, and puts it in the place of the old one in one step.
    func write() throws(RegistryError) {
        // A link to where a user keeps such files stays one.
        let target = Self.target(path)
        guard let slash = target.lastIndex(of: "/") else { return }
        let directory = slash == target.startIndex ? "/" : String(target[..<slash])
        let name = String(target[target.index(after: slash)...])
        do throws(SyscallError) {
            try Self.makeDirectories(directory)
            let folder = try OwnedDescriptor(open: directory, [.read, .directory])
            let temporary = ".\(name).\(CallerIdentity.pid).\(UInt32.random(in: 0 ... .max))"
            do throws(SyscallError) {
                let file = try folder.open(temporary, [.write, .create, .exclusive, .noFollow], mode: 0o600)
                try file.write(JSONValue.object(document).text(.indented("\t")) + "\n")
                try file.synchronize()
                try file.close()
                try folder.rename(temporary, to: name)
            } catch {
                // The first error is the one to report.
                try? folder.removeFile(temporary)
                throw error
            }
        } catch {
            throw RegistryError(.invalidInput, host: "", "cannot write \(path): \(error.code)")
        }
    }

    private static func target(_ path: String) -> String {
        guard let link = try? readSymbolicLink(path) else { return path }
        if link.hasPrefix("/") { return link }
        return String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]) + link
    }

    /// Makes a directory and those above it, for their owner only.
    private static func makeDirectories(_ path: String) throws(SyscallError) {
        do throws(SyscallError) {
            _ = try OwnedDescriptor(open: path, [.pathOnly, .directory])
        } catch  where error.code == .noSuchFile {
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { throw error }
            let parent = String(path[..<slash])
            try makeDirectories(parent)
            let above = try OwnedDescriptor(open: parent, [.read, .directory])
            try above.makeDirectory(String(path[path.index(after: slash)...]), mode: 0o700)
        }
    }
}
