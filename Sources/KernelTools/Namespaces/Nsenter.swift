internal import AppArmor
internal import Cgroups
internal import LinuxKernel

/// `nsenter`: a program in the namespaces of another process. Source: nsenter(1) of util-linux 2.38, and 2.40 for
/// `--join-cgroup`.
let nsenterTool = Tool(
    "nsenter", "Run a program with namespaces of other processes.",
    operands: "[<program> [<argument>...]]",
    options: [
        ToolOption("a", "all", "enter all namespaces"),
        ToolOption("t", "target", .required("PID"), "target process to get namespaces from"),
    ] + NamespaceOptions.options("enter", letterTakesFile: true) + [
        ToolOption("S", "setuid", .required("UID"), "set uid in entered namespace"),
        ToolOption("G", "setgid", .required("GID"), "set gid in entered namespace"),
        ToolOption(nil, "preserve-credentials", "do not touch uids or gids"),
        ToolOption("r", "root", .optional("DIR"), "set the root directory"),
        ToolOption("w", "wd", .optional("DIR"), "set the working directory"),
        ToolOption("W", "wdns", .required("DIR"), "set the working directory in namespace"),
        ToolOption("e", "env", "inherit environment variables from target process"),
        ToolOption("F", "no-fork", "do not fork before exec'ing <program>"),
        ToolOption("c", "join-cgroup", "join the cgroups of the target process"),
        ToolOption("Z", "follow-context", "set SELinux context according to --target PID"),
    ],
    startsCommand: true,
    remarks: "The target may be named by a container, too.",
    run: { options, context in
        let entry = try NamespaceEntry(options, context)
        try entry.carryOut(options)
        let environment = entry.environment ?? callerEnvironment()
        if options.operands.isEmpty { try executeLoginShell(environment: environment) }
        try executeCommand(options.operands, environment: environment)
    })

/// What an `nsenter` command line asks for, opened while this process can still see it.
private final class NamespaceEntry {
    private var namespaces: [Namespace] = []
    private let root: OwnedDescriptor?
    private let directory: OwnedDescriptor?
    private var cgroups: [String] = []
    private(set) var environment: [String]?
    private let target: Int32?

    /// Held in a class, since arrays hold no noncopyable values.
    private final class Namespace {
        let kind: NamespaceKind
        let descriptor: NamespaceDescriptor

        init(_ kind: NamespaceKind, _ path: String) throws {
            self.kind = kind
            descriptor = try NamespaceDescriptor(kind, path: path)
        }
    }

    init(_ options: ToolOptions, _ context: ToolContext) throws {
        let target = try options.value("target").map { try Self.pid($0, context) }
        self.target = target
        func ofTarget(_ path: String, _ what: String) throws -> String {
            guard let target else { throw ToolFailure("neither filename nor target pid supplied for \(what)") }
            return "/proc/\(target)/\(path)"
        }
        root =
            try options.has("root")
            ? Self.directory(try options.value("root") ?? ofTarget("root", "root")) : nil
        // Another root alone leaves the working directory where it is, as the original does.
        let place = try options.has("wd") ? options.value("wd") ?? ofTarget("cwd", "wd") : nil
        directory = try place.map { try Self.directory($0) } ?? (options.has("root") ? Self.directory(".") : nil)
        for (kind, file) in NamespaceOptions.requested(options) {
            namespaces.append(try Namespace(kind, file ?? ofTarget("ns/\(kind.fileName)", "ns/\(kind.fileName)")))
        }
        if options.has("all") {
            guard let target else { throw ToolFailure("no target PID specified for --all") }
            let own = try ProcessInformation(pid: CallerIdentity.pid)
            let other = try ProcessInformation(pid: target)
            for kind in NamespaceKind.allCases where !namespaces.contains(where: { $0.kind == kind }) {
                // The namespace one is in already need not be entered, and the user's cannot be; but mounts are, so that root and
                // working directory are those of the target's namespace in every case.
                if kind != .mount, try own.namespace(kind) == other.namespace(kind) { continue }
                namespaces.append(try Namespace(kind, "/proc/\(target)/ns/\(kind.fileName)"))
            }
        }
        if options.has("join-cgroup") {
            guard let target else { throw ToolFailure("--join-cgroup needs --target") }
            let host = try CgroupHost.detect()
            for membership in try ProcessInformation(pid: target).cgroups() {
                let label = membership.controllers.joined(separator: ",")
                guard let hierarchy = host.hierarchies.first(where: { $0.label == label }) else { continue }
                cgroups.append(hierarchy.mountPoint + membership.path + "/cgroup.procs")
            }
        }
        if options.has("env") {
            guard let target else { throw ToolFailure("--env needs --target") }
            environment = try ProcessInformation(pid: target).environment()
        }
    }

