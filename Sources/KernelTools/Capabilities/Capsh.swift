internal import Capabilities
internal import CommandLineUI
internal import LinuxKernel

/// `capsh`: look at capabilities and change one's own, step by step. Source: capsh(1) of libcap 2.66.
let capshTool = Tool(
    "capsh", "Look at capabilities, and run a shell with others.",
    operands: "[args ...]", takesAllWords: true, remarks: CapabilityShell.help,
    run: { options, _ in
        // Each word acts on what those before it have done.
        var shell = CapabilityShell()
        var rest = options.operands[...]
        while let word = rest.popFirst() {
            if ["--", "-+"].contains(word) { try executeCommand([shell.shell] + rest, failing: 1) }
            if ["==", "=+"].contains(word) {
                try executeCommand(["/proc/self/exe", "capsh"] + rest, failing: 1)
            }
            if let status = try shell.take(word) { return status }
        }
        return 0
    })

/// The state that the words of a `capsh` command line change.
struct CapabilityShell {
    var shell = "/bin/bash"
    private var isStrict = false
    private var fixesEnvironment = true

    /// Does what one word says.
    ///
    /// - Returns: The exit status, if the word ends the program.
    mutating func take(_ word: String) throws -> Int32? {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts[0].hasPrefix("--") else { throw ToolFailure("unexpected '\(word)': see brig capsh --help") }
        let key = String(parts[0].dropFirst(2))
        let value = parts.count == 2 ? parts[1] : nil
        if try show(key, value) { return nil }
        if let answer = try test(key, value) {
            if !answer { Self.complain(key, value) }
            return answer ? nil : 1
        }
        try change(key, value, word)
        return nil
    }

    // MARK: - What it shows

    private func show(_ key: String, _ value: String?) throws -> Bool {
        switch (key, value) {
        case ("print", nil): Output.write(try report())
        case ("current", nil):
            let sets = try Self.sets()
            Output.write("Current: \(CapabilityState(sets))\nCurrent IAB: \(boundText(sets, last: try .last()))\n")
        case ("decode", let text?):
            guard let set = CapabilitySet(hexadecimal: text) else {
                throw ToolFailure("'\(text)' is no hexadecimal mask")
            }
            Output.line(set.decoded)
        case ("explain", let name?):
            let capability = try Self.capability(name)
            Output.write(Self.explanation(capability))
        case ("suggest", let text?):
            for capability in Capability.named
            where capability.meaning.lowercased().contains(text.lowercased())
                || capability.toolName.contains(text.lowercased())
            {
                Output.write(Self.explanation(capability))
            }
        case ("mode", nil): Output.line("Mode: \(try Self.mode(Self.sets()).name)")
        case ("modes", nil): Output.line("Supported modes: NOPRIV PURE1E_INIT PURE1E HYBRID")
        case ("license", nil): Output.line("Brig is licensed under the Apache License 2.0.")
        default: return false
        }
        return true
    }

    /// The original's form, and words of our own.
    private static func explanation(_ capability: Capability) -> String {
        let mask = CapabilitySet([capability]).hexadecimal
        return """
            \(capability.toolName) (\(capability.rawValue)) [/proc/self/status:CapXXX: 0x\(mask)]

                Allows a process to \(capability.meaning).

            """
    }

