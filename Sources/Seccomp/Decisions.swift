/// What a profile says of each call, before there are numbers: its rules sorted by the table's rows.
struct Decisions {
    /// Conditions that must all hold, and what follows.
    struct Clause: Equatable {
        let conditions: [Condition]
        let action: Action
    }

    enum Decision: Equatable {
        case always(Action)
        case clauses([Clause])
    }

    let defaultAction: Action
    /// Whether calls newer than the profile get `ENOSYS`.
    let refusesNewer: Bool
    /// For each row of the table.
    private var decisions: [Decision?]
    /// The rows that the profile names, also in entries without effect.
    private var named: [Bool]
    private(set) var unknownNames: [String] = []

    init(_ profile: Profile) {
        defaultAction = profile.defaultAction
        refusesNewer =
            switch profile.defaultAction {
            // A tracer is expected to answer for new calls itself (as runc has it).
            case .allow, .log, .trace: false
            default: true
            }
        decisions = Array(repeating: nil, count: SyscallTable.count)
        named = Array(repeating: false, count: SyscallTable.count)
        for rule in profile.rules { add(rule) }
    }

    subscript(row: Int) -> Decision? { decisions[row] }
    func isNamed(_ row: Int) -> Bool { named[row] }

    private mutating func add(_ rule: Rule) {
        let isRedundant = rule.action == defaultAction
        let clauses =
            rule.conditions.isEmpty
            ? [] : rule.alternatives.map { Clause(conditions: $0, action: rule.action) }
        for name in rule.names {
            guard let row = SyscallTable.row(of: name) else {
                unknownNames.append(name)
                continue
            }
            named[row] = true
            if isRedundant { continue }
            decisions[row] = Self.combined(decisions[row], with: clauses, rule.action)
            if let way = SyscallTable.multiplexing(row: row) { add(rule, by: way) }
        }
    }

    private mutating func add(_ rule: Rule, by way: Multiplexing) {
        guard let condition = way.condition(for: rule), let row = SyscallTable.row(of: way.way.rawValue) else { return }
        let clause = Clause(conditions: [condition], action: rule.action)
        decisions[row] = Self.combined(decisions[row], with: [clause], rule.action)
    }

    /// A rule without conditions replaces those with conditions, and stays.
    static func combined(_ old: Decision?, with clauses: [Clause], _ action: Action) -> Decision {
        switch old {
        case .always(let first): .always(first)
        case .clauses(let before) where !clauses.isEmpty: .clauses(before + clauses)
        default: clauses.isEmpty ? .always(action) : .clauses(clauses)
        }
    }
}
