internal import Anatomy
internal import CommandLineUI
internal import ContainerRuntime
public import OCISpec
internal import Seccomp

/// A profile as the caller has read it: the engine knows its own and Docker's form of files.
public typealias SeccompSource = RuntimeConfig.Linux.Seccomp

/// A profile and the program that is made of it, which decides what is said: nothing here rests on reading rules alone.
struct ExplainedProfile {
    let profile: Profile
    let program: Program
    let interpreter: Interpreter
    let native: Architecture

    init(_ source: SeccompSource) throws {
        profile = try Profile(spec: source)
        program = try Compiler.compile(profile)
        interpreter = try Interpreter(program)
        guard let native = Architecture.native else {
            throw ToolFailure("there are no seccomp filters for this processor")
        }
        self.native = native
    }

    /// What becomes of a call whose conditions do not hold.
    func action(_ call: Syscall, _ architecture: Architecture) -> Action {
        CallData(call.name, on: architecture).map(interpreter.action) ?? profile.defaultAction
    }

    /// The rules that name a call, with their places in the profile.
    func rules(for name: String) -> [(position: Int, rule: Rule)] {
        profile.rules.enumerated().filter { $0.element.names.contains(name) }.map { ($0.offset, $0.element) }
    }

    /// The conditional rules apart, since what they say depends on arguments.
    func conditions(for name: String) -> [String] {
        rules(for: name).filter { !$0.rule.conditions.isEmpty }.map { entry in
            "\(entry.rule.action.words) if " + entry.rule.conditions.map(\.words).joined(separator: " and ")
        }
    }

    func summary() -> String {
        let calls = Syscall.all(on: native)
        var text = "default action   \(profile.defaultAction.words)\n"
        let architectures = profile.architectures.isEmpty ? [native] : profile.architectures
        text += "architectures    \(architectures.map { "\($0)" }.joined(separator: ", "))\n"
        text += "rules            \(profile.rules.count)\n"
        text += "program          \(program.instructions.count) instructions\n"
        if !program.skippedNames.isEmpty {
            text += "unknown calls    \(program.skippedNames.joined(separator: " "))\n"
        }
        let conditional = calls.filter { !conditions(for: $0.name).isEmpty }
        let names = Set(conditional.map(\.name))
        let groups = Dictionary(grouping: calls.filter { !names.contains($0.name) }) { action($0, native) }
        for (action, members) in groups.sorted(by: { $0.value.count > $1.value.count }) {
            text += "\n\(action.words) (\(members.count)):\n" + Self.wrapped(members.map(\.name).sorted())
        }
        if !conditional.isEmpty {
            text += "\ndepends on arguments (\(conditional.count)):\n"
            for call in conditional.sorted(by: { $0.name < $1.name }) {
                text +=
                    "  \(call.name): \(conditions(for: call.name).joined(separator: "; ")); else \(otherwise(call.name).words)\n"
            }
        }
        return text
    }

    /// What becomes of a call when no condition holds.
    private func otherwise(_ name: String) -> Action {
        rules(for: name).first { $0.rule.conditions.isEmpty }?.rule.action ?? profile.defaultAction
    }

    /// - Parameter variants: The same profile as a container with one more capability gets it, by that capability's name.
    func explanation(of name: String, variants: [(capability: String, profile: Profile)] = []) throws -> String {
        guard Syscall.isKnown(name) else {
            throw ToolFailure("there is no system call '\(name)' in the tables of any architecture")
        }
        var text = "\(name)\n"
        for architecture in profile.architectures.isEmpty ? [native] : profile.architectures {
            guard let call = Syscall(named: name, on: architecture) else {
                text += "  \(architecture): no such call\n"
                continue
            }
            text +=
                "  \(architecture) (number \(call.number)): with all arguments 0 it \(Self.verb(action(call, architecture)))\n"
        }
        let found = rules(for: name)
        let more = additions(for: name, variants)
        if found.isEmpty {
            text +=
                more.isEmpty
                ? "  no rule names it: the default action counts, unless it is newer than the profile\n"
                : "  no rule names it without further capabilities: the default action counts\n"
        }
        for (position, rule) in found {
            text +=
                "  rule \(position + 1) of \(profile.rules.count) (\(rule.names.count) calls): \(rule.words)\n"
        }
        for (words, capabilities) in more {
            text += "  a rule names it with \(capabilities.joined(separator: " or ")) only: \(words)\n"
        }
        return text
    }

