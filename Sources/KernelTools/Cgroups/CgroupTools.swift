internal import Cgroups
internal import CommandLineUI
internal import LinuxKernel

/// `-g`, which all of these tools have.
let groupOption = ToolOption("g", nil, .required("CONTROLLERS:PATH"), "the control group; * is every controller")

/// `cgcreate`: new cgroups. Source: cgcreate(1) of libcgroup 2.0.
let cgcreateTool = Tool(
    "cgcreate", "Create control group(s).",
    operands: "-g <controllers>:<path> [-g ...]",
    options: [
        groupOption, ToolOption("a", nil, .required("UID:GID"), "owner of the group and all its files"),
        ToolOption("t", nil, .required("UID:GID"), "owner of the tasks file"),
        ToolOption("d", "dperm", .required("MODE"), "group directory permissions"),
        ToolOption("f", "fperm", .required("MODE"), "group file permissions"),
        ToolOption("s", "tperm", .required("MODE"), "tasks file permissions"),
        ToolOption("v", "verbose", "say what is done"),
    ], usageStatus: CgroupStatus.misuse,
    run: { options, _ in
        guard !options.values("g").isEmpty else {
            throw ToolFailure("no group given: -g CONTROLLERS:PATH", status: CgroupStatus.misuse)
        }
        let host = try CgroupHost.detect()
        let ownership = try CgroupOwnership(options)
        for text in options.values("g") {
            let selection = try CgroupSelection(parsing: text)
            guard !selection.path.isEmpty else {
                throw ToolFailure("'\(text)' names the root group", status: CgroupStatus.misuse)
            }
            for place in try selection.places(host) {
                try create(place)
                try ownership.apply(to: place)
                if options.has("verbose") { Output.line("mkdir \(place.directory)") }
            }
        }
        return 0
    })

/// Makes a cgroup with those above it, and hands it on v2 the controllers that are there to be had.
private func create(_ place: CgroupPlace) throws {
    var path = ""
    for component in place.path.split(separator: "/") {
        let above = CgroupPlace(hierarchy: place.hierarchy, path: path)
        if place.hierarchy.version == .v2 { enableControllers(above) }
        path = path.isEmpty ? String(component) : "\(path)/\(component)"
        do throws(SyscallError) {
            try above.open().makeDirectory(String(component), mode: 0o755)
        } catch  where error.code == .fileExists {
            continue
        } catch {
            throw SyscallError(call: "mkdir", subject: "\(place.hierarchy.mountPoint)/\(path)", code: error.code)
        }
    }
}

/// What cannot be handed down is missing in the new cgroup: its files say so to whoever needs them.
private func enableControllers(_ place: CgroupPlace) {
    let all = ((try? place.content("cgroup.controllers")) ?? "").split(separator: " ")
    let enabled = Set(((try? place.content("cgroup.subtree_control")) ?? "").split(separator: " "))
    for controller in all where !enabled.contains(controller) {
        try? place.write("cgroup.subtree_control", "+\(controller)")
    }
}

/// Owners and permissions of new cgroups.
private struct CgroupOwnership {
    let all: (uid: UInt32, gid: UInt32)?
    let tasks: (uid: UInt32, gid: UInt32)?
    let directoryMode: UInt32?
    let fileMode: UInt32?
    let tasksMode: UInt32?

    init(_ options: ToolOptions) throws {
        let accounts = Accounts.current()
        func owner(_ key: String) throws(ToolFailure) -> (uid: UInt32, gid: UInt32)? {
            guard let text = options.value(key) else { return nil }
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard (1...2).contains(parts.count), text != "", text != ":" else {
                throw ToolFailure("-\(key): '\(text)' is not USER:GROUP")
            }
            // What is not named stays as it is: -1 to chown(2).
            let group = parts.count == 2 ? parts[1] : ""
            return (
                parts[0].isEmpty ? .max : try accounts.userID(parts[0]),
                group.isEmpty ? .max : try accounts.groupID(group)
            )
        }
        func mode(_ key: String) throws(ToolFailure) -> UInt32? {
            guard let text = options.value(key) else { return nil }
            guard let mode = UInt32(text, radix: 8), mode <= 0o7777 else {
                throw ToolFailure("--\(key): '\(text)' is no octal mode")
            }
            return mode
        }
        all = try owner("a")
        tasks = try owner("t")
        directoryMode = try mode("dperm")
        fileMode = try mode("fperm")
        tasksMode = try mode("tperm")
    }

