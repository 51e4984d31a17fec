package import OCISpec
internal import Cgroups
internal import LinuxKernel

extension JSONValue {
    /// This document with the members that `changes` has, of objects in objects, too; lists and plain values of `changes`
    /// take the place of what was there.
    func merging(_ changes: JSONValue) -> JSONValue {
        guard case .object(var object) = self, case .object(let new) = changes else { return changes }
        for (key, value) in new { object[key] = object[key]?.merging(value) ?? value }
        return .object(object)
    }
}

extension Runtime {
    /// Changes the limits of a container and keeps them in its config.
    ///
    /// A limit that the kernel refuses is an error; what had been changed by then is set back.
    ///
    /// - Throws: `RuntimeError` of kind `conflict` if it is stopped; `CgroupError` with the kernel's answer.
    package func update(_ id: ContainerID, _ request: UpdateRequest) throws {
        let directory = try root.lock(id)
        guard let snapshot = try directory.snapshot(locked: true) else { throw StateError.notFound(id) }
        guard snapshot.process != nil else { throw notRunning(id) }
        guard var config = try directory.config() else { throw StateError.notFound(id) }
        if request.resources.memory?.kernel != nil || request.resources.memory?.kernelTCP != nil {
            log.warning("limits of kernel memory are ignored: the kernel has no such limit any more")
        }

        let old = config.linux?.resources ?? RuntimeConfig.Linux.Resources()
        let new = old.updated(by: request.resources)
        var linux = config.linux ?? RuntimeConfig.Linux()
        linux.resources = new
        try updateResctrl(request, snapshot.record, &linux)
        config.linux = linux
        try config.validate()

        let change = RuntimeConfig.Linux.Resources.toWrite(request.resources, updated: new)
        let cgroup = try snapshot.record.openCgroup()
        do throws(CgroupError) {
            for gap in try cgroup.apply(Limits(change, devices: .none)) { log.warning("\(gap)") }
        } catch {
            // Best effort: the first failure is what counts.
            _ = try? cgroup.apply(Limits(old, devices: .none))
            throw error
        }
        try directory.write(configBytes: merged(config, into: directory.configBytes()).bytes())
    }

    /// The config that was kept, with the limits of `config`: what this version does not know of it stays.
    private func merged(_ config: RuntimeConfig, into kept: [UInt8]?) throws -> JSONValue {
        guard let kept, case .object(let new) = config.json, case .object(let linux)? = new["linux"] else {
            return config.json
        }
        var changes = JSONObject()
        for name in ["resources", "intelRdt"] { changes[name] = linux[name] }
        return try JSONValue(parsing: kept, sizeLimit: .max)
            .merging(.object(["linux": .object(changes)]))
    }

    private func updateResctrl(
        _ request: UpdateRequest, _ record: ContainerRecord, _ linux: inout RuntimeConfig.Linux
    ) throws(RuntimeError) {
        guard request.l3CacheSchema != nil || request.memoryBandwidthSchema != nil else { return }
        guard let group = record.resctrlGroup, var settings = linux.intelRdt else {
            throw RuntimeError(
                .unsupported, "Intel RDT: the container was made without linux.intelRdt, or this host has no resctrl")
        }
        settings.l3CacheSchema = request.l3CacheSchema ?? settings.l3CacheSchema
        settings.memBwSchema = request.memoryBandwidthSchema ?? settings.memBwSchema
        let lines = [request.l3CacheSchema, request.memoryBandwidthSchema].compactMap { $0 }
        try attempting("Intel RDT: \(group)/schemata") { () throws(SyscallError) in
            // One line a call: the kernel answers for each.
            for line in lines { try OwnedDescriptor(open: group + "/schemata", .write).write(line + "\n") }
        }
        linux.intelRdt = settings
    }
}
