package import LinuxKernel

/// A directory of a tree that is walked, with the names that are still to come. What is gone meanwhile is `nil`.
final class OpenTree {
    private let directory: TreeDirectory
    /// Empty for the root, and else with a `/` at the end.
    let path: [UInt8]
    private var names: [[CChar]]

    init(_ directory: consuming TreeDirectory, path: [UInt8]) throws(SyscallError) {
        names = try directory.names().reversed().map(\.name)
        self.directory = directory
        self.path = path
    }

    func nextName() -> [CChar]? { names.popLast() }

    func stamped(_ name: [CChar]) throws(SyscallError) -> (status: FileStatus, stamp: FileStamp)? {
        do throws(SyscallError) {
            return try directory.stamped(name)
        } catch  where error.code == .noSuchFile {
            return nil
        }
    }

    func openDirectory(_ name: [CChar]) throws(SyscallError) -> TreeDirectory? {
        do throws(SyscallError) {
            return try directory.openDirectory(name)
        } catch {
            // Replaced by something else since it was looked at.
            if [.noSuchFile, .notDirectory, .tooManyLinks].contains(error.code) { return nil }
            throw error
        }
    }

    func linkTarget(_ name: [CChar]) throws(SyscallError) -> [UInt8]? {
        do throws(SyscallError) {
            return try directory.readLink(name)
        } catch  where error.code == .noSuchFile || error.code == .invalidArgument {
            return nil
        }
    }

    func openContent(_ name: [CChar], keepsHoles: Bool) throws(SyscallError) -> FileContent? {
        do throws(SyscallError) {
            return try FileContent(directory.openFile(name), keepsHoles: keepsHoles)
        } catch {
            if [.noSuchFile, .invalidArgument, .tooManyLinks, .again].contains(error.code) { return nil }
            throw error
        }
    }
}

/// The content of a file, as long as it was when it was opened: what it loses meanwhile is read as zeros.
final class FileContent {
    private let file: OwnedDescriptor
    let size: UInt64
    /// Where it has data; `nil` if it is to be read whole.
    let map: [ArchiveEntry.Extent]?
    private var left: [ArchiveEntry.Extent]
    private let buffer: UnsafeMutableRawBufferPointer

    init(_ file: consuming OwnedDescriptor, keepsHoles: Bool) throws(SyscallError) {
        let length = UInt64(clamping: try file.status().size)
        size = length
        map = keepsHoles ? try file.dataExtents(size: length) : nil
        left = map?.reversed() ?? [ArchiveEntry.Extent(offset: 0, length: length)]
        self.file = file
        buffer = .allocate(byteCount: 131_072, alignment: 4096)
    }

    deinit { buffer.deallocate() }

    func status() throws(SyscallError) -> FileStatus { try file.status() }
    func settledStamp() throws(SyscallError) -> FileStamp? { try file.settledStamp() }
    func modified() throws(SyscallError) -> FileTime { try file.times().modified }
    func attributes() throws(SyscallError) -> [ExtendedAttribute] { try file.attributesToKeep() }

    func next() throws(SyscallError) -> FileChunk? {
        while let piece = left.last, piece.length == 0 { left.removeLast() }
        guard let piece = left.last else { return nil }
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(clamping: piece.length)))
        var got = try file.read(into: room, at: piece.offset)
        if got == 0 {
            room.initializeMemory(as: UInt8.self, repeating: 0)
            got = room.count
        }
        left[left.count - 1] = ArchiveEntry.Extent(
            offset: piece.offset + UInt64(got), length: piece.length - UInt64(got))
        return FileChunk(offset: piece.offset, bytes: UnsafeRawBufferPointer(rebasing: room.prefix(got)))
    }
}

extension OwnedDescriptor {
    /// The attributes that an archive carries.
    package borrowing func attributesToKeep() throws(SyscallError) -> [ExtendedAttribute] {
        var attributes: [ExtendedAttribute] = []
        for name in try attributeNames() where Extractor.carriesOver(name) {
            // One that is gone by now is not there.
            guard let value = try attribute(name.zeroTerminated) else { continue }
            attributes.append(ExtendedAttribute(name: name, value: value))
        }
        return attributes.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    /// Where the file has data, if it has holes worth a word.
    borrowing func dataExtents(size: UInt64) throws(SyscallError) -> [ArchiveEntry.Extent]? {
        var extents: [ArchiveEntry.Extent] = []
        var position: UInt64 = 0
        while position < size, let data = try nextData(from: position), data < size {
            let hole = min(try nextHole(from: data), size)
            guard hole > data else { break }
            extents.append(ArchiveEntry.Extent(offset: data, length: hole - data))
            position = hole
        }
        let isWhole = extents.count == 1 && extents[0] == ArchiveEntry.Extent(offset: 0, length: size)
        return isWhole || size == 0 ? nil : extents
    }
}

extension TreeDirectory {
    /// Whether the overlay's mark says that nothing of the layers below shows here.
    package borrowing func hidesLowerLayers() throws(SyscallError) -> Bool {
        for name in ["trusted.overlay.opaque", "user.overlay.opaque"] {
            if try descriptor.attribute(name) == [UInt8(ascii: "y")] { return true }
        }
        return false
    }
}
