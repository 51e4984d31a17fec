import Capabilities
import LinuxKernel
import Netlink
import OCISpec
import Seccomp
import Testing

@testable import Anatomy

/// A line of mountinfo.
private func mount(_ line: String) throws -> MountEntry { try #require(MountEntry(parsing: Array(line.utf8)[...])) }

@Suite("parts of a process")
struct PartsTests {
    @Test(
        "an overlay's options name its layers",
        arguments: [
            (["rw", "lowerdir=/a:/b", "upperdir=/u", "workdir=/w"], ["/a", "/b"], "/u"),
            (["rw", "lowerdir+=/a:x", "lowerdir+=/b", "upperdir=/u"], ["/a:x", "/b"], "/u"),
            (["rw", "lowerdir=/a\\:x:/b::/data"], ["/a:x", "/b", "/data"], ""),
            (["rw", "lowerdir=", "upperdir"], [], ""),
        ])
    func overlay(options: [String], lower: [String], upper: String) {
        let read = OverlayOptions(options)
        #expect(read.lower == lower)
        #expect(read.upper ?? "" == upper)
    }

    @Test(
        "a mount's place and type tell why it is there",
        arguments: [
            ("1 0 0:1 / / rw - overlay overlay rw", MountPurpose.root),
            ("2 1 0:2 / /proc rw - proc proc rw", .processes),
            ("3 2 0:2 /sys /proc/sys ro - proc proc rw", .readOnly),
            ("4 2 0:5 /null /proc/kcore rw - tmpfs tmpfs rw", .masked),
            ("4 2 0:5 / /sys/firmware ro - tmpfs tmpfs ro", .masked),
            ("4 2 254:0 /var/empty /proc/timer_list ro - ext4 /dev/vda rw", .masked),
            ("5 1 0:6 / /dev rw - tmpfs tmpfs rw", .devices),
            ("5 1 0:6 /null /dev/null rw - devtmpfs dev rw", .deviceNode),
            ("5 1 0:7 /3 /dev/console rw - devpts devpts rw", .deviceNode),
            ("5 1 0:7 / /dev/pts rw - devpts devpts rw", .terminals),
            ("6 1 0:8 / /dev/shm rw - tmpfs shm rw", .sharedMemory),
            ("6 1 0:9 / /dev/mqueue rw - mqueue mqueue rw", .queues),
            ("7 1 0:1 / /sys ro - sysfs sysfs ro", .kernel),
            ("7 1 0:1 / /sys/fs/cgroup ro - tmpfs tmpfs rw", .cgroups),
            ("7 1 0:1 /x /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory", .cgroups),
            ("8 1 254:0 /run/x/hosts /etc/hosts rw - ext4 /dev/vda rw", .engineFile),
            ("9 1 254:0 /var/lib/brig/volumes/v/_data /data rw - ext4 /dev/vda rw", .volume),
            ("9 1 254:0 /srv /data rw - ext4 /dev/vda rw", .hostDirectory),
            ("9 1 0:40 / /tmp rw - tmpfs tmpfs rw", .memory), ("9 1 8:1 / /disk rw - ext4 /dev/sda1 rw", .other),
        ])
    func purposes(line: String, purpose: MountPurpose) throws { #expect(MountPurpose(try mount(line)) == purpose) }

    @Test("the host finds the same directory by device and root")
    func hostPaths() throws {
        let host = HostMounts(
            MountTable(
                parsing: Array(
                    "1 0 254:0 / / rw - ext4 /dev/vda rw\n2 1 8:1 /sub /mnt rw - ext4 /dev/sda1 rw\n".utf8)))
        #expect(host.path(of: try mount("9 1 254:0 /srv/data /data rw - ext4 /dev/vda rw")) == "/srv/data")
        #expect(host.path(of: try mount("9 1 254:0 / /host rw - ext4 /dev/vda rw")) == "/")
        #expect(host.path(of: try mount("9 1 8:1 /sub/x /data rw - ext4 /dev/sda1 rw")) == "/mnt/x")
        #expect(host.path(of: try mount("9 1 8:1 /subject /data rw - ext4 /dev/sda1 rw")) == nil)
        #expect(host.path(of: try mount("9 1 9:9 / /data rw - ext4 /dev/sdb rw")) == nil)
    }

    @Test(
        "values of cgroups are told with their units",
        arguments: [
            ("memory.limit_in_bytes", "9223372036854771712", "no limit"), ("memory.limit_in_bytes", "8388608", "8 MiB"),
            ("cpu.cfs_quota_us", "-1", "no limit"), ("cpu.cfs_quota_us", "150000", "150 ms"),
            ("cpuacct.usage", "1234567890", "1.234 s"), ("pids.max", "max", "no limit"),
            ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3", "oom_kill 3, under_oom 0"),
        ])
    func knobs(file: String, raw: String, text: String) throws {
        let knob = try #require(CgroupKnob.legacy.first { $0.file == file })
        #expect(knob.shownValue(raw) == text)
    }

    @Test("pressure is told in words, and what is no such text as a dash")
    func pressure() throws {
        let knob = try #require(CgroupKnob.unified.first { $0.file == "memory.pressure" })
        #expect(
            knob.shownValue("some avg10=1.50 avg60=0.20 avg300=0.00 total=7\nfull avg10=0.00")
                == "1.50 % of the last 10 s, 0.20 % of the last minute")
        #expect(knob.shownValue("") == "–")
    }

    @Test("a user map turns ids inside into ids outside")
    func maps() {
        let mapping = UserMapping(users: UserMapping.ranges("         0     100000      65536\n"), groups: [])
        #expect(mapping.outside(0) == 100000)
        #expect(mapping.outside(65535) == 165535)
        #expect(mapping.outside(65536) == nil)
        #expect(!mapping.isIdentity)
        #expect(UserMapping(users: UserMapping.ranges("0 0 4294967295"), groups: []).isIdentity)
    }

    @Test("sockets that wait are read from procfs")
    func ports() {
        let text = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1
               1: 0100007F:0051 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 2
            """
        #expect(NetworkView.ListeningPort.list(text, transport: "tcp") == [.init("tcp", "127.0.0.1", 80)])
        let six = "head\n 0: 00000000000000000000000001000000:01BB 0:0 0A 0\n broken\n 1: XYZ:12 0 0A 0\n"
        #expect(NetworkView.ListeningPort.list(six, transport: "tcp6") == [.init("tcp", "::1", 443)])
    }

    @Test("the longest network wins among routes, then the lowest metric")
    func routes() throws {
        let all = try #require(IPNetwork("0.0.0.0/0"))
        let near = try #require(IPNetwork("10.0.0.0/8"))
        let routes = [
            Route(to: all, link: 1, metric: 100), Route(to: all, link: 2, metric: 10), Route(to: near, link: 3),
        ]
        #expect(RouteChoice.route(to: try #require(IPAddress("10.1.1.1")), routes)?.link == 3)
        #expect(RouteChoice.route(to: try #require(IPAddress("1.1.1.1")), routes)?.link == 2)
        #expect(RouteChoice.route(to: try #require(IPAddress("::1")), routes) == nil)
    }

    @Test("the strictest of several filters decides")
    func strictest() {
        #expect(FilterReading.strictest([.allow, .errno(1), .log]) == .errno(1))
        #expect(FilterReading.strictest([.errno(1), .killThread, .trap]) == .killThread)
        #expect(FilterReading.strictest([.killThread, .killProcess]) == .killProcess)
        #expect(FilterReading.strictest([.allow, .notify, .trace(0)]) == .notify)
        #expect(FilterReading.strictest([]) == .allow)
    }

    @Test("processes in a circle do not hang the tree")
    func circle() {
        func process(_ pid: Int32, _ parent: Int32) -> ScannedProcess {
            ScannedProcess(pid: pid, parent: parent, name: "x", startTime: 1, state: .sleeping, namespaces: [])
        }
        let scan = ProcessScan([process(1, 2), process(2, 1), process(3, 2)])
        #expect(scan.descendants(of: 1) == [1, 2, 3])
        #expect(scan.descendants(of: 9) == [])
    }

    @Test("what a text from outside could do to a terminal is taken out")
    func shownText() {
        #expect(shown("a\u{1b}[31mb\nc\u{202e}d") == "a?[31mb?c?d")
        #expect(shown("grün") == "grün")
        #expect(HTMLPage.escaped("<b a='1' c=\"2\">&\u{7}") == "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;?")
    }

    @Test("the engine is told by the cgroup's name")
    func engines() {
        func list(_ text: String) -> [CgroupMembership] { CgroupMembership.list(parsing: Array(text.utf8)) }
        #expect(Subject.engine(cgroups: list("1:cpu:/machine.slice/libpod-0123.scope\n")) == "podman")
        #expect(Subject.engine(cgroups: list("1:cpu:/docker/0123\n")) == "docker")
        #expect(Subject.engine(cgroups: list("0::/system.slice/docker-01.scope\n")) == "docker")
        #expect(Subject.engine(cgroups: list("1:cpu:/brig/0123\n")) == "brig")
        #expect(Subject.engine(cgroups: list("1:cpu:/user.slice\n")) == nil)
    }
}
