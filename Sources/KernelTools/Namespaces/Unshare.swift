internal import Capabilities
internal import LinuxKernel

/// `unshare`: a program with namespaces of its own. Source: unshare(1) of util-linux 2.38.
let unshareTool = Tool(
    "unshare", "Run a program with some namespaces unshared from the parent.",
    operands: "[<program> [<argument>...]]",
    options: NamespaceOptions.options("unshare", letterTakesFile: false) + [
        ToolOption("f", "fork", "fork before launching <program>"),
        ToolOption(nil, "map-user", .required("UID|NAME"), "map current user to uid (implies --user)"),
        ToolOption(nil, "map-group", .required("GID|NAME"), "map current group to gid (implies --user)"),
        ToolOption("r", "map-root-user", "map current user to root (implies --user)"),
        ToolOption("c", "map-current-user", "map current user to itself (implies --user)"),
        ToolOption(nil, "map-auto", "map users and groups automatically (implies --user)"),
        ToolOption(
            nil, "map-users", .required("OUTER,INNER,COUNT"), "map count users from outer to inner (implies --user)"),
        ToolOption(
            nil, "map-groups", .required("OUTER,INNER,COUNT"), "map count groups from outer to inner (implies --user)"),
        ToolOption(nil, "kill-child", .optional("SIGNAL"), "when dying, kill the forked child (implies --fork)"),
        ToolOption(nil, "mount-proc", .optional("DIR"), "mount proc filesystem first (implies --mount)"),
        ToolOption(nil, "propagation", .required("TYPE"), "slave, shared, private or unchanged: of the mounts"),
        ToolOption(nil, "setgroups", .required("allow|deny"), "control the setgroups syscall in user namespaces"),
        ToolOption(nil, "keep-caps", "retain capabilities granted in user namespaces"),
        ToolOption("R", "root", .required("DIR"), "run the command with root directory set to DIR"),
        ToolOption("w", "wd", .required("DIR"), "change working directory to DIR"),
        ToolOption("S", "setuid", .required("UID"), "set uid in entered namespace"),
        ToolOption("G", "setgid", .required("GID"), "set gid in entered namespace"),
        ToolOption(nil, "monotonic", .required("OFFSET"), "set clock monotonic offset (seconds) in time namespaces"),
        ToolOption(nil, "boottime", .required("OFFSET"), "set clock boottime offset (seconds) in time namespaces"),
    ],
    startsCommand: true,
    run: { options, _ in
        let plan = try UnsharePlan(options)
        try plan.carryOut()
        if options.operands.isEmpty { try executeLoginShell() }
        try executeCommand(options.operands)
    })

/// What an `unshare` command line asks for, checked.
struct UnsharePlan {
    var kinds: Set<NamespaceKind>
    var files: [(kind: NamespaceKind, file: String)] = []
    var forks: Bool
    var childSignal: Signal?
    var users = IdentityMap()
    var groups = IdentityMap()
    var allowsSetgroups: Bool?
    var procDirectory: String?
    /// `nil` leaves it unchanged.
    var propagation: MountPropagation? = .private
    var root: String?
    var directory: String?
    var uid: UInt32?
    var gid: UInt32?
    var keepsCapabilities: Bool
    /// Clock numbers with offsets in seconds.
    var offsets: [(clock: Int, seconds: Int64)] = []

