internal import LayerStore
package import LinuxKernel

/// The files of some layers, mounted so that nobody can change them.
///
/// Unchecked: nothing of it changes until it goes away.
package final class BuildView: @unchecked Sendable {
    private let session: BuildSession
    private let path: String

    package init(_ session: BuildSession, of layers: [BuildLayer]) throws {
        try session.hold()
        self.session = session
        var generator = SystemRandomNumberGenerator()
        path = "\(session.runDirectory)/view-\(Identifier.random(using: &generator).short)"
        try HostDirectory.make(path, mode: 0o700)
        try session.engine.layerStore.mount(
            layers: ChainID.chain(of: layers.map(\.diffID)), at: path,
            // A step may run programs of another stage that is mounted there.
            attributes: [.readOnly, .noSetUID, .noDevices])
    }

    deinit {
        // What cannot be unmounted now is when the build ends.
        try? session.engine.layerStore.unmount(at: path)
    }

    /// The root, open for reading.
    package func open() throws(SyscallError) -> OwnedDescriptor {
        try OwnedDescriptor(open: path, [.read, .directory, .noFollow])
    }
}

extension BuildSession {
    /// Whether the files of some layers have a directory; `nil` where only a view tells.
    package func hasDirectory(_ path: String, in layers: [BuildLayer]) throws -> Bool? {
        try engine.layerStore.hasDirectory(path, in: ChainID.chain(of: layers.map(\.diffID)))
    }
}
