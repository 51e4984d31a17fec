/// What one instruction asks for, with variables not yet replaced.
public indirect enum Instruction: Hashable, Sendable {
    case from(From)
    case run(Run)
    case copy(Copy)
    case add(Add)
    case cmd(CommandForm)
    case entrypoint(CommandForm)
    case env([Assignment])
    case arg([ArgumentDeclaration])
    case label([Assignment])
    case expose([String])
    case volume([String])
    case user(String)
    case workdir(String)
    case shell([String])
    case stopSignal(String)
    case healthcheck(Healthcheck)
    case onBuild(Step)
    case maintainer(String)

    /// The word that the instruction begins with.
    public var keyword: String {
        switch self {
        case .from: "FROM"
        case .run: "RUN"
        case .copy: "COPY"
        case .add: "ADD"
        case .cmd: "CMD"
        case .entrypoint: "ENTRYPOINT"
        case .env: "ENV"
        case .arg: "ARG"
        case .label: "LABEL"
        case .expose: "EXPOSE"
        case .volume: "VOLUME"
        case .user: "USER"
        case .workdir: "WORKDIR"
        case .shell: "SHELL"
        case .stopSignal: "STOPSIGNAL"
        case .healthcheck: "HEALTHCHECK"
        case .onBuild: "ONBUILD"
        case .maintainer: "MAINTAINER"
        }
    }
}

/// An instruction and where it stands.
public struct Step: Hashable, Sendable {
    public var instruction: Instruction
    public var position: SourcePosition
    public var lastLine: Int
    /// The instruction as written, with its lines joined.
    public var text: String
    /// The comments right above it.
    public var comments: [String] = []
    /// The last line of an instruction that has an empty one between its lines.
    public var emptyContinuation: Int?

    public init(_ instruction: Instruction, position: SourcePosition, lastLine: Int, text: String) {
        self.instruction = instruction
        self.position = position
        self.lastLine = lastLine
        self.text = text
    }
}

extension Step {
    /// The instruction with its here-documents: what an image keeps of an `ONBUILD`.
    public var textWithDocuments: String {
        let documents: [HereDocument] =
            switch instruction {
            case .run(let run): run.documents
            case .copy(let copy): copy.documents
            case .add(let add): add.copy.documents
            default: []
            }
        return text + documents.map { "\n\($0.content)\($0.name)" }.joined()
    }
}

/// `NAME=value`, the value with its quotes and variables.
public struct Assignment: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// `ARG NAME` or `ARG NAME=default`.
public struct ArgumentDeclaration: Hashable, Sendable {
    public var name: String
    public var defaultValue: String?
}

/// The two ways to write a command.
public enum CommandForm: Hashable, Sendable {
    /// For the shell that `SHELL` names.
    case shell(String)
    /// A JSON array.
    case exec([String])
}

public struct From: Hashable, Sendable {
    /// An image, an earlier stage, or `scratch`; with variables.
    public var base: String
    public var platform: String?
    public var name: String?
}

public struct Run: Hashable, Sendable {
    public enum Network: String, Hashable, Sendable, CaseIterable { case `default`, none, host }
    public enum Security: String, Hashable, Sendable, CaseIterable { case sandbox, insecure }

    public var command: CommandForm
    public var mounts: [RunMount]
    public var network: Network
    public var security: Security
    public var documents: [HereDocument]
}

/// `RUN --mount=…`.
public struct RunMount: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable { case bind, cache, tmpfs, secret, ssh }
    public enum Sharing: String, Hashable, Sendable, CaseIterable { case shared, `private`, locked }

    public var kind: Kind = .bind
    public var target: String?
    /// Of a bind or cache mount: the path in what it comes from.
    public var source: String?
    /// A stage, an image or a context; nil is the build context for a bind, and nothing for a cache.
    public var from: String?
    public var id: String?
    /// nil is the default of the kind.
    public var readOnly: Bool?
    public var sharing: Sharing = .shared
    public var required = false
    public var mode: UInt32?
    public var uid: UInt32?
    public var gid: UInt32?
    /// In bytes.
    public var size: UInt64?
    /// A secret as an environment variable of this name.
    public var environment: String?
    /// The fields as they are written, if one of them has to be known before it means something: `uid=$UID`.
    public var unresolved: String?

    public init() {}

    /// The fields of `--mount`, without variables.
    public init(parsing fields: String) throws(BuildFileError) {
        let parser = InstructionParser(LogicalLine(firstLine: 1), escape: .backslash)
        self = try parser.mount(fields, at: 0)
        unresolved = nil
    }
}

public struct Copy: Hashable, Sendable {
    public var sources: [String]
    public var destination: String
    public var documents: [HereDocument]
    public var from: String?
    public var owner: String?
    /// Octal, or as chmod(1) takes it.
    public var mode: String?
    public var link: Bool
    public var parents: Bool
    public var excluded: [String]
}

public struct Add: Hashable, Sendable {
    public var copy: Copy
    /// `sha256:…` of what comes from a URL.
    public var checksum: String?
    public var keepsGitDirectory: Bool
    /// nil: archives from the context are unpacked, those from a URL are not.
    public var unpacks: Bool?
}

public enum Healthcheck: Hashable, Sendable {
    case none
    case check(Check)

    /// Times in nanoseconds, 0 is the default.
    public struct Check: Hashable, Sendable {
        public var command: CommandForm
        public var interval: Int64 = 0
        public var timeout: Int64 = 0
        public var startPeriod: Int64 = 0
        public var startInterval: Int64 = 0
        public var retries: Int64 = 0
    }
}