    init(_ options: ToolOptions) throws {
        let requested = NamespaceOptions.requested(options)
        kinds = Set(requested.map(\.kind))
        files = requested.compactMap { entry in entry.file.map { (entry.kind, $0) } }
        forks = options.has("fork") || options.has("kill-child")
        if options.has("kill-child") { childSignal = try Signal(parsing: options.value("kill-child") ?? "KILL") }
        if options.has("mount-proc") {
            kinds.insert(.mount)
            procDirectory = options.value("mount-proc") ?? "/proc"
        }
        switch options.value("propagation") {
        case nil, "private": break
        case "slave": propagation = .slave
        case "shared": propagation = .shared
        case "unchanged": propagation = nil
        case let other?: throw ToolFailure("unsupported propagation mode: \(other)")
        }
        switch options.value("setgroups") {
        case nil: break
        case "allow": allowsSetgroups = true
        case "deny": allowsSetgroups = false
        case let other?: throw ToolFailure("unsupported --setgroups argument '\(other)'")
        }
        root = options.value("root")
        directory = options.value("wd")
        keepsCapabilities = options.has("keep-caps")
        uid = try options.value("setuid").map { try Self.id($0, "uid") }
        gid = try options.value("setgid").map { try Self.id($0, "gid") }
        for (key, clock) in [("monotonic", 1), ("boottime", 7)] {
            if let text = options.value(key) { offsets.append((clock, try seconds(text, key))) }
        }
        try readMaps(options)
        guard offsets.isEmpty || kinds.contains(.time) else {
            throw ToolFailure("options --monotonic and --boottime require unsharing of a time namespace (-T)")
        }
        guard allowsSetgroups == nil || kinds.contains(.user) else {
            throw ToolFailure("option --setgroups requires unsharing of a user namespace (-U)")
        }
        guard allowsSetgroups != true || groups.single == nil || groups.range != nil else {
            throw ToolFailure("options --setgroups=allow and --map-group are mutually exclusive")
        }
    }

    private static func id(_ text: String, _ what: String) throws(ToolFailure) -> UInt32 {
        guard let number = UInt32(text), number != .max else { throw ToolFailure("failed to parse \(what): '\(text)'") }
        return number
    }

    private mutating func readMaps(_ options: ToolOptions) throws {
        let accounts = Accounts.current()
        // The last of them wins, as each sets both ids.
        for (key, value) in options.given {
            switch key {
            case "map-user": users.single = try accounts.userID(value ?? "")
            case "map-group": groups.single = try accounts.groupID(value ?? "")
            case "map-root-user": (users.single, groups.single) = (0, 0)
            case "map-current-user":
                (users.single, groups.single) = (CallerIdentity.effectiveUid, CallerIdentity.effectiveGid)
            case "map-users" where value != "auto": users.range = try IdentityRange(parsing: value ?? "")
            case "map-groups" where value != "auto": groups.range = try IdentityRange(parsing: value ?? "")
            case "map-auto", "map-users", "map-groups":
                let own = CallerIdentity.effectiveUid
                if key != "map-groups" { users.range = try .subordinate("/etc/subuid", of: accounts, uid: own) }
                if key != "map-users" { groups.range = try .subordinate("/etc/subgid", of: accounts, uid: own) }
            default: break
            }
        }
        if !users.isEmpty || !groups.isEmpty { kinds.insert(.user) }
    }

    /// Brings this process, or the child in which it goes on, to where the command starts.
    func carryOut() throws {
        let (own, ownGroup) = (CallerIdentity.effectiveUid, CallerIdentity.effectiveGid)
        // Two jobs need a process that stays outside: maps of more than one id, and files of namespaces, which must be
        // bound in the old mount namespace.
        let mapper = try needsMapper ? OutsideProcess { [self] parent in try writeMaps(parent, own, ownGroup) } : nil
        let binder = try files.isEmpty ? nil : OutsideProcess { [self] parent in try bindFiles(parent) }
        try unshare(NamespaceKind.allCases.filter(kinds.contains))
        try mapper?.proceed()
        for (clock, seconds) in offsets { try writeProcessFile("/proc/self/timens_offsets", "\(clock) \(seconds) 0\n") }
        if forks {
            // The files come after the fork: before it a pid namespace is not there yet.
            try goOnInChild(endsWithParent: childSignal) { _ in try binder?.proceed() }
        } else {
            try binder?.proceed()
        }
        try writeOwnMaps(own, ownGroup)
        if kinds.contains(.mount), let propagation { try setRootPropagation(propagation, recursive: true) }
        if let root {
            try changeRoot(to: try OwnedDescriptor(open: root, [.pathOnly, .directory]))
        }
        if let directory { try changeDirectory(to: directory) }
        if let procDirectory { try mountProc(procDirectory) }
        try becomeUser()
    }