    private func report() throws -> String {
        let sets = try Self.sets()
        let status = try ProcessInformation(pid: CallerIdentity.pid).status()
        let bits = try SecureBits.own()
        let accounts = Accounts.current()
        func named(_ id: UInt32, _ name: String?) -> String { "\(id)(\(name ?? "???"))" }
        func lock(_ name: String, _ bit: SecureBits, _ locked: SecureBits) -> String {
            " \(name): \(bits.contains(bit) ? "yes" : "no") (\(bits.contains(locked) ? "locked" : "unlocked"))\n"
        }
        let raw = UInt32(bitPattern: bits.rawValue)
        let binary = String(raw, radix: 2)
        let groups = try CallerIdentity.groups().map { gid in
            named(gid, accounts.groups.first { $0.gid == gid }?.name)
        }
        let mode = Self.mode(sets)
        let (uid, euid) = (CallerIdentity.uid, CallerIdentity.effectiveUid)
        return """
            Current: \(CapabilityState(sets))
            Bounding set =\(sets.bounding)
            Ambient set =\(sets.ambient)
            Current IAB: \(boundText(sets, last: try .last()))
            Securebits: 0\(String(raw, radix: 8))/0x\(String(raw, radix: 16))/\(binary.count)'b\(binary) \
            (no-new-privs=\(status.noNewPrivileges ? 1 : 0))

            """ + lock("secure-noroot", .noRoot, .noRootLocked)
                + lock("secure-no-suid-fixup", .noSetuidFixup, .noSetuidFixupLocked)
                + lock("secure-keep-caps", .keepCapabilities, .keepCapabilitiesLocked)
                + lock("secure-no-ambient-raise", .noAmbientRaise, .noAmbientRaiseLocked) + """
                    uid=\(named(uid, accounts.userName(uid))) euid=\(named(euid, accounts.userName(euid)))
                    gid=\(named(CallerIdentity.gid, accounts.groups.first { $0.gid == CallerIdentity.gid }?.name))
                    groups=\(groups.joined(separator: ","))
                    Guessed mode: \(mode.name) (\(mode.number))

                    """
    }

    private static func sets() throws -> ProcessCapabilities { try ProcessCapabilities(of: CallerIdentity.pid) }

    /// libcap's names for how a process stands to user 0. Source: cap_get_mode(3).
    private static func mode(_ sets: ProcessCapabilities) -> (name: String, number: Int) {
        let bits = (try? SecureBits.own()) ?? []
        if bits.isEmpty { return ("HYBRID", 4) }
        let secured: SecureBits = [
            .noRoot, .noRootLocked, .noSetuidFixup, .noSetuidFixupLocked, .keepCapabilitiesLocked, .noAmbientRaise,
            .noAmbientRaiseLocked,
        ]
        guard bits == secured, sets.ambient.isEmpty else { return ("UNCERTAIN", 0) }
        if !sets.inheritable.isEmpty { return ("PURE1E", 3) }
        return sets.bounding.isEmpty && sets.permitted.isEmpty ? ("NOPRIV", 1) : ("PURE1E_INIT", 2)
    }

    // MARK: - What it tests

    /// - Returns: The answer, or `nil` if the word is no test.
    private func test(_ key: String, _ value: String?) throws -> Bool? {
        switch (key, value) {
        case ("has-a", let name?): try Self.sets().ambient.contains(Self.capability(name))
        case ("has-b", let name?): try Self.sets().bounding.contains(Self.capability(name))
        case ("has-i", let name?): try Self.sets().inheritable.contains(Self.capability(name))
        case ("has-p", let name?): try Self.sets().permitted.contains(Self.capability(name))
        case ("has-ambient", nil): true
        case ("has-no-new-privs", nil): try ProcessInformation(pid: CallerIdentity.pid).status().noNewPrivileges
        case ("is-uid", let text?): try Self.id(text) == CallerIdentity.uid
        case ("is-gid", let text?): try Self.id(text) == CallerIdentity.gid
        case ("inmode", let text?): try Self.mode(Self.sets()).name == text
        case ("supports", let name?): try Self.capability(name) <= Capability.last()
        default: nil
        }
    }

    /// What the original says of a test that fails; of the others it says nothing.
    private static func complain(_ key: String, _ value: String?) {
        let name = value ?? ""
        switch key {
        case "has-a": note("cap[\(name)] not in ambient vector")
        case "has-b": note("cap[\(name)] not in bounding vector")
        case "has-i": note("cap[\(name)] not inheritable")
        case "has-p": note("cap[\(name)] not permitted")
        case "has-no-new-privs": note("no-new-privs not set")
        case "inmode":
            if let mode = try? mode(sets()).name { Output.line("mismatched mode got=\(mode) want=\(name)") }
        default: break
        }
    }

