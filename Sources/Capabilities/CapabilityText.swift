/// Effective, inheritable and permitted sets as the kernel tools write them: `cap_net_raw=ep`, `=ep cap_sys_time-ep`.
///
/// Source: cap_from_text(3), "Textual representation".
public struct CapabilityState: Equatable, Sendable {
    /// Those that count now.
    public var effective: CapabilitySet
    /// Those that exec can pass on.
    public var inheritable: CapabilitySet
    /// Those that can be made effective.
    public var permitted: CapabilitySet

    /// Three sets, empty unless given.
    public init(effective: CapabilitySet = [], inheritable: CapabilitySet = [], permitted: CapabilitySet = []) {
        self.effective = effective
        self.inheritable = inheritable
        self.permitted = permitted
    }

    /// What a file grants, in this form.
    public init(_ file: FileCapabilities) {
        self.init(
            effective: file.effective ? file.permitted.union(file.inheritable) : [], inheritable: file.inheritable,
            permitted: file.permitted)
    }

    /// This state for a file.
    ///
    /// - Throws: `InvalidCapabilityText.unevenEffective`: a file has one effective bit, so all of what it gives is
    ///   effective or nothing is.
    public func file(rootID: UInt32? = nil) throws(InvalidCapabilityText) -> FileCapabilities {
        guard effective.isEmpty || effective == permitted.union(inheritable) else {
            throw InvalidCapabilityText.unevenEffective
        }
        return FileCapabilities(
            permitted: permitted, inheritable: inheritable, effective: !effective.isEmpty, rootID: rootID)
    }
}

/// A text that is no capability state.
public enum InvalidCapabilityText: Error, Equatable, CustomStringConvertible {
    case unknownCapability(String)
    case noOperator(clause: String)
    case unknownFlag(clause: String)
    /// `cap_kill=` after capabilities is fine, `+` and `-` need flags, and a list of nothing only goes with a leading `=`.
    case incomplete(clause: String)
    case unevenEffective

    public var description: String {
        switch self {
        case .unknownCapability(let name): "unknown capability \"\(name)\""
        case .noOperator(let clause): "\"\(clause)\" has no =, + or -"
        case .unknownFlag(let clause): "\"\(clause)\" has flags other than e, i and p"
        case .incomplete(let clause): "\"\(clause)\" lacks capabilities or flags"
        case .unevenEffective: "a file's effective set is empty or all of its permitted and inheritable ones"
        }
    }
}

extension CapabilityState {
    /// Which of the three sets a clause is about.
    private struct Flags: OptionSet, Hashable {
        let rawValue: UInt8
        static let effective = Flags(rawValue: 1)
        static let permitted = Flags(rawValue: 2)
        static let inheritable = Flags(rawValue: 4)

        var text: String {
            (contains(.effective) ? "e" : "") + (contains(.inheritable) ? "i" : "") + (contains(.permitted) ? "p" : "")
        }
    }

    /// Reads clauses separated by white space, each a list of names or numbers (`all` or nothing for all that have
    /// names) and one or more of `=`, `+`, `-` with the letters `e`, `i`, `p`; later clauses change what earlier ones set.
    public init(parsing text: String) throws(InvalidCapabilityText) {
        self.init()
        for clause in text.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" }) {
            try apply(String(clause))
        }
    }

    private mutating func apply(_ clause: String) throws(InvalidCapabilityText) {
        let isOperator: (Character) -> Bool = { $0 == "=" || $0 == "+" || $0 == "-" }
        guard let start = clause.firstIndex(where: isOperator) else { throw .noOperator(clause: clause) }
        let list = clause[..<start]
        let members = try CapabilityState.members(list, clause: clause)
        if list.isEmpty, clause[start] != "=" { throw .incomplete(clause: clause) }
        var rest = clause[start...]
        while let sign = rest.popFirst() {
            let letters = rest.prefix { !isOperator($0) }
            rest = rest.dropFirst(letters.count)
            var flags: Flags = []
            for letter in letters {
                switch letter {
                case "e": flags.insert(.effective)
                case "i": flags.insert(.inheritable)
                case "p": flags.insert(.permitted)
                default: throw .unknownFlag(clause: clause)
                }
            }
            if sign != "=", flags.isEmpty { throw .incomplete(clause: clause) }
            if sign == "=" { change([.effective, .inheritable, .permitted]) { $0.subtract(members) } }
            change(flags) { if sign == "-" { $0.subtract(members) } else { $0.formUnion(members) } }
        }
    }

    private mutating func change(_ flags: Flags, _ body: (inout CapabilitySet) -> Void) {
        if flags.contains(.effective) { body(&effective) }
        if flags.contains(.inheritable) { body(&inheritable) }
        if flags.contains(.permitted) { body(&permitted) }
    }

    private static func members(
        _ list: Substring, clause: String
    ) throws(InvalidCapabilityText) -> CapabilitySet {
        if list.isEmpty || list.lowercased() == "all" { return .named }
        var result: CapabilitySet = []
        for name in list.split(separator: ",", omittingEmptySubsequences: false) {
            let text = String(name)
            if text.lowercased() == "all" {
                result.formUnion(.named)
            } else if let number = UInt8(text), let capability = Capability(rawValue: number) {
                result.formUnion(CapabilitySet([capability]))
            } else if text.lowercased().hasPrefix("cap_"), let capability = Capability(name: text) {
                result.formUnion(CapabilitySet([capability]))
            } else {
                throw .unknownCapability(text)
            }
        }
        return result
    }
}

extension CapabilityState: CustomStringConvertible {
    /// The shortest form from the state that most capabilities share, as libcap 2.66 prints it: one clause for that
    /// state, then for each other state the names that have it, with what is added and taken away; numbers without a
    /// name come last.
    public var description: String {
        var named: [Flags: [Capability]] = [:]
        var unnamed: [Flags: [Capability]] = [:]
        for number in UInt8(0)..<64 {
            guard let capability = Capability(rawValue: number) else { continue }
            let isNamed = Int(number) < Capability.named.count
            if isNamed { named[flags(capability), default: []].append(capability) }
            if !isNamed { unnamed[flags(capability), default: []].append(capability) }
        }
        let states = (UInt8(0)..<8).map { Flags(rawValue: $0) }
        // Of equal counts the lowest state wins, so that an empty state is written as nothing rather than taken away.
        var common: Flags = []
        for state in states where (named[state]?.count ?? 0) > (named[common]?.count ?? 0) { common = state }
        var clauses = common.isEmpty ? [] : ["=\(common.text)"]
        for state in states.reversed() where state != common {
            guard let members = named[state] else { continue }
            let added = state.subtracting(common).text
            let removed = common.subtracting(state).text
            clauses.append(
                members.map(\.toolName).joined(separator: ",")
                    + (added.isEmpty ? "" : (clauses.isEmpty ? "=" : "+") + added)
                    + (removed.isEmpty ? "" : "-" + removed))
        }
        for state in states.reversed() where !state.isEmpty {
            guard let members = unnamed[state] else { continue }
            clauses.append(members.map(\.toolName).joined(separator: ",") + (clauses.isEmpty ? "=" : "+") + state.text)
        }
        return clauses.isEmpty ? "=" : clauses.joined(separator: " ")
    }

    private func flags(_ capability: Capability) -> Flags {
        var result: Flags = []
        if effective.contains(capability) { result.insert(.effective) }
        if inheritable.contains(capability) { result.insert(.inheritable) }
        if permitted.contains(capability) { result.insert(.permitted) }
        return result
    }
}
