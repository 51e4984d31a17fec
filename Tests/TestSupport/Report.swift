import Foundation

/// What the probe saw inside the container.
package struct Report {
    private let values: [String: Any]

    /// - Throws: ``UnexpectedOutcome`` if the output is no report.
    package init(_ outcome: Outcome) throws {
        guard outcome.code == 0, let data = outcome.output.data(using: .utf8),
            let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        else { throw UnexpectedOutcome(what: "report", outcome: outcome) }
        values = object
    }

    package subscript(name: String) -> String { values[name] as? String ?? "" }
    package func number(_ name: String) -> Int? { (values[name] as? NSNumber)?.intValue }
    package func flag(_ name: String) -> Bool? { values[name] as? Bool }
    package var environment: [String: String] { values["environment"] as? [String: String] ?? [:] }

    /// Lines of the mount table for `mountPoint`, the topmost last.
    package func mounts(at mountPoint: String) -> [String] {
        self["mounts"].split(separator: "\n").map(String.init).filter {
            let fields = $0.split(separator: " ")
            return fields.count > 4 && fields[4] == mountPoint
        }
    }
}
