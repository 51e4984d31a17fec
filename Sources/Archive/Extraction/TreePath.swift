/// The place of an entry in a tree: what an archive's name means, taken apart into a directory and a name in it.
///
/// Absolute names count from the tree's root, as Docker has it. A `..` takes away the part before it, also as Docker has
/// it; one that would lead out of the tree is refused. So the parts are never empty, `.` or `..`.
struct TreePath: Equatable {
    /// The parts joined by `/`; empty for the root.
    let bytes: [UInt8]
    /// The last part, as the kernel takes it; empty for the root.
    let name: [CChar]
    /// The directory, as the kernel takes it: `.` if it is the root.
    let parentName: [CChar]

    /// - Throws: `.outside`, `.badName`.
    init(_ archived: [UInt8]) throws(ArchiveError) {
        guard !archived.contains(0) else { throw ArchiveError(.badName, entry: archived) }
        // Mostly a name is as it should be.
        var bytes = archived
        while bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        if !Self.isPlain(bytes) {
            var parts: [ArraySlice<UInt8>] = []
            for part in archived.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
                guard part.elementsEqual("..".utf8) else {
                    parts.append(part)
                    continue
                }
                guard parts.popLast() != nil else { throw ArchiveError(.outside, entry: archived) }
            }
            bytes = Array(parts.joined(separator: [UInt8(ascii: "/")]))
        }
        self.init(plain: bytes)
    }

    private init(plain bytes: [UInt8]) {
        self.bytes = bytes
        let slash = bytes.lastIndex(of: UInt8(ascii: "/"))
        name = bytes[(slash.map { $0 + 1 } ?? 0)...].zeroTerminated
        parentName = slash.map { bytes[..<$0].zeroTerminated } ?? [0x2e, 0]
    }

    /// Whether there is no empty part, `.` or `..` in it.
    private static func isPlain(_ bytes: [UInt8]) -> Bool {
        var partLength = 0
        var dots = 0
        for byte in bytes {
            if byte == UInt8(ascii: "/") {
                if partLength == dots, partLength <= 2 { return false }
                (partLength, dots) = (0, 0)
            } else {
                partLength += 1
                if byte == UInt8(ascii: ".") { dots += 1 }
            }
        }
        return !(partLength == dots && partLength <= 2)
    }

    var isRoot: Bool { bytes.isEmpty }

    /// The directory's parts joined by `/`; empty if it is the root.
    var parent: ArraySlice<UInt8> { bytes.prefix(max(0, bytes.count - name.count)) }

    /// The last part; empty for the root.
    var nameBytes: ArraySlice<UInt8> { bytes.suffix(name.count - 1) }

    /// All parts.
    var parts: [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "/")) }

    /// The same directory with another name in it, which is one part.
    func sibling(_ name: ArraySlice<UInt8>) -> TreePath {
        TreePath(plain: parent.isEmpty ? Array(name) : Array(parent) + [UInt8(ascii: "/")] + name)
    }

    /// The tree's root.
    static let root = TreePath(plain: [])

    /// A name in this directory, which is one part.
    func appending(_ name: ArraySlice<UInt8>) -> TreePath {
        TreePath(plain: bytes.isEmpty ? Array(name) : bytes + [UInt8(ascii: "/")] + name)
    }

    /// The path of the directory.
    var parentPath: TreePath { TreePath(plain: Array(parent)) }
}

extension Collection<UInt8> {
    /// As the kernel takes names.
    var zeroTerminated: [CChar] {
        var name: [CChar] = []
        name.reserveCapacity(count + 1)
        for byte in self { name.append(CChar(bitPattern: byte)) }
        name.append(0)
        return name
    }
}
