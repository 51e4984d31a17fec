extension ImageConfig {
    /// The document as Brig writes it: the same values always give the same bytes.
    public var documentBytes: [UInt8] { json.bytes() }
}

extension ImageManifest {
    /// The document as Brig writes it: the same values always give the same bytes.
    public var documentBytes: [UInt8] { json.bytes() }
}

extension ImageIndex {
    /// The document as Brig writes it: the same values always give the same bytes.
    public var documentBytes: [UInt8] { json.bytes() }
}