    func apply(to place: CgroupPlace) throws(SyscallError) {
        let directory = try place.open()
        if let directoryMode { try directory.setPermissions(directoryMode) }
        if let all { try directory.setOwner(uid: all.uid, gid: all.gid) }
        guard all != nil || tasks != nil || fileMode != nil || tasksMode != nil else { return }
        for entry in try directory.entries() where entry.kind != .directory {
            let isTasks = ["tasks", "cgroup.procs", "cgroup.threads"].contains(entry.name)
            // A descriptor that only names a file cannot change its mode, and some files can only be written.
            let isReadable = try directory.status(of: entry.name).permissions & 0o444 != 0
            let file = try directory.open(entry.name, [isReadable ? .read : .write, .noFollow, .nonBlocking])
            if let owner = isTasks ? tasks ?? all : all { try file.setOwner(uid: owner.uid, gid: owner.gid) }
            if let mode = isTasks ? tasksMode ?? fileMode : fileMode {
                // Writing is not given where the kernel has none.
                let writable = try file.status().permissions & 0o222 != 0
                try file.setPermissions(writable ? mode : mode & ~0o222)
            }
        }
    }
}

/// `cgset`: parameters of cgroups. Source: cgset(1).
let cgsetTool = Tool(
    "cgset", "Set the parameters of given cgroup(s).",
    operands: "-r <name=value> <cgroup_path> ...",
    options: [
        ToolOption("r", "variable", .required("NAME=VALUE"), "parameter to set, under its name on v1 or v2"),
        ToolOption(nil, "copy-from", .required("PATH"), "control group whose parameters will be copied"),
        ToolOption("v", "verbose", "tell how names of the other version were translated"),
    ], usageStatus: CgroupStatus.misuse,
    run: { options, _ in
        guard !options.operands.isEmpty else { throw ToolFailure("no group given", status: CgroupStatus.misuse) }
        let host = try CgroupHost.detect()
        let settings = try options.values("variable").map { text throws(ToolFailure) in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw ToolFailure("wrong parameter '\(text)': it is NAME=VALUE")
            }
            return (name: parts[0], value: parts[1])
        }
        guard !settings.isEmpty || options.has("copy-from") else {
            throw ToolFailure("no parameter given: -r NAME=VALUE", status: CgroupStatus.misuse)
        }
        for operand in options.operands {
            let path = try CgroupSelection.path(operand)
            if let source = options.value("copy-from") {
                try copy(from: try CgroupSelection.path(source), to: path, host)
            }
            for (name, value) in settings {
                let place = CgroupPlace(hierarchy: try CgroupParameters.hierarchy(ofParameter: name, host), path: path)
                let translated = try CgroupStatus.changing { try CgroupParameters.write(name, value, at: place) }
                if options.has("verbose"), !translated.isEmpty {
                    Output.line("\(name)=\(value) is \(translated.joined(separator: ", ")) here, in \(place.directory)")
                }
            }
        }
        return 0
    })

/// Every file that can be read and written. What the kernel refuses, as it does where nothing may change any more, stays.
private func copy(from source: String, to target: String, _ host: CgroupHost) throws {
    var isFound = false
    for hierarchy in host.hierarchies {
        let (from, to) = (
            CgroupPlace(hierarchy: hierarchy, path: source), CgroupPlace(hierarchy: hierarchy, path: target)
        )
        guard let files = try? from.files(), (try? to.files()) != nil else { continue }
        isFound = true
        for file in files where file.contains(".") && !file.hasPrefix("cgroup.") {
            guard let value = try? from.content(file), value != (try? to.content(file)) else { continue }
            try? to.write(file, value)
        }
    }
    guard isFound else { throw ToolFailure("no hierarchy has both \(source) and \(target)") }
}

/// `cgget`: what cgroups are set to and have used. Source: cgget(1).
let cggetTool = Tool(
    "cgget", "Print parameter(s) of given group(s).",
    operands: "<path> ...",
    options: [
        ToolOption("a", "all", "print info about all relevant controllers"),
        ToolOption("g", nil, .required("CONTROLLERS[:PATH]"), "controllers, or a control group, to display"),
        ToolOption("n", nil, "do not print headers"),
        ToolOption("r", "variable", .required("NAME"), "parameter to display, under its name on v1 or v2"),
        ToolOption("v", "values-only", "print only values, not parameter names"),
        ToolOption(nil, "explain", "tell how names of the other version were translated"),
    ],
    run: { options, _ in try CgroupListing(options).show() })

private struct CgroupListing {
    let options: ToolOptions
    let host: CgroupHost

    init(_ options: ToolOptions) throws {
        self.options = options
        host = try CgroupHost.detect()
    }

