internal import Archive
public import LinuxKernel

extension Engine {
    /// Writes the files of a volume as a tar archive.
    ///
    /// - Parameter output: Open for writing; it is taken over.
    /// - Throws: `EngineError`: `notFound`; what reading and writing throw.
    public func exportVolume(_ name: String, to output: consuming OwnedDescriptor) throws(EngineError) {
        guard let volume = try store.volume(name) else { throw .noSuchVolume(name) }
        do {
            let data = try openFiles(of: volume)
            try Archive.TarWriter(DescriptorSink(output)).writeAll(TreeReader(data))
        } catch {
            throw .wrapping(error, while: "export volume \(name)")
        }
    }

    /// Unpacks a tar archive, compressed or not, into a volume, which is made if it is not there. What is in it stays, but for
    /// files of the same names.
    ///
    /// - Throws: `EngineError`: `conflict` while a container that runs has it.
    public func importVolume(_ name: String, from input: consuming OwnedDescriptor) throws(EngineError) {
        let volume = try VolumeName(name)
        for user in try store.volumeUsers()[name] ?? [] {
            guard let record = Identifier(user).flatMap({ try? store.container($0) }) else { continue }
            if try observe(record).isActive {
                throw EngineError(.conflict, "volume \(name) is in use by container \(record.name), which is running")
            }
        }
        let isNew = try store.volume(volume.text) == nil
        _ = try createVolume(volume.text)
        guard let record = try store.volume(volume.text) else { throw .noSuchVolume(name) }
        do {
            let data = try openFiles(of: record)
            let archive = TarReader(try DecompressedSource(DescriptorSource(input)))
            _ = try Extractor(into: data, options: ExtractionOptions()).extract(archive)
        } catch {
            // A part of it must not pass for the whole. The first error is the one to tell.
            if isNew { try? removeVolume(name) }
            throw .wrapping(error, while: "import into volume \(name)")
        }
    }
}