    /// What rules say of a call that come with a capability, and which capabilities those are.
    private func additions(
        for name: String, _ variants: [(capability: String, profile: Profile)]
    ) -> [(words: String, capabilities: [String])] {
        let own = Set(rules(for: name).map(\.rule.words))
        var result: [(words: String, capabilities: [String])] = []
        for variant in variants {
            for rule in variant.profile.rules where rule.names.contains(name) && !own.contains(rule.words) {
                if let index = result.firstIndex(where: { $0.words == rule.words }) {
                    if !result[index].capabilities.contains(variant.capability) {
                        result[index].capabilities.append(variant.capability)
                    }
                } else {
                    result.append((rule.words, [variant.capability]))
                }
            }
        }
        return result
    }

    private static func verb(_ action: Action) -> String { action.lets ? "is \(action.words)" : action.words }

    static func wrapped(_ words: [String]) -> String {
        var lines: [String] = []
        for word in words {
            if let last = lines.last, last.count + word.count < 100 {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append("  \(word)")
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }
}

extension Rule {
    /// What becomes of its calls, and when.
    fileprivate var words: String {
        "\(action.words) "
            + (conditions.isEmpty ? "always" : "if " + conditions.map(\.words).joined(separator: " and "))
    }
}

extension Condition {
    /// Such as `argument 0 & 0x7e020000 is 0x0`.
    var words: String {
        let (value, other) = ("0x" + String(value, radix: 16), "0x" + String(valueTwo, radix: 16))
        return switch comparison {
        case .notEqual: "argument \(index) is not \(value)"
        case .less: "argument \(index) is below \(value)"
        case .lessOrEqual: "argument \(index) is at most \(value)"
        case .equal: "argument \(index) is \(value)"
        case .greaterOrEqual: "argument \(index) is at least \(value)"
        case .greater: "argument \(index) is above \(value)"
        case .maskedEqual: "argument \(index) & \(value) is \(other)"
        }
    }
}

/// Shows for each call what two profiles make of it, where that differs.
///
/// - Returns: As diff(1): 0 if they are the same in all that is shown, else 1.
func difference(_ old: ExplainedProfile, _ new: ExplainedProfile) throws -> Int32 {
    var differs = false
    func say(_ line: String) {
        differs = true
        Output.line(line)
    }
    if old.profile.defaultAction != new.profile.defaultAction {
        say("default action: \(old.profile.defaultAction.words) → \(new.profile.defaultAction.words)")
    }
    let all = Set(old.profile.architectures + new.profile.architectures + [old.native])
    for architecture in Architecture.allCases where all.contains(architecture) {
        for call in Syscall.all(on: architecture).sorted(by: { $0.name < $1.name }) {
            let (before, after) = (old.action(call, architecture), new.action(call, architecture))
            let (conditions, others) = (old.conditions(for: call.name), new.conditions(for: call.name))
            guard before != after || conditions != others else { continue }
            // Conditions are the same on all architectures: said once.
            if before == after, architecture != old.native { continue }
            func side(_ action: Action, _ conditions: [String]) -> String {
                conditions.isEmpty
                    ? action.words : conditions.joined(separator: "; ") + "; with all arguments 0: \(action.words)"
            }
            say("\(architecture) \(call.name): \(side(before, conditions)) → \(side(after, others))")
        }
    }
    return differs ? 1 : 0
}
