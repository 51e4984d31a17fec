import Seccomp

/// What a profile means, said once more and without any thought of speed: the compiler's work is compared with this and
/// with libseccomp's.
struct Oracle {
    struct Clause {
        let conditions: [Condition]
        let action: Action
        /// Whether libseccomp would have this clause, too.
        let isShared: Bool
    }

    let profile: Profile
    let architectures: [Architecture]
    private(set) var clauses: [Architecture: [UInt32: [Clause]]] = [:]
    private(set) var newest: [Architecture: UInt32] = [:]

    init(_ profile: Profile, native: Architecture) {
        self.profile = profile
        architectures = native.family.filter { $0 == native || profile.architectures.contains($0) }
        for architecture in architectures {
            for rule in profile.rules { add(rule, architecture) }
            let numbers = profile.rules.flatMap(\.names).compactMap { Syscall(named: $0, on: architecture)?.number }
            let candidates = numbers + (clauses[architecture].map { Array($0.keys) } ?? [])
            newest[architecture] = candidates.filter { architecture != .arm || $0 < 0xF0000 }.max()
        }
    }

    private mutating func add(_ rule: Rule, _ architecture: Architecture) {
        guard rule.action != profile.defaultAction else { return }
        let isWide = architecture != .x86 && architecture != .arm
        let repeated = Set(rule.conditions.map(\.index)).count < rule.conditions.count
        let alternatives = repeated ? rule.conditions.map { [$0] } : [rule.conditions]
        for name in rule.names {
            if let call = Syscall(named: name, on: architecture) {
                for alternative in alternatives {
                    put(
                        Clause(
                            conditions: isWide ? alternative : alternative.map(\.cut), action: rule.action,
                            isShared: true), call.number, architecture)
                }
            }
            if architecture == .x86, let (call, number) = Self.multiplexed[name],
                let multiplexer = Syscall(named: call, on: .x86)
            {
                let mayFollow = rule.conditions.isEmpty || (rule.action != .allow && rule.action != .log)
                guard mayFollow else { continue }
                let condition =
                    call == "ipc"
                    ? try? Condition(index: 0, .maskedEqual, 0xFFFF, number) : try? Condition(index: 0, .equal, number)
                put(
                    Clause(
                        conditions: [condition].compactMap(\.self), action: rule.action,
                        isShared: rule.conditions.isEmpty), multiplexer.number, .x86)
            }
        }
    }

    private mutating func put(_ clause: Clause, _ number: UInt32, _ architecture: Architecture) {
        clauses[architecture, default: [:]][number, default: []].append(clause)
    }

    /// Of linux/net.h and linux/ipc.h.
    static let multiplexed: [String: (call: String, number: UInt64)] = {
        var found: [String: (call: String, number: UInt64)] = [:]
        let sockets = [
            "socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send", "recv",
            "sendto", "recvfrom", "shutdown", "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4", "recvmmsg",
            "sendmmsg",
        ]
        for (index, name) in sockets.enumerated() { found[name] = ("socketcall", UInt64(index + 1)) }
        let messages: [(String, UInt64)] = [
            ("semop", 1), ("semget", 2), ("semctl", 3), ("semtimedop", 4), ("msgsnd", 11), ("msgrcv", 12),
            ("msgget", 13), ("msgctl", 14), ("shmat", 21), ("shmdt", 22), ("shmget", 23), ("shmctl", 24),
        ]
        for (name, number) in messages { found[name] = ("ipc", number) }
        return found
    }()

    /// The architecture whose calls these are; nil if the profile does not have it.
    func architecture(token: UInt32, number: UInt32) -> Architecture? {
        let found: Architecture? =
            switch token {
            case 0xC000_003E:
                number & 0x4000_0000 != 0 && (number != .max || architectures.contains(.x32)) ? .x32 : .x86_64
            case 0x4000_0003: .x86
            case 0x4000_0028: .arm
            case 0xC000_00B7: .aarch64
            default: nil
            }
        // Numbers from 2³¹ without x32's bit are still above all of x86-64's and below none of x32's.
        if found == .x86_64, number > 0x4000_0000, number != .max { return architectures.contains(.x32) ? .x32 : nil }
        return found.flatMap { architectures.contains($0) ? $0 : nil }
    }

    /// The clauses of a call that hold for these arguments; those from an unconditional one on are dropped.
    func holding(_ architecture: Architecture, _ number: UInt32, _ arguments: [UInt64]) -> [Clause] {
        guard let clauses = clauses[architecture]?[number] else { return [] }
        if let always = clauses.first(where: { $0.conditions.isEmpty }) { return [always] }
        let isWide = architecture != .x86 && architecture != .arm
        return clauses.filter { clause in
            clause.conditions.allSatisfy { condition in
                let argument = arguments[Int(condition.index)]
                return condition.holds(isWide ? argument : argument & 0xFFFF_FFFF)
            }
        }
    }

    /// Whether the call is newer than the profile.
    func isNewer(_ number: UInt32, _ architecture: Architecture) -> Bool {
        switch profile.defaultAction {
        case .allow, .log, .trace: return false
        default: break
        }
        if architecture == .arm, number >= 0xF0000, clauses[.arm]?[number] != nil { return false }
        // -1 is x86-64's if x32 is unknown, and not a call.
        if architecture == .x86_64, number == .max { return false }
        guard let newest = newest[architecture] else { return false }
        return number > newest
    }

    func answer(token: UInt32, number: UInt32, arguments: [UInt64]) -> UInt32 {
        guard let architecture = architecture(token: token, number: number) else { return 0 }
        if isNewer(number, architecture) { return Action.errno(38).returnValue }
        return (holding(architecture, number, arguments).first?.action ?? profile.defaultAction).returnValue
    }
}

extension Condition {
    /// As it is on machines with 32-bit arguments.
    var cut: Condition {
        guard
            let cut = try? Condition(
                index: UInt32(index), comparison, value & 0xFFFF_FFFF, valueTwo & 0xFFFF_FFFF)
        else { return self }
        return cut
    }
}