    private static func note(_ text: String) { Output.write(Array("\(Table.printable(text))\n".utf8), to: .error) }

    // MARK: - What it changes

    private mutating func change(_ key: String, _ value: String?, _ word: String) throws {
        switch (key, value) {
        case ("quiet", nil): break
        case ("strict", nil): isStrict.toggle()
        case ("noenv", nil): fixesEnvironment = false
        case ("shell", let path?): shell = path
        case ("drop", let names?):
            let dropped = try Self.set(names)
            try fixingUp { try drop(dropped) }
        case ("caps", let text?):
            let state = try CapabilityState(parsing: text)
            try fixingUp {
                try set { sets in
                    (sets.effective, sets.permitted, sets.inheritable) = (
                        state.effective, state.permitted, state.inheritable
                    )
                }
            }
        case ("inh", let names?):
            let wanted = try Self.set(names)
            try fixingUp { try set { $0.inheritable = wanted } }
        case ("addamb", let names?):
            let added = try Self.set(names)
            // The kernel raises only what is permitted and inheritable already.
            let sets = try Self.sets()
            let missing = added.subtracting(sets.permitted.intersection(sets.inheritable))
            if let first = missing.capabilities.first {
                throw ToolFailure("failed to raise ambient [\(first.toolName)]: it must be inheritable (--inh)")
            }
            try set { $0.ambient.formUnion(added) }
        case ("delamb", let names?):
            let removed = try Self.set(names)
            try set { $0.ambient.subtract(removed) }
        case ("noamb", nil): try CapabilityPlan.clearAmbient()
        case ("iab", let text?): try raising(.setpcap) { try setBounds(text) }
        case ("keep", let text?):
            guard text == "0" || text == "1" else { throw ToolFailure("--keep needs 0 or 1") }
            try CapabilityPlan.setKeepingAcrossUserChange(text == "1")
        case ("secbits", let text?):
            let digits = text.hasPrefix("0x") ? Int32(text.dropFirst(2), radix: 16) : Int32(text)
            guard let digits else { throw ToolFailure("--secbits: '\(text)' is no number") }
            try SecureBits(rawValue: digits).apply()
        case ("no-new-privs", nil): try ProcessAttribute.setNoNewPrivileges()
        case ("mode", let name?): try enter(mode: name)
        case ("uid", let text?): try setUserID(Self.id(text))
        case ("cap-uid", let text?): try becomeUser(Self.id(text))
        case ("gid", let text?): try setGroupID(Self.id(text))
        case ("groups", let text?):
            let accounts = Accounts.current()
            let groups = try text.split(separator: ",").map { name throws(ToolFailure) in
                try accounts.groupID(String(name))
            }
            try raising(.setgid) { try setSupplementaryGroups(groups) }
        case ("user", let name?):
            let accounts = Accounts.current()
            guard let user = accounts.user(name) else { throw ToolFailure("User [\(name)] not known") }
            try raising(.setgid) {
                try setSupplementaryGroups(accounts.groupIDs(of: user))
                try setGroupID(user.gid)
            }
            try becomeUser(user.uid)
            if fixesEnvironment {
                setEnvironmentVariable("USER", user.name)
                setEnvironmentVariable("HOME", user.home)
            }
        case ("chroot", let path?): try changeRoot(to: try OwnedDescriptor(open: path, [.pathOnly, .directory]))
        case ("forkfor", let text?):
            guard let seconds = Int64(text), seconds > 0 else {
                throw ToolFailure("--forkfor needs a number of seconds")
            }
            try startSleeper(seconds)
        case ("killit", let text?):
            guard let child = Self.sleeper, let signal = Int32(text).flatMap(Signal.init(rawValue:)) else {
                throw ToolFailure("--killit needs a signal's number, and --forkfor before it")
            }
            try signal.send(to: child)
            _ = try Children.wait(for: child)
            Self.sleeper = nil
        default: throw ToolFailure("unknown argument '\(word)': see brig capsh --help")
        }
    }

