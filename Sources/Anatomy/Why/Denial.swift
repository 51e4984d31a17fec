internal import LinuxKernel
package import OCISpec

/// A call that the kernel did not make as it was asked to.
package struct Denial: Equatable, Sendable {
    /// What stood in the way.
    package enum Refuser: String, Sendable {
        case seccomp, capability, readOnlyMount, maskedPath, deviceRule, limit, permission, securityModule
        case userNamespace, mountOption, observer, unknown

        package var name: String {
            switch self {
            case .seccomp: "a seccomp rule"
            case .capability: "a missing capability"
            case .readOnlyMount: "a read-only mount"
            case .maskedPath: "a masked path"
            case .deviceRule: "a device rule"
            case .limit: "a limit"
            case .permission: "the file's owner and mode"
            case .securityModule: "the security module"
            case .userNamespace: "the user namespace"
            case .mountOption: "an option of the mount"
            case .observer: "brig why itself"
            case .unknown: "something that is not known"
            }
        }
    }

    package var pid: Int32
    package var program: String
    /// As a person would write it, its arguments decoded.
    package var call: String
    /// Such as `EPERM`, or what else came of it.
    package var result: String
    package var refuser: Refuser
    package var explanation: String
    /// The smallest change that lets the call through, most of them options of `brig run`; `nil` if none is known.
    package var remedy: String?
    package var evidence: [Evidence]
    package var count = 1
    /// Whether programs expect it and go on by another way.
    package var isOrdinary = false

    package init(
        pid: Int32, program: String, call: String, result: String, refuser: Refuser, explanation: String,
        remedy: String?, evidence: [Evidence] = []
    ) {
        self.pid = pid
        self.program = program
        self.call = call
        self.result = result
        self.refuser = refuser
        self.explanation = explanation
        self.remedy = remedy
        self.evidence = evidence
    }

    package func isSame(as other: Denial) -> Bool {
        call == other.call && result == other.result && refuser == other.refuser && program == other.program
    }

    package var json: JSONValue {
        [
            "pid": JSONValue(pid), "program": .string(program), "call": .string(call), "result": .string(result),
            "refusedBy": .string(refuser.rawValue), "explanation": .string(explanation), "allowedBy": .optional(remedy),
            "count": JSONValue(count), "ordinary": .bool(isOrdinary), "evidence": .array(evidence.map(\.json)),
        ]
    }

    /// Three or four lines for people.
    package var text: String {
        var text = "\(shown(program)) (\(pid)): \(shown(call)) = \(result)\(count > 1 ? ", \(count) times" : "")\n"
        text += "    refused by   \(refuser.name): \(shown(explanation))\n"
        text += "    allowed by   \(shown(remedy ?? "no option that is known"))\n"
        for item in evidence {
            text += "    [\(shown(item.file)): \(shown(item.value.split(separator: "\n").joined(separator: "; ")))]\n"
        }
        return text
    }
}
