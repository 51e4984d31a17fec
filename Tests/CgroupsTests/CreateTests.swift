import LinuxKernel
import Testing

@testable import Cgroups

@Suite("Making cgroups")
struct CreateTests {
    private func hybridTree() throws -> FakeTree {
        let tree = try FakeTree()
        for name in ["cpu", "cpuacct", "memory", "systemd", "unified"] { try tree.directory("sys/fs/cgroup/\(name)") }
        return tree
    }

    @Test("on a hybrid host, in every hierarchy")
    func hybrid() throws {
        let tree = try hybridTree()
        let host = CgroupHost(mountInfo: Captured.hybridMounts, membership: Captured.hybridOwn, root: tree.root)
        try tree.directory("sys/fs/cgroup/unified/brig/web")
        try tree.file("sys/fs/cgroup/unified/brig/web/cgroup.controllers", "hugetlb\n")
        try tree.file("sys/fs/cgroup/unified/brig/web/cgroup.procs", "")
        let group = try ContainerCgroup.create(try CgroupPath("/brig/web"), on: host)
        for name in ["cpu", "cpuacct", "memory", "systemd", "unified"] {
            #expect(tree.has("sys/fs/cgroup/\(name)/brig/web"))
        }
        #expect(group.paths.first { $0.name == "memory" }?.path == "/sys/fs/cgroup/memory/brig/web")
        #expect(group.path(of: .cpu) == "/sys/fs/cgroup/cpu/brig/web")
        #expect(group.placement.entries.map { $0.label } == ["name=systemd", "memory", "cpuacct", "cpu", ""])
        let mounts = group.mounts
        #expect(mounts.map { $0.directoryName } == ["systemd", "memory", "cpuacct", "cpu", "unified"])
        #expect(mounts.allSatisfy { $0.links.isEmpty && $0.hostPath != nil })
    }

    @Test("what was made goes again when a later hierarchy fails")
    func undo() throws {
        let tree = try hybridTree()
        let host = CgroupHost(mountInfo: Captured.hybridMounts, membership: Captured.hybridOwn, root: tree.root)
        // Without the kernel there is no cgroup.controllers in a new directory, so that v2, the last, fails.
        #expect(throws: CgroupError.self) { try ContainerCgroup.create(try CgroupPath("/brig/web"), on: host) }
        for name in ["cpu", "cpuacct", "memory", "systemd", "unified"] {
            #expect(!tree.has("sys/fs/cgroup/\(name)/brig"), "\(name)")
        }
    }

    @Test("taken back, it leaves nothing above it that was not there before")
    func takenBack() throws {
        let tree = try FakeTree()
        for name in ["systemd/brig", "cpu,cpuacct", "net_cls,net_prio"] { try tree.directory("sys/fs/cgroup/\(name)") }
        let host = CgroupHost(mountInfo: Captured.legacyMounts, membership: Captured.legacyOwn, root: tree.root)
        try ContainerCgroup.create(try CgroupPath("/brig/below/web"), on: host).takeBack()
        #expect(tree.has("sys/fs/cgroup/systemd/brig"))
        #expect(!tree.has("sys/fs/cgroup/systemd/brig/below"))
        #expect(!tree.has("sys/fs/cgroup/cpu,cpuacct/brig"))
    }

    @Test("controllers that are mounted together have one directory, and links lead to it")
    func legacy() throws {
        let tree = try FakeTree()
        for name in ["systemd", "cpu,cpuacct", "net_cls,net_prio"] { try tree.directory("sys/fs/cgroup/\(name)") }
        let host = CgroupHost(mountInfo: Captured.legacyMounts, membership: Captured.legacyOwn, root: tree.root)
        let group = try ContainerCgroup.create(try CgroupPath("web"), on: host)
        #expect(tree.has("sys/fs/cgroup/cpu,cpuacct/user.slice/web"))
        #expect(tree.has("sys/fs/cgroup/systemd/user.slice/user-0.slice/session-1.scope/web"))
        #expect(group.directories.count == 3)
        #expect(group.mounts.first { $0.directoryName == "cpu,cpuacct" }?.links == ["cpu", "cpuacct"])
        #expect(group.mounts.first { $0.directoryName == "systemd" }?.options == "name=systemd")
    }

    @Test("a symbolic link in the place of a directory is not followed")
    func link() throws {
        let tree = try FakeTree()
        for name in ["systemd", "cpu,cpuacct", "net_cls,net_prio", "other/web"] {
            try tree.directory("sys/fs/cgroup/\(name)")
        }
        try OwnedDescriptor(open: tree.root + "/sys/fs/cgroup/cpu,cpuacct", [.read, .directory])
            .makeSymbolicLink("brig", to: "../other")
        let host = CgroupHost(mountInfo: Captured.legacyMounts, membership: Captured.legacyOwn, root: tree.root)
        #expect(throws: CgroupError.self) { try ContainerCgroup.create(try CgroupPath("/brig/web"), on: host) }
        #expect(throws: CgroupError.self) {
            try ContainerCgroup.open(CgroupPlacement([("cpu,cpuacct", "../other/web")]), on: host)
        }
    }

    @Test("a directory of another file system is no cgroup")
    func otherFileSystem() throws {
        let tree = try FakeTree()
        try tree.directory("memory")
        let host = CgroupHost(
            mountInfo: "35 31 0:32 / \(tree.root)/memory rw - cgroup cgroup rw,memory\n", membership: "4:memory:/\n")
        #expect(throws: CgroupError.notCgroupFileSystem(tree.root + "/memory")) {
            try ContainerCgroup.create(try CgroupPath("/brig"), on: host)
        }
        #expect(!tree.has("memory/brig"))
    }

    @Test("without hierarchies: an error, or a report")
    func none() throws {
        let host = CgroupHost(mountInfo: "", membership: "")
        #expect(throws: CgroupError.noHierarchies) { try ContainerCgroup.create(try CgroupPath("/brig"), on: host) }
        let group = try ContainerCgroup.create(try CgroupPath("/brig"), on: host, .bestEffort)
        #expect(group.isEmpty)
        #expect(group.unenforced.map { $0.limit } == ["cgroup"])
        var limits = Limits()
        limits.pids = Limit(10)
        #expect(try group.apply(limits, .bestEffort).map { $0.limit } == ["pids.limit"])
        #expect(throws: CgroupError.self) { try group.apply(limits) }
        try group.kill(.kill)
        try group.delete()
        #expect(try group.processes().isEmpty)
        #expect(try group.statistics() == Statistics())
    }

    @Test("a file of v2 only where its controller is on v2")
    func unifiedFiles() throws {
        let tree = try hybridTree()
        let host = CgroupHost(mountInfo: Captured.hybridMounts, membership: Captured.hybridOwn, root: tree.root)
        try tree.file("sys/fs/cgroup/unified/web/cgroup.controllers", "hugetlb\n")
        try tree.file("sys/fs/cgroup/unified/web/cgroup.procs", "")
        try tree.file("sys/fs/cgroup/unified/web/hugetlb.2MB.max", "max\n")
        let group = try ContainerCgroup.create(try CgroupPath("/web"), on: host)
        var limits = Limits()
        limits.unified = [try Limits.UnifiedSetting(file: "hugetlb.2MB.max", value: "4194304")]
        #expect(try group.apply(limits) == [])
        #expect(try tree.content("sys/fs/cgroup/unified/web/hugetlb.2MB.max").hasPrefix("4194304"))
        limits.unified = [try Limits.UnifiedSetting(file: "memory.high", value: "4194304")]
        #expect(throws: CgroupError.self) { try group.apply(limits) }
    }
}
