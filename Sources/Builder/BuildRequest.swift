public import Engine
public import OCISpec

/// What is to be built, from what, and what becomes of it.
public struct BuildRequest: Sendable {
    /// Where the files come from that `COPY` and `ADD` take.
    public enum Context: Sendable, Equatable {
        /// Nothing.
        case empty
        /// A directory of the host's.
        case directory(String)
        /// A tar archive, packed with anything, on a descriptor of this process that stays open.
        case archive(descriptor: Int32)
        case git(GitSource)
    }

    /// A file with a value that a step may see and nobody else.
    public struct Secret: Sendable {
        public var id: String
        public var bytes: [UInt8]

        public init(id: String, bytes: [UInt8]) {
            self.id = id
            self.bytes = bytes
        }
    }

    /// What becomes of the result beside the store, or in its place.
    public enum Destination: Sendable, Equatable {
        /// The files, in a directory.
        case local(String)
        /// The files as an archive; `nil` is standard output.
        case tar(String?)
        /// The image as an archive or, with `unpacked`, as a layout in a directory.
        case image(String?)
    }

    /// Where results are kept for builds elsewhere.
    public enum CachePlace: Sendable, Equatable {
        case directory(String)
        case registry(ImageReference)
    }

    public var context = Context.directory(".")
    /// A path: in the context, or on the host if the context is a directory there. `nil` is `Dockerfile` in the context.
    public var dockerfile: String?
    /// The Dockerfile itself, if it did not come from a file.
    public var dockerfileText: String?
    public var tags: [ImageReference] = []
    public var target: String?
    /// `--build-arg`.
    public var arguments: [String: String] = [:]
    public var labels: [(name: String, value: String)] = []
    public var usesCache = true
    /// Stages that are built anew.
    public var uncachedStages: Set<String> = []
    public var pull = PullPolicy.missing
    public var platform: String?
    /// Network, limits and privileges of each `RUN`.
    public var host = HostConfiguration()
    public var addedHosts: [(name: String, address: String)] = []
    public var secrets: [Secret] = []
    /// Paths of agents' sockets by their id.
    public var agents: [String: String] = [:]
    /// `security.insecure`, `network.host`.
    public var allowed: Set<String> = []
    /// Other directories and images that `--from` may name.
    public var namedContexts: [String: String] = [:]
    /// Seconds since 1970: the time of everything that the build makes.
    public var epoch: Int64?
    public var destination: Destination?
    /// Whether the image is kept in the store.
    public var isKept = true
    public var squashes = false
    /// Caches of other builds, the first one that has a result counts.
    public var cacheSources: [CachePlace] = []
    /// Where this build's results go for other builds.
    public var cacheDestination: CachePlace?
    /// The image says of which steps its layers came, so that it can be a cache itself.
    public var cachesInline = false
    /// Of the manifest.
    public var annotations: [(name: String, value: String)] = []
    /// Only results that are in the target go there; otherwise those of all stages.
    public var cachesTargetOnly = false
    /// A cache that cannot be left there is a warning.
    public var ignoresCacheErrors = false
    /// Says for each step why it was not in the cache.
    public var explains = false
    /// Bytes that the cache may take after the build; `nil` is any number.
    public var cacheLimit: Int64? = 20 << 30

    public init() {}
}

/// What a build came to.
public struct BuildResult: Sendable {
    /// `sha256:…` of the config; `nil` if no image was kept.
    public let id: String?
    public let manifest: Digest?
    /// What checks advise against in the Dockerfile.
    public internal(set) var notices: [BuildNotice] = []
}

/// What a build tells of itself, on any thread.
public enum BuildEvent: Sendable {
    public struct Step: Sendable {
        /// From 1, in the order in which steps begin.
        public let number: Int
        /// Such as `builder 2/5`; empty for work that belongs to no stage.
        public let stage: String
        public let text: String
        /// Of the Dockerfile; 0 for work that stands in no line.
        public let line: Int
    }

    public enum Ending: Sendable, Equatable {
        case done
        /// The result was there already.
        case cached
        case failed(String)
    }

    case began(Step)
    case output(Step, [UInt8])
    case ended(Step, Ending, seconds: Double)
    /// Why a step was not in the cache, or what it was found by.
    case explained(Step, String)
    case warning(String)
}

public typealias BuildEventHandler = @Sendable (BuildEvent) -> Void

/// A build that failed: the step, and the end of what it had put out.
public struct BuildFailure: Error, CustomStringConvertible, Sendable {
    public let kind: FailureKind
    public let problem: String
    /// The place in the Dockerfile with its line and a caret, ready to be shown; empty where there is none.
    public let place: String
    /// The last lines that the step has put out.
    public let output: String
    /// What the step's program ended with.
    public let exitCode: Int32?

    public var description: String { problem }

    init(
        _ kind: FailureKind, _ problem: String, place: String = "", output: String = "", exitCode: Int32? = nil
    ) {
        self.kind = kind
        self.problem = problem
        self.place = place
        self.output = output
        self.exitCode = exitCode
    }
}
