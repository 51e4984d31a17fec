internal import Archive
internal import LinuxKernel

extension LayerStore {
    /// Whether layers, mounted on one another, show a directory of this path; `nil` where only a mount tells.
    ///
    /// - Parameters:
    ///   - path: Its parts, joined by `/`. No link is followed: where one is, a mount tells.
    ///   - chain: From the lowest layer to the highest.
    public func hasDirectory(_ path: String, in chain: [ChainID]) throws -> Bool? {
        let parts = path.utf8.split(separator: UInt8(ascii: "/")).map { $0.map { CChar(bitPattern: $0) } + [0] }
        for id in chain.reversed() {
            switch try Self.look(for: parts, below: treePath(of: id)) {
            case .directory: return true
            case .missing: return false
            case .somethingElse: return nil
            case .nothing: break
            }
            guard let layer = try layer(id) else { return nil }
            if layer.hidesLowerLayers { return false }
        }
        return false
    }

    private enum Finding {
        case directory
        /// There is none, whatever other layers say.
        case missing
        case somethingElse
        /// The layer does not speak of it.
        case nothing
    }

    private static func look(for parts: [[CChar]], below path: String) throws(SyscallError) -> Finding {
        var directory: TreeDirectory
        do throws(SyscallError) {
            directory = TreeDirectory(try OwnedDescriptor(open: path, [.read, .directory, .noFollow]))
        } catch {
            // Lost, or removed by somebody.
            if error.code == .noSuchFile { return .somethingElse }
            throw error
        }
        for part in parts {
            switch try child(part, of: directory) {
            case .directory(let next): directory = next
            case .other(let finding): return finding
            }
            // Of a directory that was renamed, the layers below have the rest under another name.
            for name in ["trusted.overlay.redirect", "user.overlay.redirect"] {
                if try directory.descriptor.attribute(name) != nil { return .somethingElse }
            }
        }
        return .directory
    }

    private enum Child: ~Copyable {
        case directory(TreeDirectory)
        case other(Finding)
    }

    private static func child(
        _ name: [CChar], of directory: borrowing TreeDirectory
    ) throws(SyscallError) -> Child {
        do throws(SyscallError) {
            return .directory(try directory.openDirectory(name))
        } catch {
            switch error.code {
            case .noSuchFile: return .other(try directory.hidesLowerLayers() ? .missing : .nothing)
            // A file, a link, or the mark of something deleted.
            case .notDirectory, .tooManyLinks: return .other(.somethingElse)
            default: throw error
            }
        }
    }
}
