public import OCISpec

/// A layer as it lies in a store: what it is made from, and how much it is.
public struct UnpackedLayer: Equatable, Sendable {
    /// The digest of its unpacked archive.
    public let diffID: Digest
    /// Its name in the store.
    public let chainID: ChainID
    /// The layer below it; `nil` for the lowest.
    public let parent: ChainID?
    /// Bytes of the unpacked archive.
    public let size: UInt64
    /// Bytes in its files, holes not counted.
    public let fileBytes: UInt64
    /// Entries of the archive.
    public let entries: UInt64
    /// Nothing of the layers below is seen.
    public let hidesLowerLayers: Bool
    /// Extended attributes that were not carried over, with how often.
    public let droppedAttributes: [String: UInt64]
    /// Whether the archive had an end mark; one without may have been cut off between two files.
    public let endMarkSeen: Bool
}

extension UnpackedLayer {
    /// Reads the store's own record of a layer.
    init?(record bytes: [UInt8]) {
        guard case .object(let fields)? = try? JSONValue(parsing: bytes, sizeLimit: 1 << 20) else { return nil }
        func digest(_ name: String) -> Digest? {
            guard case .string(let text)? = fields[name] else { return nil }
            return try? Digest(text)
        }
        func number(_ value: JSONValue?) -> UInt64? {
            guard case .integer(let number)? = value else { return nil }
            return UInt64(exactly: number)
        }
        guard let diffID = digest("diffID"), let chainID = digest("chainID"), let size = number(fields["size"]),
            let fileBytes = number(fields["fileBytes"]), let entries = number(fields["entries"])
        else { return nil }
        self.diffID = diffID
        self.chainID = ChainID(chainID)
        self.size = size
        self.fileBytes = fileBytes
        self.entries = entries
        parent = digest("parent").map { ChainID($0) }
        hidesLowerLayers = fields["hidesLowerLayers"] == .bool(true)
        endMarkSeen = fields["endMarkSeen"] != .bool(false)
        var dropped: [String: UInt64] = [:]
        if case .object(let names)? = fields["droppedAttributes"] {
            for (name, count) in names { dropped[name] = number(count) }
        }
        droppedAttributes = dropped
    }

    /// The store's own record of the layer.
    var record: [UInt8] {
        var fields = JSONObject()
        fields["diffID"] = .string(diffID.text)
        fields["chainID"] = .string(chainID.digest.text)
        if let parent { fields["parent"] = .string(parent.digest.text) }
        fields["size"] = JSONValue(size)
        fields["fileBytes"] = JSONValue(fileBytes)
        fields["entries"] = JSONValue(entries)
        if hidesLowerLayers { fields["hidesLowerLayers"] = true }
        if !endMarkSeen { fields["endMarkSeen"] = false }
        if !droppedAttributes.isEmpty {
            var names = JSONObject()
            for (name, count) in droppedAttributes.sorted(by: { $0.key < $1.key }) { names[name] = JSONValue(count) }
            fields["droppedAttributes"] = .object(names)
        }
        return JSONValue.object(fields).bytes()
    }
}
