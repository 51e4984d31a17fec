internal import OCISpec

/// A value in a template: JSON, and what Go knows of it beyond that.
struct TemplateValue: Sendable {
    enum Kind: Sendable {
        /// A number, text, a truth or a list, which may be nil.
        case plain
        /// Any key may be asked for.
        case map
        /// It has its members and no others.
        case structure
        /// A value or nil.
        case pointer
        /// What a map does not have; nil.
        case nothing
    }

    let json: JSONValue
    let kind: Kind
    /// The member that it is; elements have no name.
    let name: String
    /// Whether kinds are those of Docker's types; otherwise all objects are maps, as in any JSON.
    private let isTyped: Bool

    /// What a template is applied to.
    init(root: JSONValue, isTyped: Bool) {
        self.init(root, name: "", isTyped: isTyped)
    }

    /// A result, or what the template itself says.
    init(_ json: JSONValue) {
        (self.json, kind, name, isTyped) = (json, .plain, "", true)
    }

    /// A member or an element.
    private init(_ json: JSONValue, name: String, in parent: String = "", isTyped: Bool) {
        let isPointer = isTyped && Self.pointers.contains(name)
        switch json {
        case .object: kind = !isTyped || Self.isMap(name, in: parent) ? .map : .structure
        case .null:
            kind = !isTyped ? .nothing : isPointer ? .pointer : Self.isMap(name, in: parent) ? .map : .plain
        case .bool, .integer, .unsigned, .double: kind = isPointer ? .pointer : .plain
        case .string, .array: kind = .plain
        }
        (self.json, self.name, self.isTyped) = (json, name, isTyped)
    }

    private init(_ json: JSONValue, _ kind: Kind) { (self.json, self.kind, name, isTyped) = (json, kind, "", true) }

    static let nothing = TemplateValue(.null, .nothing)

    /// The member of this.
    func member(_ name: String, _ json: JSONValue) -> TemplateValue {
        TemplateValue(json, name: kind == .structure ? name : "", in: self.name, isTyped: isTyped)
    }

    /// An element of this.
    func element(_ json: JSONValue) -> TemplateValue { TemplateValue(json, name: "", isTyped: isTyped) }

    /// Whether keys are of a type of their own, which no text of a template is.
    var hasOwnKeys: Bool { isTyped && Self.mapsOfPorts.contains(name) }

    /// What a key stands for that a map does not have, when it is asked for with `index`: the empty value of its type.
    var missingElement: TemplateValue {
        if !isTyped { return .nothing }
        if Self.mapsOfPointers.contains(name) { return TemplateValue(.null, .pointer) }
        return Self.mapsOfOthers.contains(name) ? .nothing : TemplateValue("")
    }

    private static func isMap(_ name: String, in parent: String) -> Bool {
        // An element of a map has no name of its own.
        maps.contains(name) || (name == "Config" && parent == "LogConfig")
    }

    private static let maps: Set<String> = [
        "Annotations", "Attributes", "AuxiliaryAddresses", "Containers", "Data", "DriverOpts", "ExposedPorts",
        "IndexConfigs", "Labels", "Networks", "Options", "PortBindings", "Ports", "Runtimes", "StorageOpt", "Sysctls",
        "Tmpfs", "Volumes",
    ]
    private static let mapsOfPointers: Set<String> = ["Networks"]
    private static let mapsOfPorts: Set<String> = ["ExposedPorts", "PortBindings", "Ports"]
    private static let mapsOfOthers: Set<String> = ["Containers", "IndexConfigs", "Runtimes", "Volumes"]
    private static let pointers: Set<String> = [
        "BindOptions", "Health", "Healthcheck", "IPAMConfig", "Init", "MemorySwappiness", "OomKillDisable", "PidsLimit",
        "Platform", "StopTimeout", "TmpfsOptions", "UsageData", "VolumeOptions",
    ]
}

extension TemplateValue {
    var isNil: Bool { json == .null }

    /// As `if` sees it: what is empty is not true, but whatever is pointed to is, and so is any structure.
    var isTrue: Bool {
        switch json {
        case .null: false
        case .object(let object): kind == .structure || !object.isEmpty
        case .array(let elements): !elements.isEmpty
        case .string(let text): !text.isEmpty
        case .bool(let bool): kind == .pointer || bool
        case .integer(let number): kind == .pointer || number != 0
        case .unsigned(let number): kind == .pointer || number != 0
        case .double(let number): kind == .pointer || number != 0
        }
    }

    /// As Go prints a value: lists in brackets, structures in braces, maps as `map[key:value]`.
    var shown: String {
        switch json {
        case .null: kind == .map ? "map[]" : kind == .plain && !name.isEmpty ? "[]" : "<nil>"
        case .bool(let bool): String(bool)
        case .integer(let number): String(number)
        case .unsigned(let number): String(number)
        case .double(let number): PrintedNumber.shortest(number)
        case .string(let text): text
        case .array: "[\(elements.map(\.value.shown).joined(separator: " "))]"
        case .object where kind == .structure: "{\(elements.map(\.value.shown).joined(separator: " "))}"
        case .object: "map[\(elements.map { "\($0.key.shown):\($0.value.shown)" }.joined(separator: " "))]"
        }
    }

    /// Elements of a list with their numbers, members of a map by their keys, members of a structure in its order.
    var elements: [(key: TemplateValue, value: TemplateValue)] {
        switch json {
        case .array(let values): values.enumerated().map { (TemplateValue(JSONValue($0.offset)), element($0.element)) }
        case .object(let object):
            (kind == .structure ? object.members : object.members.sorted { $0.key < $1.key }).map {
                (TemplateValue(.string($0.key)), member($0.key, $0.value))
            }
        default: []
        }
    }

    /// The name of its type, as Go gives it for any JSON.
    var typeName: String {
        switch json {
        case .null: "<nil>"
        case .bool: "bool"
        case .integer: "int"
        case .unsigned: "uint"
        case .double: "float64"
        case .string: "string"
        case .array: "[]interface {}"
        case .object: "map[string]interface {}"
        }
    }
}