    func show() throws -> Int32 {
        var requests: [(path: String, shown: String, controllers: [String]?)] = []
        var controllers: [String] = []
        for text in options.values("g") {
            if text.contains(":") {
                let selection = try CgroupSelection(parsing: text)
                requests.append((selection.path, String(text.drop { $0 != ":" }.dropFirst()), selection.controllers))
            } else {
                controllers += text.split(separator: ",").map(String.init)
            }
        }
        let shared = controllers.isEmpty ? (options.has("all") ? [] : nil) : controllers
        for operand in options.operands { requests.append((try CgroupSelection.path(operand), operand, shared)) }
        guard !requests.isEmpty else { throw ToolFailure("no group given") }
        guard !options.values("variable").isEmpty || requests.allSatisfy({ $0.controllers != nil }) else {
            throw ToolFailure("nothing to show: -r NAME, -g CONTROLLERS or -a")
        }
        var status: Int32 = 0
        for request in requests {
            if !options.has("n") { Output.line("\(Table.printable(request.shown)):") }
            for name in options.values("variable") where try !showOne(name, request.path) { status = 96 }
            if let controllers = request.controllers { try showAll(controllers, request.path) }
            if !options.has("n") { Output.line("") }
        }
        return status
    }

    /// - Returns: False if there is no such parameter; that has been said.
    private func showOne(_ name: String, _ path: String) throws -> Bool {
        do {
            let place = CgroupPlace(hierarchy: try CgroupParameters.hierarchy(ofParameter: name, host), path: path)
            let (value, translated) = try CgroupParameters.read(name, at: place)
            line(name, value)
            if options.has("explain"), !translated.isEmpty {
                Output.line("\tfrom \(translated.joined(separator: ", ")) in \(place.directory)")
            }
            return true
        } catch {
            let words = (error as? ToolFailure)?.message ?? "\(error)"
            Output.write(Array("cgget: \(Table.printable(words))\n".utf8), to: .error)
            return false
        }
    }

    private func showAll(_ controllers: [String], _ path: String) throws {
        let all = controllers.isEmpty
        for hierarchy in host.hierarchies {
            let names = hierarchy.controllers.members.map(\.name)
            let wanted =
                all
                ? names + ["cgroup"]
                : try controllers.filter { try CgroupParameters.hierarchy(of: $0, host) == hierarchy }
            let place = CgroupPlace(hierarchy: hierarchy, path: path)
            guard !wanted.isEmpty else { continue }
            // Of all hierarchies, those that have it.
            let files: [String]
            do throws(SyscallError) {
                files = try place.files()
            } catch {
                if all, error.code == .noSuchFile { continue }
                throw error
            }
            let prefixes = wanted.flatMap { $0 == "blkio" ? ["blkio", "io"] : [$0] }
            for file in files {
                guard let prefix = file.split(separator: ".").first, file.contains("."),
                    prefixes.contains(String(prefix)), let value = try? place.content(file)
                else { continue }
                line(file, value)
            }
        }
    }

    private func line(_ name: String, _ value: String) {
        let lines = value.split(separator: "\n", omittingEmptySubsequences: false).map { Table.printable(String($0)) }
        Output.line((options.has("values-only") ? "" : "\(name): ") + lines.joined(separator: "\n\t"))
    }
}

/// `cgdelete`: removes cgroups; processes in them move to the one above. Source: cgdelete(1).
let cgdeleteTool = Tool(
    "cgdelete", "Remove control group(s).",
    operands: "[-g] <controllers>:<path> ...",
    options: [groupOption, ToolOption("r", "recursive", "recursively remove all subgroups")],
    usageStatus: CgroupStatus.misuse,
    run: { options, _ in
        let groups = options.values("g") + options.operands
        guard !groups.isEmpty else { throw ToolFailure("no group given") }
        let host = try CgroupHost.detect()
        for text in groups {
            let selection = try CgroupSelection(parsing: text)
            guard !selection.path.isEmpty else { throw ToolFailure("cannot remove the root group") }
            for place in try selection.places(host) {
                do throws(SyscallError) {
                    try remove(place, recursively: options.has("recursive"))
                } catch  where selection.controllers.isEmpty && error.code == .noSuchFile {
                    continue  // Of all hierarchies, those that have it.
                } catch {
                    throw ToolFailure(
                        "cannot remove group '\(selection.path)': \(error)", status: CgroupStatus.refused)
                }
            }
        }
        return 0
    })

private func remove(_ place: CgroupPlace, recursively: Bool) throws(SyscallError) {
    if recursively { for child in try place.children() { try remove(child, recursively: true) } }
    guard let above = place.parent, let name = place.path.split(separator: "/").last.map(String.init) else { return }
    for process in try place.processes() {
        do throws(SyscallError) {
            try above.write("cgroup.procs", "\(process)")
        } catch  where error.code == .noSuchProcess {
            continue  // Ended meanwhile.
        }
    }
    do throws(SyscallError) {
        try above.open().removeDirectory(name)
    } catch {
        throw SyscallError(call: "rmdir", subject: place.directory, code: error.code)
    }
}

