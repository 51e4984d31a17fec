public import LinuxKernel
internal import MonitorProtocol
public import OCISpec

/// Something that happened to an object of the engine's: Docker's event.
public struct Event: Equatable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case container, image, network, volume, builder, daemon
    }

    public var kind: Kind
    /// Such as `start`, `exec_create: sh -c ls`, `health_status: healthy`.
    public var action: String
    /// Whom it happened to: an identifier, or the name of a volume or image.
    public var actor: String
    /// What else is known, such as `name`, `image`, `exitCode`, and the labels of containers.
    public var attributes: [String: String]
    public var time: Timestamp

    public init(
        _ kind: Kind, _ action: String, actor: String, _ attributes: [String: String] = [:], time: Timestamp = .now
    ) {
        self.kind = kind
        self.action = action
        self.actor = actor
        self.attributes = attributes
        self.time = time
    }
}

extension Event {
    /// Docker's object.
    public var json: JSONValue {
        var object = JSONObject()
        if kind == .container || kind == .image {
            object["status"] = .string(action)
            if !actor.isEmpty { object["id"] = .string(actor) }
            if kind == .container { object["from"] = .string(attributes["image"] ?? "") }
        }
        object["Type"] = .string(kind.rawValue)
        object["Action"] = .string(action)
        var shown = JSONObject()
        for (key, value) in attributes.sorted(by: { $0.key < $1.key }) { shown[key] = .string(value) }
        object["Actor"] = .object(["ID": .string(actor), "Attributes": .object(shown)])
        object["scope"] = "local"
        object["time"] = .integer(time.seconds)
        object["timeNano"] = .integer(time.nanosecondsSince1970)
        return .object(object)
    }

    /// Reads a line of the log; `nil` for what is no event, such as one that a full disk has cut off.
    init?(line: [UInt8]) {
        guard case .object(let object)? = try? JSONValue(parsing: line, sizeLimit: EventLog.longestLine),
            case .string(let type)? = object["Type"], let kind = Kind(rawValue: type),
            case .string(let action)? = object["Action"], case .object(let actor)? = object["Actor"],
            case .string(let id)? = actor["ID"], case .integer(let time)? = object["timeNano"]
        else { return nil }
        var attributes: [String: String] = [:]
        if case .object(let members)? = actor["Attributes"] {
            for member in members.members {
                if case .string(let text) = member.value { attributes[member.key] = text }
            }
        }
        self.init(kind, action, actor: id, attributes, time: Timestamp(nanosecondsSince1970: time))
    }

    /// The line that `events` shows: `TIME KIND ACTION ACTOR (KEY=VALUE, …)`.
    public var text: String {
        let shown = attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
        let digits = String(time.nanoseconds)
        let when =
            time.toSeconds.description.dropLast() + "." + String(repeating: "0", count: 9 - digits.utf8.count) + digits
            + "Z"
        return "\(when) \(kind.rawValue) \(action) \(actor)" + (shown.isEmpty ? "" : " (\(shown))")
    }
}
