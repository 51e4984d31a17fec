/// What a process may ask of the kernel: the runtime-spec's `linux.seccomp` as values.
public struct Profile: Hashable, Sendable {
    /// For calls that no rule names.
    public var defaultAction: Action
    /// Whose calls the rules are about, beside the machine's own. A call of any other kills the thread.
    public var architectures: [Architecture]
    /// What the filter is installed with.
    public var flags: FilterFlags
    /// In the order of the document, which matters: see ``Rule``.
    public var rules: [Rule]
    /// Where the listener's descriptor is sent if a rule says `notify`.
    public var listenerPath: String?
    /// Sent along, unread.
    public var listenerMetadata: String?

    /// A profile; what no rule matches gets the default action.
    public init(
        defaultAction: Action, architectures: [Architecture] = [], flags: FilterFlags = [], rules: [Rule] = [],
        listenerPath: String? = nil, listenerMetadata: String? = nil
    ) {
        self.defaultAction = defaultAction
        self.architectures = architectures
        self.flags = flags
        self.rules = rules
        self.listenerPath = listenerPath
        self.listenerMetadata = listenerMetadata
    }

    /// Whether a program of this profile has a listener.
    public var notifies: Bool { rules.contains { $0.action == .notify && !$0.names.isEmpty } }

    /// What is wrong with the profile as a whole; values by themselves are checked where they are made.
    ///
    /// - Throws: `defaultActionNotifies`, `writeNotifies`: the process that loads the filter writes afterwards, and
    ///   nobody listens yet; `listenerPathMissing`, `metadataWithoutListener`, `flagNeedsListener`.
    public func validate() throws(ProfileError) {
        if defaultAction == .notify { throw .defaultActionNotifies }
        for rule in rules where rule.action == .notify && rule.names.contains("write") { throw .writeNotifies }
        let path = listenerPath ?? ""
        if notifies {
            if path.isEmpty { throw .listenerPathMissing }
        } else if flags.contains(.waitKillable) {
            throw .flagNeedsListener
        }
        if path.isEmpty, listenerMetadata?.isEmpty == false { throw .metadataWithoutListener }
    }
}

/// One entry of a profile: what becomes of some calls, if their arguments are so.
///
/// Among the rules for one call, one without conditions decides alone, the first if there are several; otherwise the
/// first whose conditions hold; otherwise the default action. So it is with libseccomp, where an unconditional rule
/// replaces conditional ones that came before it.
public struct Rule: Hashable, Sendable {
    /// Names of calls; unknown ones are skipped.
    public var names: [String]
    /// What becomes of a call that matches.
    public var action: Action
    /// All must hold. As with runc, two about the same argument make each condition a rule of its own: then one that
    /// holds is enough.
    public var conditions: [Condition]

    /// A rule for these calls, if all conditions hold.
    public init(_ names: [String], _ action: Action, when conditions: [Condition] = []) {
        self.names = names
        self.action = action
        self.conditions = conditions
    }

    /// The conditions as alternatives, in each of which all must hold.
    var alternatives: [[Condition]] {
        var seen: UInt8 = 0
        for condition in conditions {
            let bit = UInt8(1) << condition.index
            if seen & bit != 0 { return conditions.map { [$0] } }
            seen |= bit
        }
        return [conditions]
    }
}
