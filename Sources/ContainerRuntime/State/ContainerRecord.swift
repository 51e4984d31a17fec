public import Cgroups
public import LinuxKernel
public import OCISpec

/// What the runtime keeps of a container: `state.json` in its directory.
///
/// The record says which process and which cgroups are the container's; whether they live is asked of the kernel.
/// It is written before anything is made outside of the directory, and again whenever there is more to take away, so
/// that a crash at any moment leaves nothing that is not named here.
public struct ContainerRecord: Equatable, Sendable {
    /// Its name is the directory's.
    public var id: ContainerID
    /// The version of the specification that the bundle follows.
    public var ociVersion: String
    /// Absolute.
    public var bundle: String
    /// Absolute.
    public var rootfs: String
    /// When create began.
    public var created: Timestamp
    /// The user who made it.
    public var owner: UInt32
    /// Those of the bundle, for `state` and hooks.
    public var annotations: OrderedMap<String>
    /// The first process; `nil` until there is one.
    public var process: ProcessIdentity?
    /// Create has not finished, or died before it did.
    public var isCreating: Bool
    /// Where its cgroup lies in each hierarchy.
    public var cgroups: CgroupPlacement
    /// The cgroup is not made yet, and what runs at its place may be somebody else's: delete removes what is empty
    /// there, and kills nothing.
    public var cgroupsArePlanned: Bool
    /// Whether its processes end with the first one, because the pid namespace is its own.
    public var ownsPidNamespace: Bool
    /// The group below the resctrl file system that was made for it: absolute.
    public var resctrlGroup: String?

    /// The record of a container of which nothing is made yet, unless said otherwise.
    public init(
        id: ContainerID, ociVersion: String, bundle: String, rootfs: String, created: Timestamp = .now,
        owner: UInt32 = CallerIdentity.effectiveUid, annotations: OrderedMap<String> = [:],
        process: ProcessIdentity? = nil, isCreating: Bool = true, cgroups: CgroupPlacement = CgroupPlacement([]),
        cgroupsArePlanned: Bool = false, ownsPidNamespace: Bool, resctrlGroup: String? = nil
    ) {
        self.id = id
        self.ociVersion = ociVersion
        self.bundle = bundle
        self.rootfs = rootfs
        self.created = created
        self.owner = owner
        self.annotations = annotations
        self.process = process
        self.isCreating = isCreating
        self.cgroups = cgroups
        self.cgroupsArePlanned = cgroupsArePlanned
        self.ownsPidNamespace = ownsPidNamespace
        self.resctrlGroup = resctrlGroup
    }
}

// MARK: JSON

extension ContainerRecord {
    /// Reads the content of `state.json`.
    ///
    /// - Throws: `SpecError` with the field that is missing or wrong.
    public init(json: JSONValue) throws(SpecError) {
        let fields = try RecordFields(json)
        do {
            id = try ContainerID(fields.text("id"))
        } catch {
            throw .field(path: "id", problem: "\(error)")
        }
        ociVersion = try fields.text("ociVersion")
        bundle = try fields.path("bundle")
        rootfs = try fields.path("rootfs")
        guard let created = Timestamp(try fields.text("created")) else {
            throw .field(path: "created", problem: "no time in RFC 3339")
        }
        self.created = created
        owner = UInt32(truncatingIfNeeded: try fields.number("owner", 0...Int64(UInt32.max)))
        annotations = try fields.texts("annotations")
        if fields.has("pid") {
            process = ProcessIdentity(
                pid: Int32(truncatingIfNeeded: try fields.number("pid", 1...Int64(Int32.max))),
                startTime: UInt64(try fields.number("startTimeTicks", 0...Int64.max)))
        }
        isCreating = try fields.flag("creating")
        cgroups = CgroupPlacement(try fields.texts("cgroups").map { (label: $0.key, path: $0.value) })
        cgroupsArePlanned = try fields.flag("cgroupsArePlanned")
        ownsPidNamespace = try fields.flag("ownsPidNamespace")
        resctrlGroup = fields.has("resctrlGroup") ? try fields.path("resctrlGroup") : nil
    }

    /// The content of `state.json`.
    public var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id.text), "ociVersion": .string(ociVersion), "bundle": .string(bundle),
            "rootfs": .string(rootfs), "created": .string(created.description), "owner": JSONValue(owner),
            "creating": .bool(isCreating), "ownsPidNamespace": .bool(ownsPidNamespace),
        ]
        if let process {
            object["pid"] = JSONValue(process.pid)
            object["startTimeTicks"] = JSONValue(process.startTime)
        }
        var places = JSONObject()
        for entry in cgroups.entries { places[entry.label] = .string(entry.path) }
        object["cgroups"] = .object(places)
        if cgroupsArePlanned { object["cgroupsArePlanned"] = true }
        if !annotations.isEmpty { object["annotations"] = texts(annotations) }
        if let resctrlGroup { object["resctrlGroup"] = .string(resctrlGroup) }
        return .object(object)
    }

    private func texts(_ map: OrderedMap<String>) -> JSONValue {
        var object = JSONObject()
        for (key, value) in map { object[key] = .string(value) }
        return .object(object)
    }
}

/// Typed access to the members of the record's object.
private struct RecordFields {
    let object: JSONObject

    init(_ json: JSONValue) throws(SpecError) {
        guard case .object(let object) = json else { throw .field(path: "", problem: "no object") }
        self.object = object
    }

    func has(_ name: String) -> Bool { object[name] != nil }

    func text(_ name: String) throws(SpecError) -> String {
        guard case .string(let text)? = object[name], !text.utf8.contains(0) else {
            throw .field(path: name, problem: "no text")
        }
        return text
    }

    func path(_ name: String) throws(SpecError) -> String {
        let path = try text(name)
        guard path.utf8.first == UInt8(ascii: "/") else { throw .field(path: name, problem: "not absolute") }
        return path
    }

    func number(_ name: String, _ range: ClosedRange<Int64>) throws(SpecError) -> Int64 {
        guard case .integer(let number)? = object[name], range.contains(number) else {
            throw .field(path: name, problem: "no number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func flag(_ name: String) throws(SpecError) -> Bool {
        switch object[name] {
        case nil: return false
        case .bool(let flag)?: return flag
        default: throw .field(path: name, problem: "neither true nor false")
        }
    }

    func texts(_ name: String) throws(SpecError) -> OrderedMap<String> {
        var map = OrderedMap<String>()
        guard let value = object[name] else { return map }
        guard case .object(let object) = value else { throw .field(path: name, problem: "no object") }
        for (key, value) in object {
            guard case .string(let text) = value else { throw .field(path: "\(name).\(key)", problem: "no text") }
            map[key] = text
        }
        return map
    }
}
