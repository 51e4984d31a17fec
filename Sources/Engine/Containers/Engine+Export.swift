internal import Archive
public import LinuxKernel

extension Engine {
    /// Writes the files of a container as a tar archive, whether it runs or not. What it changes meanwhile is there or not.
    ///
    /// - Parameter output: Open for writing; it is taken over.
    public func export(_ reference: String, to output: consuming OwnedDescriptor) throws(EngineError) {
        let record = try store.container(reference)
        do {
            let archive = Archive.TarWriter(DescriptorSink(output))
            try withRoot(of: record) { try archive.writeAll(TreeReader($0)) }
            self.record("export", record)
        } catch {
            throw .wrapping(error, while: "export container \(record.name)")
        }
    }

    /// Looks at the files of a container, whether it runs or not.
    ///
    /// - Parameter body: Gets the container's root directory, which the container can change.
    public func withFiles<Value>(
        of reference: String, _ body: (borrowing OwnedDescriptor) throws -> Value
    ) throws(EngineError) -> Value {
        let record = try store.container(reference)
        do {
            var value: Value?
            try withRoot(of: record) { value = try body($0) }
            guard let value else { throw EngineError(.fault, "the files were not looked at") }
            return value
        } catch {
            throw .wrapping(error, while: "look at the files of container \(record.name)")
        }
    }

    /// Runs `body` on a container's root file system: of one that runs, on a copy of its mount, so that it can end
    /// meanwhile; else under its lock, mounted for that time.
    func withRoot(
        of record: ContainerRecord, _ body: (consuming OwnedDescriptor) throws -> Void
    ) throws {
        if try observe(record).isActive {
            let root = try OwnedDescriptor(open: locations.container(record.id).rootfs, [.pathOnly, .directory])
            let tree = try DetachedMount.copy(of: root, recursive: false, subject: "the files of \(record.name)")
            return try body(try tree.root.open(".", [.read, .directory]))
        }
        var failure: (any Error)?
        try withLock(on: record.id) { () throws(EngineError) in
            guard let current = try store.container(record.id), try !observe(current).isActive else {
                throw EngineError(.conflict, "container \(record.name) was started meanwhile: try again")
            }
            do {
                try HostDirectory.make(locations.container(record.id).run, mode: 0o700)
                try mountRoot(of: current)
                try body(try OwnedDescriptor(open: locations.container(record.id).rootfs, [.read, .directory]))
            } catch {
                failure = error
            }
            do {
                try unmountRoot(of: record.id)
                try HostDirectory.removeTree(locations.container(record.id).run)
            } catch {
                throw .wrapping(error, while: "unmount container \(record.name)")
            }
        }
        if let failure { throw failure }
    }
}