/// `lscgroup`: the cgroups that there are. Source: lscgroup(1).
let lscgroupTool = Tool(
    "lscgroup", "List all cgroups.",
    operands: "[[-g] <controllers>:<path>] [...]",
    options: [groupOption],
    run: { options, _ in
        let host = try CgroupHost.detect()
        let groups = options.values("g") + options.operands
        let places =
            groups.isEmpty
            ? host.hierarchies.map { CgroupPlace(hierarchy: $0, path: "") }
            : try groups.flatMap { text throws in
                do {
                    return try CgroupSelection(parsing: text).places(host)
                } catch let failure as ToolFailure where failure.status == CgroupStatus.noController {
                    throw ToolFailure(failure.message, status: CgroupStatus.failed)
                }
            }
        for place in places {
            // v2 has its controllers in each cgroup; its own name stands for all of them.
            let label = place.hierarchy.version == .v1 ? place.hierarchy.label : "cgroup2"
            var pending = [place]
            while let next = pending.popLast() {
                let children: [CgroupPlace]
                do throws(SyscallError) {
                    children = try next.children()
                } catch  where next.path != place.path {
                    continue  // Gone meanwhile.
                } catch {
                    throw ToolFailure(
                        "cannot read group '\(place.path)': \(error.code)", status: CgroupStatus.noController)
                }
                // The one that was asked for ends with a slash.
                let end = next.path == place.path && !next.shown.hasSuffix("/") ? "/" : ""
                Output.line("\(label):\(Table.printable(next.shown))\(end)")
                pending += children.reversed()
            }
        }
        return 0
    })

/// `cgls`: cgroups and the processes in them as a tree, as systemd-cgls(1) shows them.
let cglsTool = Tool(
    "cgls", "Show control groups with their processes as a tree.",
    operands: "[CONTROLLER:PATH | PATH]",
    options: [ToolOption("a", "all", "with those that hold no process")],
    run: { options, context in
        let host = try CgroupHost.detect()
        let text = options.operands.first ?? ""
        let root: CgroupPlace
        if text.contains(":") {
            do {
                guard let place = try CgroupSelection(parsing: text).places(host).first else {
                    throw ToolFailure("no such group: \(text)")
                }
                root = place
            } catch let failure as ToolFailure {
                throw ToolFailure(failure.message)  // systemd-cgls has one status for all.
            }
        } else {
            // systemd's own hierarchy on v1 has every service; else v2's.
            guard
                let hierarchy = host.layout == .unified
                    ? host.unified
                    : host.hierarchies.first(where: { $0.label == "name=systemd" }) ?? host.hierarchies.first
            else { throw ToolFailure("no cgroup file system is mounted") }
            root = CgroupPlace(hierarchy: hierarchy, path: try CgroupSelection.path(text))
        }
        _ = try root.open()
        let processes = try ProcessList.current()
        let names = Dictionary(context.containers().map { ($0.pid, $0.name) }, uniquingKeysWith: { first, _ in first })
        Output.line(root.directory)
        show(root, "", processes, names, all: options.has("all"), depth: 0)
        return 0
    })

private func show(
    _ place: CgroupPlace, _ prefix: String, _ processes: ProcessList, _ names: [Int32: String], all: Bool, depth: Int
) {
    guard depth < 256 else { return }
    func isShown(_ child: CgroupPlace) -> Bool {
        if all { return true }
        if let list = try? child.processes(), !list.isEmpty { return true }
        return ((try? child.children()) ?? []).contains(where: isShown)
    }
    // Gone meanwhile: nothing to show.
    let members = ((try? place.processes()) ?? []).sorted()
    let children = ((try? place.children()) ?? []).filter(isShown)
    let width = members.map { "\($0)".count }.max() ?? 0
    for (index, pid) in members.enumerated() {
        let isLast = index == members.count - 1 && children.isEmpty
        let number = String(repeating: " ", count: width - "\(pid)".count) + "\(pid)"
        let name = names[pid].map { " [\($0)]" } ?? ""
        Output.line("\(prefix)\(isLast ? "└─" : "├─")\(number) \(Table.printable(processes.command(pid)))\(name)")
    }
    for (index, child) in children.enumerated() {
        let isLast = index == children.count - 1
        let name = child.path.split(separator: "/").last.map(String.init) ?? ""
        Output.line("\(prefix)\(isLast ? "└─" : "├─")\(Table.printable(name))")
        show(child, prefix + (isLast ? "  " : "│ "), processes, names, all: all, depth: depth + 1)
    }
}
