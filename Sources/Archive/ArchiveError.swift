/// An archive that breaks its format or goes beyond a limit: what, where in it, and at which entry.
public struct ArchiveError: Error, Equatable, CustomStringConvertible {
    /// What is wrong.
    public let reason: Reason
    /// The name of the entry as the archive has it, where one was known.
    public let entry: [UInt8]?
    /// Bytes of the unpacked stream before the place, where that is known.
    public let offset: UInt64?

    /// What is wrong.
    public enum Reason: Equatable, Sendable {
        /// The archive ends inside of a header, an entry's data or its padding.
        case truncated
        /// A header's checksum is wrong: this is no tar archive, or it is damaged.
        case badHeader
        /// A single block of zeros is followed by something else.
        case badEndMark
        /// A number in a header field is not one, or out of the range that it can have.
        case badNumber(field: String)
        /// A PAX extended header breaks its format.
        case badExtendedHeader(String)
        /// The map of a sparse file is not in order or goes beyond the file.
        case badSparseMap
        /// A name or link target is empty or holds a zero byte, which no file's name can.
        case badName
        /// A kind of entry that cannot be unpacked, by tar's letter.
        case unsupportedType(UInt8)
        /// An access control list that cannot be read or names users that only its origin knows.
        case badAccessControlList
        /// A limit that the caller set.
        case limit(ArchiveLimits.Kind, UInt64)

        // Of unpacking:

        /// The name leads out of the tree by `..`.
        case outside
        /// The root of the archive is something else than a directory.
        case rootNotDirectory
        /// A name that stands for a deleted file stands in a place where it has no meaning.
        case badWhiteout
        /// A directory on the way is something else.
        case parentNotDirectory
        /// A hard link's target is not there, or is a directory.
        case badHardLink
        /// A device node where the caller permits none.
        case deviceNotPermitted
        /// The user or group id is the one that stands for "none" (4294967295).
        case badOwner
    }

    init(_ reason: Reason, entry: [UInt8]? = nil, offset: UInt64? = nil) {
        self.reason = reason
        self.entry = entry
        self.offset = offset
    }

    /// One line, such as `archive entry usr/bin/x: leads out of the tree`.
    public var description: String {
        var text = "archive"
        if let entry { text += " entry \(displayName(entry))" }
        if let offset { text += " at byte \(offset)" }
        return text + ": \(reason.words)"
    }
}

extension ArchiveError.Reason {
    var words: String {
        switch self {
        case .truncated: "it ends too early"
        case .badHeader: "no valid tar header (not a tar archive, or damaged)"
        case .badEndMark: "data follows half an end mark"
        case .badNumber(let field): "the field \(field) holds no valid number"
        case .badExtendedHeader(let what): "invalid extended header: \(what)"
        case .badSparseMap: "invalid map of a sparse file"
        case .badName: "the name or link target is empty or holds a zero byte"
        case .unsupportedType(let type): "entries of type \(displayName([type])) cannot be unpacked"
        case .badAccessControlList: "the access control list cannot be read, or has names without ids"
        case .limit(let kind, let value): "more than \(value) \(kind.words)"
        case .outside: "leads out of the tree"
        case .rootNotDirectory: "the root is not a directory"
        case .badWhiteout: "a mark for a deleted file without a valid name"
        case .parentNotDirectory: "a part of its path is not a directory"
        case .badHardLink: "the target of the hard link is not in the archive, or is a directory"
        case .deviceNotPermitted: "device nodes are not permitted here"
        case .badOwner: "4294967295 is not a user or group"
        }
    }
}

/// A name for people: what is not printable or not UTF-8 is escaped, and a long one is cut in the middle.
package func displayName(_ bytes: [UInt8]) -> String {
    let shown = bytes.count > 300 ? Array(bytes.prefix(140)) + Array("...".utf8) + Array(bytes.suffix(140)) : bytes
    var text = ""
    for scalar in String(decoding: shown, as: UTF8.self).unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
            text += "\\u{\(String(scalar.value, radix: 16))}"
        default: text.unicodeScalars.append(scalar)
        }
    }
    return text.isEmpty ? "\"\"" : text
}
