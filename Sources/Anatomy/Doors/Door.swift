internal import OCISpec

/// Something that a process could do to its host.
package struct Door: Equatable, Sendable {
    package enum Severity: Int, Comparable, Sendable, CaseIterable {
        /// Root on the host, in one step.
        case takesOver
        /// Harm to the host or to other containers, or one step of several.
        case harms
        /// A lock that others have and this one has not.
        case weakens

        package static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }

        package var name: String {
            switch self {
            case .takesOver: "takes over the host"
            case .harms: "harms the host or others"
            case .weakens: "weakens"
            }
        }
    }

    package var severity: Severity
    package var title: String
    /// How it is done, in one sentence.
    package var explanation: String
    /// What closes it.
    package var remedy: String
    package var evidence: [Evidence]

    package init(
        _ severity: Severity, _ title: String, _ explanation: String, closedBy remedy: String, _ evidence: [Evidence]
    ) {
        self.severity = severity
        self.title = title
        self.explanation = explanation
        self.remedy = remedy
        self.evidence = evidence
    }

    var json: JSONValue {
        [
            "severity": .string(severity.name), "title": .string(title), "explanation": .string(explanation),
            "closedBy": .string(remedy), "evidence": .array(evidence.map(\.json)),
        ]
    }

    /// All of them, the worst first; among equals in the order in which they are looked for.
    package static func ranked(_ anatomy: Anatomy) -> [Door] {
        if anatomy.isPlainProcess, anatomy.root?.isHostRoot == true { return plainProcess(anatomy) }
        let found =
            capabilityDoors(anatomy) + mountDoors(anatomy) + namespaceDoors(anatomy) + deviceDoors(anatomy)
            + confinementDoors(anatomy) + resourceDoors(anatomy)
        return found.enumerated().sorted { ($0.element.severity, $0.offset) < ($1.element.severity, $1.offset) }
            .map(\.element)
    }

    private static func plainProcess(_ anatomy: Anatomy) -> [Door] {
        let evidence = anatomy.namespaces.flatMap(\.evidence).filter { $0.file.hasPrefix("/proc") }
        let isRoot = anatomy.subject.uid == 0
        return [
            Door(
                isRoot ? .takesOver : .weakens, "it is no container",
                "it shares every namespace and the root directory with the host"
                    + (isRoot ? ", and runs as root" : "; only its user id limits it"),
                closedBy: isRoot ? "run it in a container, or as another user" : "run it in a container", evidence)
        ]
    }
}