    private static func directory(_ path: String) throws(SyscallError) -> OwnedDescriptor {
        try OwnedDescriptor(open: path, [.read, .directory])
    }

    /// A pid, or the name of a container that runs.
    private static func pid(_ text: String, _ context: ToolContext) throws(ToolFailure) -> Int32 {
        if let number = Int32(text) {
            guard number > 0 else { throw ToolFailure("failed to parse pid: '\(text)'") }
            return number
        }
        guard let named = context.containers().first(where: { $0.name == text }) else {
            throw ToolFailure("failed to parse pid: '\(text)' is no number, and no running container has that name")
        }
        return named.pid
    }

    func carryOut(_ options: ToolOptions) throws {
        for path in cgroups { try writeProcessFile(path, "0") }
        if options.has("follow-context"), let context = try context(of: target) {
            try writeProcessFile("/proc/self/attr/exec", context)
        }
        try enterAll()
        switch root {
        case .some(let root): try changeRoot(to: root)
        case .none: break
        }
        switch directory {
        case .some(let directory): try changeDirectory(to: directory)
        case .none: break
        }
        if let path = options.value("wdns") { try changeDirectory(to: path) }
        // Only children are in a new pid or time namespace.
        let needsChild = namespaces.contains { $0.kind == .pid || $0.kind == .time }
        if needsChild, !options.has("no-fork") { try goOnInChild() }
        try becomeUser(options)
    }

    /// - Returns: `nil` where there are no contexts, as without SELinux.
    private func context(of target: Int32?) throws -> String? {
        guard let target else { throw ToolFailure("--follow-context needs --target") }
        guard try SELinux.isEnabled() else { return nil }
        return String(
            decoding: try ProcessInformation(pid: target).read("attr/current").prefix { $0 != 0 }, as: UTF8.self)
    }

    /// All namespaces, the user namespace last if this process may enter the others by itself, and first if it gets that
    /// right only there.
    private func enterAll() throws {
        // One order for both: the mount namespace after those whose files it may hide.
        let order: [NamespaceKind] = [.cgroup, .ipc, .uts, .network, .pid, .mount, .time]
        var left = order.compactMap { kind in namespaces.first { $0.kind == kind } }
        let user = namespaces.first { $0.kind == .user }
        if let user {
            while let next = left.first {
                do throws(SyscallError) { try next.descriptor.enter() } catch { break }
                left.removeFirst()
            }
            try enter(user)
        }
        for namespace in left { try enter(namespace) }
    }

    private func enter(_ namespace: Namespace) throws {
        do throws(SyscallError) {
            try namespace.descriptor.enter()
        } catch {
            throw ToolFailure("reassociate to namespace 'ns/\(namespace.kind.fileName)' failed: \(error.code)")
        }
    }

    private func becomeUser(_ options: ToolOptions) throws {
        let entersUser = namespaces.contains { $0.kind == .user } && !options.has("preserve-credentials")
        func id(_ key: String) throws(ToolFailure) -> UInt32? {
            guard let text = options.value(key) else { return entersUser ? 0 : nil }
            guard let number = UInt32(text), number != .max else {
                throw ToolFailure("failed to parse \(key): '\(text)'")
            }
            return number
        }
        if let gid = try id("setgid") {
            do throws(SyscallError) {
                try setSupplementaryGroups([])
            } catch {
                // A user namespace whose maker could not give up groups: they stay as they are.
                guard entersUser, error.code == .notPermitted else { throw error }
            }
            try setGroupID(gid)
        }
        if let uid = try id("setuid") { try setUserID(uid) }
    }
}
