/// How far a layer, or what else is on its way, has come.
public struct ImageProgress: Equatable, Sendable {
    /// Docker's words.
    public enum Status: String, Sendable {
        case waiting = "Pulling fs layer"
        case downloading = "Downloading"
        case downloaded = "Download complete"
        case unpacking = "Extracting"
        case pulled = "Pull complete"
        case present = "Already exists"
        case preparing = "Preparing"
        case pushing = "Pushing"
        case pushed = "Pushed"
        case presentThere = "Layer already exists"
        case mounted = "Mounted"

        /// Whether it goes on for a while and tells of each part of it.
        public var isContinuous: Bool { [.downloading, .unpacking, .pushing].contains(self) }

        /// Whether no more comes.
        public var isFinal: Bool { [.pulled, .present, .pushed, .presentThere, .mounted].contains(self) }
    }

    /// The first digits of the blob's digest.
    public let id: String
    public let status: Status
    /// Bytes that are there or were sent.
    public let current: UInt64
    /// Bytes that there will be; `nil` where that says nothing.
    public let total: UInt64?
}

/// Told what happens, on any thread.
public typealias ImageProgressHandler = @Sendable (ImageProgress) -> Void
