internal import Cgroups
internal import LinuxKernel

/// A cgroup in one hierarchy, there or not.
struct CgroupPlace {
    let hierarchy: Hierarchy
    /// Below the mount point, without slashes around it; empty for the root.
    let path: String

    /// As the hierarchy's tools show it: `/` and the path.
    var shown: String { "/" + path }

    var directory: String { path.isEmpty ? hierarchy.mountPoint : "\(hierarchy.mountPoint)/\(path)" }

    /// Opens it without following a link out of the hierarchy.
    ///
    /// - Throws: `ENOENT` if it is not there.
    func open() throws(SyscallError) -> OwnedDescriptor {
        if path.isEmpty { return try OwnedDescriptor(open: hierarchy.mountPoint, [.read, .directory]) }
        return try OwnedDescriptor(open: hierarchy.mountPoint, [.pathOnly, .directory])
            .openBeneath(path, [.read, .directory])
    }

    func content(_ file: String) throws(SyscallError) -> String {
        let bytes: [UInt8]
        do throws(SyscallError) {
            bytes = try open().open(file, [.read, .noFollow]).readAll(limit: 16 << 20)
        } catch {
            throw SyscallError(call: error.call, subject: "\(directory)/\(file)", code: error.code)
        }
        var text = String(decoding: bytes, as: UTF8.self)
        while text.last == "\n" { text.removeLast() }
        return text
    }

    func write(_ file: String, _ value: String) throws(SyscallError) {
        do throws(SyscallError) {
            try open().open(file, [.write, .noFollow]).write(value)
        } catch {
            throw SyscallError(call: error.call, subject: "\(directory)/\(file) '\(value)'", code: error.code)
        }
    }

    func has(_ file: String) -> Bool { (try? open().status(of: file)) != nil }

    /// The names of its files, in order.
    func files() throws(SyscallError) -> [String] {
        try open().entries().filter { $0.kind != .directory }.map(\.name).sorted()
    }

    /// The cgroups directly below, by name.
    func children() throws(SyscallError) -> [CgroupPlace] {
        let names = try open().entries().filter { $0.kind == .directory }.map(\.name).sorted()
        return names.map { CgroupPlace(hierarchy: hierarchy, path: path.isEmpty ? $0 : "\(path)/\($0)") }
    }

    var parent: CgroupPlace? {
        guard !path.isEmpty else { return nil }
        let components = path.split(separator: "/")
        return CgroupPlace(hierarchy: hierarchy, path: components.dropLast().joined(separator: "/"))
    }

    func processes() throws(SyscallError) -> [Int32] {
        try content("cgroup.procs").split(separator: "\n").compactMap { Int32($0) }
    }
}

/// Controllers and a path, as the tools' `-g` takes them: `cpu,memory:group`.
struct CgroupSelection {
    /// Empty for `*`, which is all.
    let controllers: [String]
    /// As written, without slashes around it.
    let path: String

    /// - Throws: `ToolFailure` without a colon; `CgroupError.invalidPath`.
    init(parsing text: String) throws {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            throw ToolFailure(
                "cgroup controller and path parsing failed (\(text)): it is CONTROLLERS:PATH",
                status: CgroupStatus.misuse)
        }
        controllers = parts[0] == "*" ? [] : parts[0].split(separator: ",").map(String.init)
        path = try Self.path(parts[1])
    }

    /// A path without slashes around it; the root is empty.
    static func path(_ text: String) throws(CgroupError) -> String {
        let trimmed = text.split(separator: "/").joined(separator: "/")
        return trimmed.isEmpty ? "" : try CgroupPath(trimmed).components.joined(separator: "/")
    }

    /// The cgroup in each hierarchy that one of the controllers is in.
    ///
    /// - Throws: `ToolFailure` for a controller that is nowhere.
    func places(_ host: CgroupHost) throws(ToolFailure) -> [CgroupPlace] {
        if controllers.isEmpty {
            // On v1 a hierarchy without controllers is somebody's own: systemd's.
            return host.hierarchies.filter { host.layout == .unified || !$0.controllers.members.isEmpty }
                .map { CgroupPlace(hierarchy: $0, path: path) }
        }
        var found: [CgroupPlace] = []
        for name in controllers {
            let hierarchy = try CgroupParameters.hierarchy(of: name, host)
            if !found.contains(where: { $0.hierarchy == hierarchy }) {
                found.append(CgroupPlace(hierarchy: hierarchy, path: path))
            }
        }
        return found
    }
}

/// Parameters of cgroups under the names of either version.
enum CgroupParameters {
    /// The hierarchy that has a controller, by its name on v1 or v2, or by the hierarchy's own name.
    static func hierarchy(of name: String, _ host: CgroupHost) throws(ToolFailure) -> Hierarchy {
        if let controller = Controller(name: name), let hierarchy = host.hierarchy(of: controller) { return hierarchy }
        if name == "cgroup", let unified = host.unified { return unified }
        if let named = host.hierarchies.first(where: { $0.label == name || $0.label == "name=\(name)" }) {
            return named
        }
        throw ToolFailure(
            "controller \(name) is not on this host: \(controllers(host).joined(separator: ", ")) are",
            status: CgroupStatus.noController)
    }

    private static func controllers(_ host: CgroupHost) -> [String] {
        Set(host.hierarchies.flatMap { $0.controllers.members }.map(\.name)).sorted()
    }

    /// The hierarchy for a parameter: that of the controller before its first dot.
    static func hierarchy(ofParameter name: String, _ host: CgroupHost) throws(ToolFailure) -> Hierarchy {
        guard let dot = name.firstIndex(of: "."), name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x2f && $0 != 0x7f }) else {
            throw ToolFailure("'\(name)' is no parameter: it is CONTROLLER.NAME, such as memory.max")
        }
        // The freezer of v1 is a controller; on v2 each cgroup has one.
        if name == "cgroup.freeze", host.unified == nil || host.layout != .unified {
            return try hierarchy(of: "freezer", host)
        }
        return try hierarchy(of: String(name[..<dot]), host)
    }

    /// What a parameter is, under whichever name it was asked for, and how it was found out.
    ///
    /// - Throws: `SyscallError` of the kernel's own file where there is no translation.
    static func read(_ name: String, at place: CgroupPlace) throws -> (value: String, translated: [String]) {
        guard let translation = ParameterTranslation.of(name, on: place.hierarchy.version), !place.has(name) else {
            return (try place.content(name), [])
        }
        let contents = try translation.files.map { file throws(SyscallError) in try place.content(file) }
        guard let value = translation.read(contents) else {
            throw ToolFailure(
                "\(name): '\(contents.joined(separator: "', '"))' cannot be said in the words of the other version")
        }
        return (value, translation.files)
    }

    /// - Returns: What was written to other files than the one named, as `file=value`.
    static func write(_ name: String, _ value: String, at place: CgroupPlace) throws -> [String] {
        if place.has(name) {
            try place.write(name, value)
            return []
        }
        guard let translation = ParameterTranslation.of(name, on: place.hierarchy.version) else {
            throw SyscallError(call: "open", subject: "\(place.directory)/\(name)", code: .noSuchFile)
        }
        guard let write = translation.write else { throw ToolFailure("\(name) can only be read") }
        let contents = try translation.files.map { file throws(SyscallError) in try place.content(file) }
        guard let writes = write(value, contents) else { throw ToolFailure("'\(value)' is no value for \(name)") }
        for (file, value) in writes { try place.write(file, value) }
        return writes.map { "\($0.file)=\($0.value)" }
    }
}
