internal import Capabilities
internal import LinuxKernel

extension Door {
    /// What procfs and sysfs let root write or read of the whole machine, wherever they or a part of them are mounted.
    ///
    /// Most of `/proc/sys` is the machine's in every procfs, a container's own included.
    static func kernelFileDoors(_ anatomy: Anatomy) -> [Door] {
        guard anatomy.subject.uid == 0, anatomy.isHost(.user) else { return [] }
        return anatomy.mounts.indices.flatMap { index -> [Door] in
            switch anatomy.mounts[index].entry.type {
            case "proc": KernelFiles(anatomy, index).procDoors()
            case "sysfs": KernelFiles(anatomy, index).sysDoors()
            default: []
            }
        }
    }

    /// Parts of `/proc/sys` that belong to a namespace and not to the machine.
    ///
    /// Source: namespaces(7), and Documentation/admin-guide/sysctl.
    fileprivate static let ownSettings =
        ["/sys/net", "/sys/user", "/sys/fs/mqueue"]
        + ["shm", "msg", "sem", "hostname", "domainname"].map { "/sys/kernel/\($0)" }
}

/// One mount of procfs or sysfs, and what is seen through it.
private struct KernelFiles {
    let anatomy: Anatomy
    let index: Int
    let mount: ExplainedMount
    let evidence: [Evidence]

    init(_ anatomy: Anatomy, _ index: Int) {
        (self.anatomy, self.index, mount) = (anatomy, index, anatomy.mounts[index])
        evidence = [mount.evidence(anatomy.subject.pid)]
    }

    private var isWritable: Bool { !mount.entry.isReadOnly && !mount.entry.superOptions.contains("ro") }
    private var isUsual: Bool { mount.entry.mountPoint == "/proc" && mount.entry.root == "/" }

    /// Where a file of the file system is seen through this mount; `nil` if it is not, or if another one lies over it.
    private func place(_ file: String) -> String? {
        let (root, point) = (mount.entry.root, mount.entry.mountPoint)
        let rest: Substring
        switch root {
        case "/": rest = file[...]
        case file: rest = ""
        case _ where file.hasPrefix(root + "/"): rest = file.dropFirst(root.count)
        default: return nil
        }
        let place = (point == "/" ? "" : point) + rest
        return covering(place) == index ? place : nil
    }

    /// The mount on which a path lies: the longest mount point above it, and of several at one place the last.
    private func covering(_ path: String) -> Int? {
        var best: (length: Int, index: Int)?
        for (index, other) in anatomy.mounts.enumerated() {
            let point = other.entry.mountPoint
            guard point == "/" || path == point || path.hasPrefix(point + "/") else { continue }
            if point.utf8.count >= best?.length ?? 0 { best = (point.utf8.count, index) }
        }
        return best?.index
    }

    func procDoors() -> [Door] {
        var doors: [Door] = []
        if isWritable, let door = settings() { doors.append(door) }
        if isWritable, anatomy.kernelFiles.contains("/proc/sysrq-trigger"), let place = place("/sysrq-trigger") {
            doors.append(
                Door(
                    .harms, "\(title("/proc/sysrq-trigger", place)) can be written",
                    "stops, reboots or crashes the machine", closedBy: remedy("/proc/sysrq-trigger"), evidence))
        }
        if anatomy.kernelFiles.contains("/proc/kcore"), let place = place("/kcore"),
            anatomy.privileges?.sets.effective.contains(.sysRawio) == true
        {
            doors.append(
                Door(
                    .takesOver, "\(title("/proc/kcore", place)) can be read", "reads all of the machine's memory",
                    closedBy: isUsual ? "leave it masked, which is the default" : "do not mount it", evidence))
        }
        if mount.hostPath != nil, mount.entry.root == "/", !anatomy.isHost(.pid), place("/") != nil {
            let canTrace = anatomy.privileges?.sets.effective.contains(.sysPtrace) == true
            doors.append(
                Door(
                    canTrace ? .takesOver : .harms, "the host's processes are seen at \(mount.entry.mountPoint)",
                    canTrace
                        ? "enters the host's files by the link root of any process, which CAP_SYS_PTRACE follows"
                        : "reads every command line, and the files of root's processes that have no more capabilities than it",
                    closedBy: "do not mount it", evidence))
        }
        return doors
    }

    /// `/proc/sys`, or the part of it that is here.
    private func settings() -> Door? {
        let helpers = [
            ("/sys/kernel/core_pattern", "kernel.core_pattern is run as root on the host when any process crashes"),
            ("/sys/kernel/modprobe", "kernel.modprobe is run as root on the host when a kernel module is wanted"),
        ]
        let part = mount.entry.root == "/" ? "/sys" : mount.entry.root
        if let helper = helpers.first(where: { place($0.0) != nil }) {
            return Door(
                .takesOver, "\(title("/proc\(part)", shown(part))) can be written", "a program named in \(helper.1)",
                closedBy: remedy("/proc/sys"), evidence)
        }
        // Through the whole of procfs the rest of it is seen: what engines cover is then the part that matters.
        guard mount.entry.root != "/", ["/sys", "/irq", "/bus", "/fs"].contains(where: { isAt(part, $0) }),
            !Door.ownSettings.contains(where: { part == $0 || part.hasPrefix($0) }), place(part) != nil
        else { return nil }
        return Door(
            .harms, "\(title("/proc\(part)", shown(part))) can be written", "changes settings of the whole machine",
            closedBy: remedy("/proc/sys"), evidence)
    }

    private func isAt(_ path: String, _ directory: String) -> Bool {
        path == directory || path.hasPrefix(directory + "/")
    }

    private func shown(_ part: String) -> String {
        mount.entry.root == "/"
            ? (mount.entry.mountPoint == "/" ? "" : mount.entry.mountPoint) + part
            : mount.entry.mountPoint
    }

    func sysDoors() -> [Door] {
        guard isWritable, covering(mount.entry.mountPoint) == index else { return [] }
        let helper = place("/kernel/uevent_helper")
        let what =
            mount.entry.root == "/" ? "the kernel's objects" : "/sys\(mount.entry.root) of the host"
        return [
            Door(
                helper == nil ? .harms : .takesOver, "\(what) can be written at \(mount.entry.mountPoint)",
                helper == nil
                    ? "changes settings of the machine's devices and kernel"
                    : "such as the helper that the kernel starts for device events (uevent_helper)",
                closedBy: mount.entry.mountPoint == "/sys"
                    ? "mount /sys read-only, which is the default" : "mount it :ro, or do not mount it", evidence)
        ]
    }

    private func title(_ file: String, _ place: String) -> String {
        file == place ? file : "\(file) of the host is at \(place) and"
    }

    private func remedy(_ file: String) -> String {
        isUsual ? "leave \(file) read-only, which is the default" : "mount it :ro, or do not mount it"
    }
}
