import ContainerRuntime
import LinuxKernel
import OCISpec
import RuntimeCommandLine

extension Command {
    func printState() throws {
        let snapshot = try runtime().snapshot(containerID())
        try StandardDescriptors.print(snapshot.output(owner: "").text(.indented("  ")) + "\n")
    }

    func printList() throws {
        let format = try tableOrJSON()
        let containers = try runtime().list()
        if options.has("quiet") {
            return try StandardDescriptors.print(containers.map { $0.record.id.text + "\n" }.joined())
        }
        // Without the file owners are shown by number.
        let passwd = containers.isEmpty ? "" : (try? readText("/etc/passwd")) ?? ""
        let named = containers.map { ($0, userName($0.record.owner, passwd: passwd)) }
        switch format {
        case .table: try StandardDescriptors.print(containerTable(named))
        case .json:
            let list = JSONValue.array(named.map { $0.0.output(owner: $0.1) })
            try StandardDescriptors.print(list.text() + "\n")
        }
    }

    enum ListFormat: String { case table, json }

    func tableOrJSON() throws(UsageError) -> ListFormat {
        let text = options["format"] ?? "table"
        guard let format = ListFormat(rawValue: text) else {
            throw .invalidValue(option: "format", value: text, expected: "table or json")
        }
        return format
    }
}