    /// With one capability more in force for a step, where it is permitted, as libcap's own calls have it.
    private func raising(_ capability: Capability, _ step: () throws -> Void) throws {
        let before = try Self.sets()
        guard before.permitted.contains(capability), !before.effective.contains(capability) else { return try step() }
        let raised = CapabilitySet([capability])
        try set { $0.effective.formUnion(raised) }
        let result = Result { try step() }
        // The step may have left it out itself.
        if case .failure = result { try set { $0.effective.subtract(raised) } }
        if case .success = result, try Self.sets().effective == before.effective.union(raised) {
            try set { $0.effective.subtract(raised) }
        }
        try result.get()
    }

    /// `--strict` leaves out that CAP_SETPCAP is raised for a step that takes it.
    private func fixingUp(_ step: () throws -> Void) throws {
        if isStrict { try step() } else { try raising(.setpcap, step) }
    }

    private func drop(_ capabilities: CapabilitySet) throws {
        let sets = try Self.sets()
        try CapabilityPlan(
            bounding: sets.bounding.subtracting(capabilities), permitted: sets.permitted, effective: sets.effective
        ).dropBounding()
    }

    /// Sets the calling process's sets, and checks that they are what was asked for.
    private func set(_ change: (inout ProcessCapabilities) -> Void) throws {
        let before = try Self.sets()
        var sets = before
        change(&sets)
        // Lowered: the kernel takes ambient capabilities away one by one, or all.
        if !before.ambient.subtracting(sets.ambient).isEmpty { try CapabilityPlan.clearAmbient() }
        let missing = try CapabilityPlan(sets).apply()
        guard missing.isEmpty else { throw ToolFailure("Unable to set capabilities: \(missing) cannot be had") }
    }

    private func setBounds(_ text: String) throws {
        var (dropped, inheritable, ambient) = (CapabilitySet(), CapabilitySet(), CapabilitySet())
        for item in text.split(separator: ",") {
            let marks = item.prefix { "!^%".contains($0) }
            let set = CapabilitySet([try Self.capability(String(item.dropFirst(marks.count)))])
            if marks.contains("!") { dropped.formUnion(set) }
            if marks.contains("^") { ambient.formUnion(set) }
            if marks.contains("^") || marks.contains("%") || marks.isEmpty { inheritable.formUnion(set) }
        }
        try drop(dropped)
        try set { ($0.inheritable, $0.ambient) = (inheritable, ambient) }
    }

    /// Another user, with the permitted set kept; nothing of it is in force then.
    private func becomeUser(_ uid: UInt32) throws {
        let sets = try Self.sets()
        let plan = CapabilityPlan(sets)
        if plan.keepsAcross(userID: uid) { try plan.keepAcrossUserChange() }
        try raising(.setuid) { try setUserID(uid) }
        guard uid != 0 else { return }
        try set { new in
            (new.permitted, new.inheritable) = (sets.permitted, sets.inheritable)
            new.effective = []
        }
        try raising(.setpcap) {
            var bits = try SecureBits.own()
            bits.remove(.keepCapabilities)
            try bits.apply()
        }
    }

