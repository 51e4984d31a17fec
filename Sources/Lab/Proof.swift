/// What must be true after a step, by the kernel's own files. Words like `$sleeper` stand for what the step has kept.
public enum Proof: Sendable, Equatable {
    /// The command's output has this text, and the command succeeded.
    case prints(String)
    /// The command failed, and said this.
    case refused(String)
    /// The file has this text.
    case file(String, has: String)
    /// The file does not have this text.
    case lacks(String, String)
    /// There is no such file.
    case absent(String)
    /// Two links of /proc lead to different objects.
    case differ(String, String)
    /// Two links of /proc lead to the same object.
    case same(String, String)
    /// A file of a control group has this text: its controller, the group, the file's name on cgroup v1 and on v2.
    case cgroup(String, group: String, v1: String, v2: String, has: String)
}

/// What a step's command did.
public struct Outcome: Sendable, Equatable {
    public let succeeded: Bool
    /// Both outputs, as they came.
    public let output: String

    public init(succeeded: Bool, output: String) {
        self.succeeded = succeeded
        self.output = output
    }
}

/// Where proofs are looked for: the kernel's files, or a test's.
public protocol Evidence {
    /// The content of a file, or `nil` where there is none that can be read.
    func content(_ path: String) -> String?
    /// Where a symbolic link leads.
    func link(_ path: String) -> String?
    func exists(_ path: String) -> Bool
    /// Where a group of this controller lies, and whether the controller is one of cgroup v2.
    func cgroup(_ controller: String, _ group: String) -> (path: String, isUnified: Bool)
}

/// What was read, and whether it is what it should be.
public struct Finding: Sendable, Equatable {
    public let holds: Bool
    /// The file and the value, on one line.
    public let text: String
}

extension Proof {
    /// Looks whether this is so.
    ///
    /// - Parameter variables: What the steps so far have kept, by name.
    public func check(_ outcome: Outcome, _ variables: [String: String], _ evidence: some Evidence) -> Finding {
        let filled = { (text: String) in Self.filled(text, variables) }
        switch self {
        case .prints(let text):
            let wanted = filled(text)
            return Finding(
                holds: outcome.succeeded && outcome.output.contains(wanted), text: "it printed “\(wanted)”")
        case .refused(let text):
            return Finding(
                holds: !outcome.succeeded && outcome.output.contains(text), text: "it failed with “\(text)”")
        case .file(let path, let text):
            return Self.line(filled(path), filled(text), evidence, wanted: true)
        case .lacks(let path, let text):
            return Self.line(filled(path), filled(text), evidence, wanted: false)
        case .absent(let path):
            return Finding(holds: !evidence.exists(filled(path)), text: "there is no \(filled(path))")
        case .differ(let one, let other), .same(let one, let other):
            let (one, other) = (filled(one), filled(other))
            guard let first = evidence.link(one), let second = evidence.link(other) else {
                return Finding(holds: false, text: "\(one) and \(other) could not be read")
            }
            let isSame = first == second
            return Finding(
                holds: self.wantsSame == isSame, text: "\(one) is \(first), \(other) is \(isSame ? "too" : second)")
        case .cgroup(let controller, let group, let v1, let v2, let text):
            let place = evidence.cgroup(controller, filled(group))
            return Self.line("\(place.path)/\(place.isUnified ? v2 : v1)", filled(text), evidence, wanted: true)
        }
    }

    private var wantsSame: Bool {
        if case .same = self { return true }
        return false
    }

    private static func line(_ path: String, _ text: String, _ evidence: some Evidence, wanted: Bool) -> Finding {
        guard let content = evidence.content(path) else {
            return Finding(holds: false, text: "\(path) cannot be read")
        }
        let found = content.split(separator: "\n").first { ($0 + "\n").contains(text) }
        guard wanted else {
            return Finding(holds: found == nil, text: "\(path) has no “\(text)”")
        }
        let shown = found.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        return Finding(holds: found != nil, text: "\(path): \(shown ?? "no “\(text)”")")
    }

    /// `text` with each `$name` replaced by what was kept under that name.
    static func filled(_ text: String, _ variables: [String: String]) -> String {
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            let after = rest[rest.index(after: dollar)...]
            let name = after.prefix { $0.isASCII && ($0.isLetter || $0 == "_") }
            result += variables[String(name)] ?? "$\(name)"
            rest = after[name.endIndex...]
        }
        return result + rest
    }
}
