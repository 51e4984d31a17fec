public import OCISpec

/// What a store of layers cannot do, beyond what the kernel, the archive or its source refuse.
public enum LayerStoreError: Error, Equatable, CustomStringConvertible {
    /// The archive is another than the image says.
    case wrongDiffID(expected: Digest, found: Digest)
    /// A layer that is needed is not in the store.
    case missing(ChainID)
    /// The layers given do not lie on one another.
    case notAChain(ChainID)
    /// A layer's record cannot be read.
    case damaged(ChainID)
    /// More layers than one overlay can have.
    case tooManyLayers(Int)

    public var description: String {
        switch self {
        case .wrongDiffID(let expected, let found):
            "the layer is not what the image says: its digest is \(found) and not \(expected)"
        case .missing(let chain): "layer \(chain) is not in the store"
        case .notAChain(let chain): "layer \(chain) does not belong on the layer below it"
        case .damaged(let chain): "the record of layer \(chain) cannot be read"
        case .tooManyLayers(let count): "\(count) layers are more than an overlay can have"
        }
    }
}
