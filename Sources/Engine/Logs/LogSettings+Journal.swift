extension LogSettings {
    /// Where the host's journal takes entries.
    static let journalSocket = "/run/systemd/journal/socket"

    /// Whether this host can keep such a log.
    ///
    /// - Throws: `EngineError` of kind `unsupported` where there is no journal for `journald`.
    func checkHost() throws(EngineError) {
        guard driver == .journald, !exists(Self.journalSocket) else { return }
        throw EngineError(
            .unsupported,
            "log driver journald is not supported: no journal runs on this host, as \(Self.journalSocket) is not there: use "
                + "json-file, local or none")
    }

    /// What each entry of the journal says of its container: Docker's fields, and what the options name of labels and
    /// environment.
    static func journalFields(
        of record: ContainerRecord, _ configuration: HostConfiguration.LogConfiguration,
        _ container: ContainerConfiguration
    ) throws(EngineError) -> [(name: String, value: String)] {
        let tag = try LogTag(configuration.config["tag"] ?? "{{.ID}}").text(of: record)
        var fields = [
            ("CONTAINER_ID", record.id.short), ("CONTAINER_ID_FULL", record.id.text),
            ("CONTAINER_NAME", record.name.text), ("CONTAINER_TAG", tag), ("IMAGE_NAME", record.imageName),
            ("SYSLOG_IDENTIFIER", tag),
        ]
        for (key, value) in try details(configuration, container, of: record) where key != "tag" {
            let name = journalFieldName(key)
            if !name.isEmpty, !fields.contains(where: { $0.0 == name }) { fields.append((name, value)) }
        }
        return fields.map { (name: $0.0, value: $0.1) }
    }

    /// A key as journald takes it: capital letters, digits and underscores, a letter first, 64 of them.
    static func journalFieldName(_ key: String) -> String {
        let capitals = key.utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 32
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            default: UInt8(ascii: "_")
            }
        }
        return String(decoding: capitals.drop { !(65...90).contains($0) }.prefix(64), as: UTF8.self)
    }
}
