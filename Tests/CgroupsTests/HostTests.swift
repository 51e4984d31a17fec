import Testing

@testable import Cgroups

/// What the kernel shows on hosts of each kind. The lines were captured; only mounts that do not matter were left out.
enum Captured {
    static let hybridMounts = """
        23 1 254:0 / / rw,relatime - ext4 /dev/root rw
        24 23 0:22 / /sys rw,nosuid,nodev,noexec,relatime - sysfs sysfs rw
        31 24 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
        32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
        33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
        41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw

        """
    static let hybridOwn = """
        9:name=systemd:/
        4:memory:/process_api/a1
        2:cpuacct:/
        1:cpu:/
        0::/

        """

    static let legacyMounts = """
        30 23 0:26 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:9 - tmpfs tmpfs ro,mode=755
        33 30 0:29 / /sys/fs/cgroup/systemd rw,nosuid shared:11 - cgroup cgroup rw,xattr,name=systemd
        37 30 0:33 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:15 - cgroup cgroup rw,cpu,cpuacct
        38 30 0:34 / /sys/fs/cgroup/net_cls,net_prio rw,nosuid shared:16 - cgroup cgroup rw,net_cls,net_prio

        """
    static let legacyOwn = """
        5:net_cls,net_prio:/
        4:cpu,cpuacct:/user.slice
        1:name=systemd:/user.slice/user-0.slice/session-1.scope

        """

    static let unifiedMounts = """
        29 22 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:8 - cgroup2 cgroup2 rw,nsdelegate
        30 22 0:27 / /sys/fs/bpf rw,nosuid shared:9 - bpf bpf rw,mode=700

        """
    static let unifiedOwn = "0::/system.slice/ssh.service\n"
}

@Suite("Hosts")
struct HostTests {
    @Test("a hybrid host has v1 controllers and a v2 mount")
    func hybrid() throws {
        let host = CgroupHost(mountInfo: Captured.hybridMounts, membership: Captured.hybridOwn)
        #expect(host.layout == .hybrid)
        #expect(host.hierarchies.map { $0.label } == ["name=systemd", "memory", "cpuacct", "cpu", ""])
        #expect(host.hierarchy(of: .memory)?.mountPoint == "/sys/fs/cgroup/memory")
        #expect(host.hierarchy(of: .cpu)?.version == .v1)
        #expect(host.unified?.mountPoint == "/sys/fs/cgroup/unified")
    }

    @Test("controllers that are mounted together are one hierarchy")
    func legacy() throws {
        let host = CgroupHost(mountInfo: Captured.legacyMounts, membership: Captured.legacyOwn)
        #expect(host.layout == .legacy)
        #expect(host.hierarchies.count == 3)
        #expect(host.hierarchy(of: .cpuacct) == host.hierarchy(of: .cpu))
        #expect(host.hierarchy(of: .cpu)?.directoryName == "cpu,cpuacct")
        #expect(host.hierarchy(of: .memory) == nil)
        #expect(host.unified == nil)
    }

    @Test("a v2 host")
    func unified() throws {
        let host = CgroupHost(mountInfo: Captured.unifiedMounts, membership: Captured.unifiedOwn)
        #expect(host.layout == .unified)
        #expect(host.hierarchies.map { $0.mountPoint } == ["/sys/fs/cgroup"])
        // No cgroup.controllers there in a test; those without a file of their own are there.
        #expect(host.hierarchy(of: .devices)?.version == .v2)
    }

    @Test("nothing mounted, nothing readable")
    func none() throws {
        #expect(CgroupHost(mountInfo: "", membership: Captured.unifiedOwn).layout == .none)
        #expect(CgroupHost(mountInfo: "29 22 - cgroup2\n\n - cgroup\nx", membership: "0:\n::::\n").layout == .none)
    }

    @Test("a cgroup mount of some container's does not stand in for the host's")
    func otherMounts() throws {
        let inner = """
            90 31 0:32 /c1 /var/lib/c1/rootfs/sys/fs/cgroup/memory ro - cgroup cgroup rw,memory

            """
        for table in [inner + Captured.hybridMounts, Captured.hybridMounts + inner] {
            let host = CgroupHost(mountInfo: table, membership: Captured.hybridOwn)
            #expect(host.hierarchy(of: .memory)?.mountPoint == "/sys/fs/cgroup/memory")
        }
        let elsewhere = CgroupHost(mountInfo: inner, membership: Captured.hybridOwn)
        #expect(elsewhere.hierarchy(of: .memory)?.mountPoint == "/var/lib/c1/rootfs/sys/fs/cgroup/memory")
    }

    @Test("blanks in a mount point are written as octal numbers")
    func escapes() throws {
        let host = CgroupHost(
            mountInfo: "29 22 0:26 / /mnt/a\\040b\\134c rw - cgroup2 cgroup2 rw\n", membership: "0::/\n")
        #expect(host.unified?.mountPoint == "/mnt/a b\\c")
    }
}

@Suite("Places")
struct PlaceTests {
    private func directory(_ path: String, own: String, root: String = "/", besideOwn: Bool) throws -> String {
        let hierarchy = Hierarchy(
            version: besideOwn ? .v2 : .v1, controllers: [], label: "", mountPoint: "/sys/fs/cgroup",
            mountRoot: root, ownPath: own)
        return hierarchy.directory(of: try CgroupPath(path), besideOwn: besideOwn)
    }

    @Test("an absolute path starts at the mount")
    func absolute() throws {
        #expect(try directory("/a/b", own: "/user.slice", besideOwn: false) == "a/b")
        #expect(try directory("/a/b", own: "/user.slice", besideOwn: true) == "a/b")
    }

    @Test("a relative path starts below the own cgroup on v1, beside it on v2")
    func relative() throws {
        #expect(try directory("id", own: "/process_api/x", besideOwn: false) == "process_api/x/id")
        #expect(try directory("id", own: "/", besideOwn: false) == "id")
        #expect(try directory("id", own: "/system.slice/ssh.service", besideOwn: true) == "system.slice/id")
        #expect(try directory("id", own: "/", besideOwn: true) == "id")
    }

    @Test("in a container with the host's cgroup namespace the mount shows a part of the tree")
    func nested() throws {
        #expect(try directory("id", own: "/docker/c/x", root: "/docker/c", besideOwn: false) == "x/id")
        #expect(try directory("id", own: "/docker/c", root: "/docker/c", besideOwn: false) == "id")
        // Outside of what is mounted, and outside of the cgroup namespace.
        #expect(try directory("id", own: "/elsewhere", root: "/docker/c", besideOwn: false) == "id")
        #expect(try directory("id", own: "/../x", root: "/", besideOwn: false) == "id")
    }
}

@Suite("Paths")
struct CgroupPathTests {
    @Test("what is a path", arguments: ["/a", "a", "/a/b/c", "a//b/", "machine.slice/x", "/c\u{e9}", "a:b"])
    func accepted(text: String) throws { _ = try CgroupPath(text) }

    @Test(
        "what is none",
        arguments: [
            "", "/", "//", "..", "/..", "/a/../b", "a/..", ".", "/a/./b", "a\n", "a\u{0}b", "\u{7f}", "a\tb",
            "/" + String(repeating: "x", count: 256), String(repeating: "ab/", count: 700),
        ])
    func refused(text: String) { #expect(throws: CgroupError.self) { try CgroupPath(text) } }

    @Test("slashes are dropped where they say nothing")
    func text() throws {
        #expect(try CgroupPath("//a///b/").description == "/a/b")
        #expect(try CgroupPath("a/b").description == "a/b")
    }
}
