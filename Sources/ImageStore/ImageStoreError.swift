public import OCISpec

/// What is wrong with content, or cannot be done with it, beyond what the kernel refuses.
public enum ImageStoreError: Error, Equatable, CustomStringConvertible {
    /// The content is another than its name says.
    case wrongDigest(expected: Digest, found: Digest)
    /// There are more or fewer bytes than were announced.
    case wrongSize(of: Digest?, expected: UInt64, found: UInt64)
    /// The store does not have it.
    case missing(Digest)
    /// What has the name of a blob is no regular file.
    case notAFile(Digest)
    /// A document is larger than any of its kind.
    case tooLarge(Digest, limit: Int)
    /// A document that breaks its specification.
    case invalid(Digest, SpecError)
    /// A document that cannot be used as an image, and why.
    case notAnImage(Digest, String)
    /// An index without an image for the platform that was asked for.
    case noPlatform(PlatformRequest, available: [String])
    /// It was changed by somebody else while it was read.
    case changed(Digest?)

    public var description: String {
        switch self {
        case .wrongDigest(let expected, let found):
            "the content is not what its digest says: expected \(expected), found \(found)"
        case .wrongSize(let digest, let expected, let found):
            "\(digest.map { "blob \($0)" } ?? "the content") has \(found) bytes instead of \(expected)"
        case .missing(let digest): "blob \(digest) is not in the store"
        case .notAFile(let digest): "blob \(digest) is not a regular file"
        case .tooLarge(let digest, let limit): "document \(digest) has more than \(limit) bytes"
        case .invalid(let digest, let error): "document \(digest): \(error)"
        case .notAnImage(let digest, let why): "\(digest) is not an image that can be run: \(why)"
        case .noPlatform(let platform, let available):
            "there is no image for \(platform)"
                + (available.isEmpty ? "" : ", only for \(available.prefix(20).joined(separator: ", "))")
        case .changed(let digest): "\(digest.map { "blob \($0)" } ?? "the content") changed while it was read"
        }
    }
}