    private func enter(mode: String) throws {
        let secured: SecureBits = [
            .noRoot, .noRootLocked, .noSetuidFixup, .noSetuidFixupLocked, .keepCapabilitiesLocked, .noAmbientRaise,
            .noAmbientRaiseLocked,
        ]
        // Source: cap_set_mode() of libcap. The effective set is lowered in every mode.
        switch mode {
        case "HYBRID": try raising(.setpcap) { try SecureBits([]).apply() }
        case "NOPRIV", "PURE1E_INIT", "PURE1E":
            try CapabilityPlan.clearAmbient()
            try raising(.setpcap) { try secured.apply() }
            if mode != "PURE1E" { try set { $0.inheritable = [] } }
            if mode == "NOPRIV" {
                try ProcessAttribute.setNoNewPrivileges()
                try drop(.all(upTo: .last()))
                try set { ($0.permitted, $0.effective) = ([], []) }
            }
        default: throw ToolFailure("unknown mode '\(mode)'")
        }
        try set { $0.effective = [] }
    }

    nonisolated(unsafe) private static var sleeper: Int32?

    private func startSleeper(_ seconds: Int64) throws {
        switch try clone(namespaces: [], cgroup: nil) {
        case .child:
            sleep(for: .seconds(seconds))
            exitNow(0)
        case .parent(let pid, _): Self.sleeper = pid
        }
    }

    // MARK: - Words

    private static func capability(_ name: String) throws -> Capability {
        if let number = UInt8(name), let capability = Capability(rawValue: number) { return capability }
        guard let capability = Capability(name: name) else { throw UnknownCapability(name: name) }
        return capability
    }

    private static func set(_ names: String) throws -> CapabilitySet {
        if names.lowercased() == "all" { return .all(upTo: try .last()) }
        return CapabilitySet(try names.split(separator: ",").map { try capability(String($0)) })
    }

    private static func id(_ text: String) throws(ToolFailure) -> UInt32 {
        guard let number = UInt32(text), number != .max else { throw ToolFailure("'\(text)' is no id") }
        return number
    }

    static let help = """
          --addamb=xxx   add xxx,... capabilities to ambient set
          --cap-uid=<n>  change uid, keeping capabilities
          --caps=xxx     set caps as per cap_from_text()
          --chroot=path  chroot(2) to this path
          --current      show current caps and IAB vectors
          --decode=xxx   decode a hex string to a list of caps
          --delamb=xxx   remove xxx,... capabilities from ambient
          --drop=xxx     drop xxx,... caps from bounding set
          --explain=xxx  explain what capability xxx permits
          --forkfor=<n>  fork and make child sleep for <n> sec
          --gid=<n>      set gid to <n>
          --groups=g,... set the supplemental groups
          --has-a=xxx    exit 1 if capability xxx not ambient
          --has-b=xxx    exit 1 if capability xxx dropped
          --has-ambient  exit 1 unless ambient vector supported
          --has-i=xxx    exit 1 if capability xxx not inheritable
          --has-p=xxx    exit 1 if capability xxx not permitted
          --has-no-new-privs  exit 1 if privs not limited
          --iab=...      set inheritable, ambient and bounding sets
          --inh=xxx      set xxx,.. inheritable set
          --inmode=<xxx> exit 1 if current mode is not <xxx>
          --is-uid=<n>   exit 1 if uid != <n>
          --is-gid=<n>   exit 1 if gid != <n>
          --keep=<n>     set keep-capability bit to <n>
          --killit=<n>   send signal(n) to child
          --mode         display current mode
          --mode=<xxx>   set mode to <xxx>
          --modes        list named modes
          --no-new-privs set sticky process privilege limiter
          --noamb        reset (drop) all ambient capabilities
          --noenv        no fixup of env vars (for --user)
          --print        display capability relevant state
          --quiet        accepted
          --secbits=<n>  write a new value for securebits
          --shell=/xx/yy use /xx/yy instead of /bin/bash for --
          --strict       accepted
          --suggest=text search cap descriptions for text
          --supports=xxx exit 1 if capability xxx unsupported
          --uid=<n>      set uid to <n>
          --user=<name>  set uid,gid and groups to that of user
          ==             capsh again, with the remaining arguments
          --             remaining arguments are for /bin/bash
        """
}
