package import ComposeFile
package import Engine
internal import LinuxKernel
internal import OCISpec

/// Configs and secrets that come from text or a variable, or have an owner of their own: files that are bind-mounted.
package enum GrantFile {
    /// Where such a file lies: the name tells everything that its owner and mode say, so that it is written once.
    package static func path(_ kind: String, _ grant: Service.Grant, in directory: String) -> String {
        let traits = "\(grant.uid ?? ""):\(grant.gid ?? ""):\(grant.mode ?? "")"
        let mark = SHA256Hash.digest(of: "\(grant.source)\u{0}\(traits)".utf8).hex.prefix(16)
        return "\(directory)/\(kind)-\(mark)"
    }

    /// Writes the files that a service needs, closed to everybody but those that the container's root lets in.
    ///
    /// - Parameter directory: Is there.
    /// - Throws: `EngineError`.
    package static func write(_ project: Project, _ service: Service, in directory: String) throws(EngineError) {
        for (grants, objects, kind) in [
            (service.configs, project.configs, "configs"), (service.secrets, project.secrets, "secrets"),
        ] {
            for grant in grants {
                guard let object = objects[grant.source] else { continue }
                do {
                    let text: [UInt8]
                    switch object.content {
                    case .external: continue
                    case .unset(let variable):
                        throw EngineError(
                            .invalidInput,
                            "\(object.mark): \(kind).\(grant.source).environment: the variable \(variable) is not set")
                    case .file(let path):
                        guard grant.changesFile else {
                            _ = try OwnedDescriptor(open: path, .pathOnly)
                            continue
                        }
                        text = try readNamedFile(path, limit: 16 << 20)
                    case .text(let content): text = Array(content.utf8)
                    }
                    try write(text, to: path(kind, grant, in: directory), grant)
                } catch let error as EngineError {
                    throw error
                } catch let error as SyscallError {
                    throw EngineError(.invalidInput, "\(object.mark): \(kind).\(grant.source): \(error)")
                } catch let error as NamedFileError {
                    throw EngineError(.invalidInput, "\(object.mark): \(kind).\(grant.source): \(error)")
                } catch {
                    throw EngineError(.fault, "\(kind).\(grant.source): \(error)")
                }
            }
        }
    }

    private static func write(_ text: [UInt8], to path: String, _ grant: Service.Grant) throws {
        let mode = grant.mode.flatMap { UInt32($0, radix: 8) } ?? 0o444
        guard let user = UInt32(grant.uid ?? "0"), let group = UInt32(grant.gid ?? "0") else {
            throw EngineError(.invalidInput, "\(grant.source): uid and gid must be numbers")
        }
        // Written in place: a container that has it mounted sees the new text, as it would of the file itself.
        let file = try OwnedDescriptor(open: path, [.write, .create, .noFollow], mode: 0o600)
        try file.truncate(to: 0)
        try file.write(text)
        try file.setOwner(uid: user, gid: group)
        try file.setPermissions(mode)
    }
}
