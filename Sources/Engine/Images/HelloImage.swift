internal import Archive
internal import LinuxKernel
internal import OCISpec

/// The image that Brig carries within itself: `brig run hello` needs no network, registry or import.
///
/// Its only program is `brig-runtime`'s own static executable, which tells what a container sees of itself when it is
/// called `hello`.
enum HelloImage {
    static let name = "hello"

    static func isMeant(by text: String) -> Bool { text == name || text == "\(name):latest" }

    /// The root file system as an archive.
    static func archive(program: [UInt8]) -> [UInt8] {
        var tar = SmallTarWriter()
        for directory in ["etc", "tmp", "proc", "sys", "dev"] {
            tar.addDirectory(directory, mode: directory == "tmp" ? 0o1777 : 0o755)
        }
        tar.addFile("etc/passwd", mode: 0o644, Array("root:x:0:0:root:/:/hello\nnobody:x:65534:65534::/:\n".utf8))
        tar.addFile("etc/group", mode: 0o644, Array("root:x:0:\nnobody:x:65534:\n".utf8))
        tar.addFile("hello", mode: 0o755, program)
        tar.finish()
        return tar.bytes
    }

    static var configuration: ImageConfiguration {
        var configuration = ImageConfiguration()
        configuration.cmd = ["/hello"]
        return configuration
    }
}

extension Engine {
    /// Makes the embedded image unless it is there, and anew when `brig-runtime` is another one. An image of that name
    /// that the user has made stays.
    func prepareHelloImage() throws(EngineError) {
        do {
            let file = try OwnedDescriptor(open: runtime, .read)
            let status = try file.status()
            let stamp = "\(runtime) \(status.device) \(status.inode) \(status.size)"
            if let present = try presentHelloImage(), present.madeFrom.isEmpty || present.madeFrom == stamp { return }
            let archive = HelloImage.archive(program: try file.readAll(limit: 256 << 20))
            _ = try addImage(
                MemorySource(archive), HelloImage.configuration, try ImageReference(HelloImage.name),
                comment: "Made from brig-runtime", madeFrom: stamp)
        } catch {
            throw .wrapping(error, while: "make the image \(HelloImage.name)")
        }
    }

    private func presentHelloImage() throws(EngineError) -> ImageRecord? {
        do { return try store.image(HelloImage.name) } catch  where error.kind == .notFound { return nil }
    }
}