    private var needsMapper: Bool { users.range != nil || groups.range != nil }

    private func writeMaps(_ parent: Int32, _ own: UInt32, _ ownGroup: UInt32) throws {
        if !users.isEmpty { try users.write("uid_map", helper: "/usr/bin/newuidmap", pid: parent, own: own) }
        if !groups.isEmpty {
            // Kept from giving up groups that deny something, whoever maps nothing but himself.
            if groups.range == nil { try writeProcessFile("/proc/\(parent)/setgroups", "deny") }
            try groups.write("gid_map", helper: "/usr/bin/newgidmap", pid: parent, own: ownGroup)
        }
    }

    private func writeOwnMaps(_ own: UInt32, _ ownGroup: UInt32) throws {
        if !needsMapper {
            if !users.isEmpty { try writeProcessFile("/proc/self/uid_map", users.text(own: own)) }
            if !groups.isEmpty {
                try writeProcessFile("/proc/self/setgroups", "deny")
                try writeProcessFile("/proc/self/gid_map", groups.text(own: ownGroup))
            }
        }
        if let allowsSetgroups { try writeProcessFile("/proc/self/setgroups", allowsSetgroups ? "allow" : "deny") }
    }

    private func bindFiles(_ parent: Int32) throws {
        for (kind, file) in files {
            let suffix = kind == .pid || kind == .time ? "_for_children" : ""
            try bindMount("/proc/\(parent)/ns/\(kind.fileName)\(suffix)", on: file)
        }
    }

    private func mountProc(_ path: String) throws {
        let target = try OwnedDescriptor(open: path, [.pathOnly, .directory])
        // A mount that is shared with others would carry ours to them.
        if propagation != .private || root != nil { try? setPropagation(.private, ofMountContaining: target) }
        try DetachedMount.fileSystem("proc", source: "proc", attributes: [.noSetUID, .noExec, .noDevices])
            .attach(to: target, subject: path)
    }

    private func becomeUser() throws {
        if let gid {
            try setSupplementaryGroups([])
            try setGroupID(gid)
        }
        if let uid { try setUserID(uid) }
        if keepsCapabilities, kinds.contains(.user) {
            let held = try ProcessCapabilities.ownPermitted()
            try CapabilityPlan(
                bounding: .all(upTo: Capability.last()), permitted: held, effective: held, inheritable: held,
                ambient: held
            )
            .apply()
        }
    }
}

/// A child that stays in the namespaces that its parent leaves, to do one thing there when it is told to.
final class OutsideProcess {
    private let pid: Int32
    private let start: EventCounter

    /// - Parameter work: Gets the parent's pid. What it throws is said on standard error.
    init(_ work: (Int32) throws -> Void) throws {
        let start = try EventCounter()
        let parent = CallerIdentity.pid
        switch try clone(namespaces: [], cgroup: nil) {
        case .child:
            do {
                try ProcessAttribute.setParentDeathSignal(.kill)
                _ = try start.take()
                try work(parent)
                exitNow(0)
            } catch {
                let message = (error as? ToolFailure)?.message ?? "\(error)"
                try? makeStandardStream(1, ofNumber: 2)
                try? StandardDescriptors.print("unshare: \(message)\n")
                exitNow(1)
            }
        case .parent(let pid, _):
            self.pid = pid
            self.start = start
        }
    }

    /// Lets the child do its work and waits for it.
    ///
    /// - Throws: `ToolFailure` without a message: the child has said what was wrong.
    func proceed() throws {
        try start.signal()
        guard try Children.wait(for: pid).isSuccess else { throw ToolFailure(nil) }
    }
}
