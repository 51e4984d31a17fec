package import OCISpec

extension ContainerInspection {
    /// The object as JSON, with the members that Docker's has and that are always the same here.
    ///
    /// - Parameter complete: With the members that are left out where they are empty.
    /// - Throws: As `JSONValue(encoding:complete:)`.
    package func json(complete: Bool) throws -> JSONValue {
        guard case .object(let object) = try JSONValue(encoding: self, complete: complete) else { return .null }
        var result = JSONObject()
        for member in object.members {
            switch (member.key, member.value) {
            case ("HostConfig", .object(let host)):
                result[member.key] = .object(Self.completed(host, Self.hostConstants))
            case ("Config", .object(let config)):
                var config = Self.completed(config, Self.configConstants)
                if config["Volumes"] == .object([:]) { config["Volumes"] = .null }
                result[member.key] = .object(config)
            default: result[member.key] = member.value
            }
        }
        return .object(result)
    }

    /// Members by the one that they stand behind. Windows' and those of devices that are asked for by what they can do.
    private static let hostConstants: [String: [(name: String, value: JSONValue)]] = [
        "VolumesFrom": [("ConsoleSize", [0, 0])],
        "IpcMode": [("Cgroup", "")],
        "DeviceCgroupRules": [("DeviceRequests", .null)],
        "Ulimits": [("CpuCount", 0), ("CpuPercent", 0), ("IOMaximumIOps", 0), ("IOMaximumBandwidth", 0)],
    ]

    private static let configConstants: [String: [(name: String, value: JSONValue)]] = [
        "WorkingDir": [("Entrypoint", .null), ("OnBuild", .null)]
    ]

    private static func completed(
        _ object: JSONObject, _ constants: [String: [(name: String, value: JSONValue)]]
    ) -> JSONObject {
        var result = JSONObject()
        for member in object.members {
            result[member.key] = member.value
            for (name, value) in constants[member.key] ?? [] where object[name] == nil { result[name] = value }
        }
        return result
    }
}
