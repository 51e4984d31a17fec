package import ContainerRuntime
internal import LinuxKernel
package import OCISpec

extension ContainerSnapshot {
    /// The object that `state` prints: the specification's, and what runc's callers also read.
    ///
    /// - Parameter owner: The name of the user who made the container, where it is asked for.
    package func output(owner: String) -> JSONValue {
        var object: JSONObject = [
            "ociVersion": .string(record.ociVersion), "id": .string(record.id.text),
            "pid": JSONValue(status == .creating ? 0 : process?.pid ?? 0), "status": .string(status.rawValue),
            "bundle": .string(record.bundle), "rootfs": .string(record.rootfs),
            "created": .string(record.created.description),
        ]
        if !record.annotations.isEmpty {
            var annotations = JSONObject()
            for (key, value) in record.annotations { annotations[key] = .string(value) }
            object["annotations"] = .object(annotations)
        }
        object["owner"] = .string(owner)
        return .object(object)
    }
}

/// The table that `list` prints.
package func containerTable(_ containers: [(snapshot: ContainerSnapshot, owner: String)]) -> String {
    let rows = containers.map { container, owner in
        [
            container.record.id.text, "\(container.process?.pid ?? 0)", container.status.rawValue,
            container.record.bundle, container.record.created.description, owner,
        ]
    }
    return textTable([["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]] + rows)
}

/// Rows with their columns under each other: at least 12 wide, three spaces between, as callers know them from runc.
func textTable(_ rows: [[String]]) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
        max(12, (rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0) + 3)
    }
    return rows.map { row in
        row.enumerated().map { column, text in
            column == row.count - 1 ? text : text + String(repeating: " ", count: max(0, widths[column] - text.count))
        }.joined() + "\n"
    }.joined()
}

/// The name that the host's passwd file gives a user; `#` and the number without one.
package func userName(_ id: UInt32, passwd: String) -> String {
    for line in passwd.split(separator: "\n") {
        let fields = line.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
        if fields.count == 4, UInt32(fields[2]) == id { return String(fields[0]) }
    }
    return "#\(id)"
}
