import Capabilities
import LinuxKernel
import OCISpec
import Seccomp
import Testing

@testable import Anatomy

@Suite("open doors")
struct DoorsTests {
    /// A container as an engine makes it when nothing is asked for.
    static func container(
        host: Set<NamespaceKind> = [.user, .time], capabilities: CapabilitySet = .dockerDefault,
        mounts: [String] = [], blocked: [String] = ["mount", "open_by_handle_at", "init_module", "finit_module"],
        devices: String = "c 1:3 rwm", uid: UInt32 = 0
    ) throws -> Anatomy {
        var anatomy = Anatomy(subject: Subject(pid: 7, name: "sh", uid: uid))
        anatomy.namespaces = NamespaceKind.allCases.enumerated().map { index, kind in
            NamespaceMembership(
                kind: kind, inode: UInt64(index + 1), isHost: host.contains(kind),
                evidence: [Evidence("/proc/7/ns/\(kind.fileName)", "\(kind.fileName):[\(index + 1)]")])
        }
        let lines =
            [
                "1 0 0:1 / / rw - overlay overlay rw,lowerdir=/l2:/l1,upperdir=/u,workdir=/w",
                "2 1 0:2 / /proc rw - proc proc rw", "3 2 0:2 /sys /proc/sys ro - proc proc rw",
                "4 2 0:2 /sysrq-trigger /proc/sysrq-trigger ro - proc proc rw",
                "5 1 0:6 / /dev rw - tmpfs tmpfs rw", "6 1 0:7 / /sys ro - sysfs sysfs ro",
            ] + mounts
        let table = MountTable(parsing: Array(lines.joined(separator: "\n").utf8))
        let own = HostMounts(MountTable(parsing: Array("1 0 254:0 / / rw - ext4 /dev/vda rw".utf8)))
        anatomy.mounts = table.entries.map { ExplainedMount($0, hostPath: own.path(of: $0)) }
        anatomy.root = try RootFilesystem(
            #require(table.topmost(at: "/")), pid: 7, host: own, sharesMounts: false, rootLink: "/")
        anatomy.privileges = Privileges(
            sets: ProcessCapabilities(bounding: capabilities, permitted: capabilities, effective: capabilities),
            evidence: [Evidence("/proc/7/status", "CapEff: \(capabilities.hexadecimal)")])
        anatomy.filter = SystemCallFilter(
            mode: blocked.isEmpty ? 0 : 2, count: 1, blocked: [.init(.errno(1), blocked)],
            evidence: [Evidence("/proc/7/status", "Seccomp: 2")])
        anatomy.cgroups = [
            CgroupPlace(
                version: 1, label: "devices", path: "/x", directory: "/sys/fs/cgroup/devices/x",
                values: [
                    .init(
                        controller: "devices", file: "devices.list", meaning: "", kind: "limit", raw: devices,
                        shown: devices)
                ])
        ]
        return anatomy
    }

    private func titles(_ anatomy: Anatomy, _ severity: Door.Severity) -> [String] {
        Door.ranked(anatomy).filter { $0.severity == severity }.map(\.title)
    }

    @Test("an ordinary container has no door that takes over or harms the host")
    func ordinary() throws {
        let anatomy = try Self.container()
        #expect(titles(anatomy, .takesOver) == [])
        #expect(titles(anatomy, .harms) == [])
        #expect(titles(anatomy, .weakens) == ["root inside is root outside"])
    }

    @Test(
        "each door is found",
        arguments: [
            ("254:0 / /host rw - ext4 /dev/vda rw", Door.Severity.takesOver, "/ of the host is at /host"),
            ("254:0 / /host ro - ext4 /dev/vda rw", .harms, "/ of the host is at /host"),
            ("254:0 /etc /e rw - ext4 /dev/vda rw", .takesOver, "/etc of the host is at /e"),
            ("254:0 /srv /s rw - ext4 /dev/vda rw", .weakens, "/srv of the host can be written at /s"),
            ("0:20 /docker.sock /run/d.sock rw - tmpfs tmpfs rw", .takesOver, "Docker's socket is at /run/d.sock"),
            ("254:0 /srv /s rw shared:3 - ext4 /dev/vda rw", .harms, "mounts below /s reach the host"),
            (
                "0:9 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory", .takesOver,
                "cgroups can be written at /sys/fs/cgroup/memory"
            ),
            ("0:9 / /dev rw - devtmpfs dev rw", .harms, "all nodes of the host's /dev are at /dev"),
        ])
    func mountDoors(line: String, severity: Door.Severity, title: String) throws {
        let anatomy = try Self.container(mounts: ["20 1 \(line)"])
        // Where the host path is not / of the only disk, the root of the mount is told.
        #expect(titles(anatomy, severity).contains(title), "\(Door.ranked(anatomy).map(\.title))")
    }

    @Test(
        "procfs and sysfs are doors wherever they are mounted, and so are their parts",
        arguments: [
            (
                "/ /hp rw - proc proc rw", Door.Severity.takesOver,
                "/proc/sys of the host is at /hp/sys and can be written"
            ),
            (
                "/ /hp rw - proc proc rw", .harms,
                "/proc/sysrq-trigger of the host is at /hp/sysrq-trigger and can be written"
            ),
            ("/sys /x rw - proc proc rw", .takesOver, "/proc/sys of the host is at /x and can be written"),
            (
                "/sys/kernel/core_pattern /x/cp rw - proc proc rw", .takesOver,
                "/proc/sys/kernel/core_pattern of the host is at /x/cp and can be written"
            ),
            ("/sys/vm /x rw - proc proc rw", .harms, "/proc/sys/vm of the host is at /x and can be written"),
            ("/ /s rw - sysfs sysfs rw", .takesOver, "the kernel's objects can be written at /s"),
            ("/class /s rw - sysfs sysfs rw", .harms, "/sys/class of the host can be written at /s"),
        ])
    func kernelFiles(line: String, severity: Door.Severity, title: String) throws {
        let anatomy = try Self.container(mounts: ["20 1 0:2 \(line)"])
        #expect(titles(anatomy, severity).contains(title), "\(Door.ranked(anatomy).map(\.title))")
        // Nobody but the machine's root may write them.
        for other in [
            try Self.container(mounts: ["20 1 0:2 \(line)"], uid: 5),
            try Self.container(host: [.time], mounts: ["20 1 0:2 \(line)"]),
            try Self.container(mounts: ["20 1 0:2 \(line.replacing(" rw ", with: " ro "))"]),
            try Self.container(mounts: [
                "20 1 0:2 \(line)", "21 20 0:9 / \(line.split(separator: " ")[1]) rw - tmpfs t rw",
            ]),
        ] { #expect(!titles(other, severity).contains(title)) }
    }

    @Test("what of procfs belongs to a namespace is no door, nor what another mount covers")
    func noKernelFiles() throws {
        let own = try Self.container(mounts: ["20 1 0:2 /sys/net /proc/sys/net rw - proc proc rw"])
        #expect(titles(own, .takesOver) + titles(own, .harms) == [])
        let covered = try Self.container(mounts: [
            "20 1 0:2 / /hp rw - proc proc rw", "21 20 0:2 /sys /hp/sys ro - proc proc rw",
            "22 20 0:2 /sysrq-trigger /hp/sysrq-trigger ro - proc proc rw",
        ])
        #expect(titles(covered, .takesOver) + titles(covered, .harms) == [])
    }

    @Test("the host's procfs shows the host's processes, and CAP_SYS_PTRACE enters them")
    func hostProcesses() throws {
        for (capabilities, severity) in [
            (CapabilitySet.dockerDefault, Door.Severity.harms), (CapabilitySet([.sysPtrace]), .takesOver),
        ] {
            var anatomy = try Self.container(
                capabilities: capabilities, mounts: ["20 1 0:30 / /hp ro - proc proc ro"])
            #expect(!titles(anatomy, severity).contains("the host's processes are seen at /hp"))
            anatomy.mounts[anatomy.mounts.count - 1].hostPath = "/proc"
            #expect(titles(anatomy, severity).contains("the host's processes are seen at /hp"))
        }
    }

    @Test("a capability is a door where the host asks for it and a filter lets the call through")
    func capabilities() throws {
        let modules = CapabilitySet([.sysModule])
        #expect(titles(try Self.container(capabilities: modules, blocked: ["mount"]), .takesOver) == ["CAP_SYS_MODULE"])
        #expect(titles(try Self.container(capabilities: modules), .takesOver) == [])
        #expect(
            titles(try Self.container(capabilities: modules), .weakens).contains(
                "CAP_SYS_MODULE, held back by the filter only"))
        let ownUsers = try Self.container(host: [.time], capabilities: modules, blocked: ["mount"])
        #expect(titles(ownUsers, .takesOver) == [])
        // Tracing reaches only what is seen.
        let tracing = CapabilitySet([.sysPtrace])
        #expect(titles(try Self.container(capabilities: tracing), .takesOver) == [])
        #expect(
            titles(try Self.container(host: [.user, .pid], capabilities: tracing), .takesOver) == ["CAP_SYS_PTRACE"])
    }

    @Test("a privileged container takes over, and the worst comes first")
    func privileged() throws {
        let anatomy = try Self.container(capabilities: .named, blocked: [], devices: "a *:* rwm")
        let doors = Door.ranked(anatomy)
        #expect(doors.first?.severity == .takesOver)
        #expect(doors.map(\.severity) == doors.map(\.severity).sorted())
        #expect(doors.map(\.title).contains("all devices"))
        #expect(doors.map(\.title).contains("no seccomp filter"))
        #expect(doors.allSatisfy { !$0.evidence.isEmpty }, "each has evidence")
    }

    @Test("a block device that was given is a door of its own")
    func device() throws {
        let anatomy = try Self.container(devices: "c 1:3 rwm\nb *:* m\nb 8:0 rwm")
        #expect(titles(anatomy, .takesOver) == ["the block device 8:0 can be written"])
    }

    @Test("a process that shares everything is told to be no container")
    func plain() throws {
        var anatomy = try Self.container(host: Set(NamespaceKind.allCases))
        anatomy.root?.isHostRoot = true
        #expect(Door.ranked(anatomy).map(\.title) == ["it is no container"])
    }
}

@Suite("pages and comparisons")
struct PageTests {
    @Test("nothing of a hostile name reaches a terminal or a browser as a command")
    func hostile() throws {
        var anatomy = try DoorsTests.container()
        anatomy.subject.name = "\u{1b}]0;x\u{7}<script>"
        anatomy.subject.commandLine = ["a\nb", "<img src=x onerror=y>"]
        anatomy.processes = [ContainedProcess(pid: 7, insidePid: 1, parent: 1, uid: 0, command: "\u{1b}[2J<script>")]
        anatomy.doors = Door.ranked(anatomy)
        let text = TextPage().text(Page(anatomy))
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        #expect(text.contains("?]0;x?<script>"))
        let html = HTMLPage.text(anatomy)
        #expect(!html.contains("<script") && !html.contains("<img"))
        #expect(!html.contains("http://") && !html.contains("https://") && !html.contains("url("))
        #expect(html.contains("<svg") && html.contains("</html>"))
    }

    @Test("JSON has evidence beside each part, and parses")
    func json() throws {
        var anatomy = try DoorsTests.container()
        anatomy.doors = Door.ranked(anatomy)
        let text = anatomy.json.text()
        #expect(try JSONValue(parsing: text, sizeLimit: 1 << 20) == anatomy.json)
        guard case .object(let object) = anatomy.json, case .array(let namespaces)? = object["namespaces"] else {
            Issue.record("no namespaces")
            return
        }
        #expect(namespaces.count == 8)
        #expect(
            namespaces.allSatisfy {
                if case .object(let value) = $0, case .array(let list)? = value["evidence"] {
                    !list.isEmpty
                } else {
                    false
                }
            })
    }

    @Test("lines are broken at the terminal's width and evidence stands below")
    func wrapping() {
        let page = Page(
            title: "t",
            sections: [
                .init("s", "S", [.init("label", String(repeating: "word ", count: 30), .plain, [Evidence("/f", "v")])])
            ])
        let lines = TextPage(width: 60, showsEvidence: true).text(page).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 60 })
        #expect(lines.last?.contains("[/f: v]") == true)
        #expect(!TextPage(colors: false).text(page).contains("\u{1b}"))
        #expect(TextPage(colors: true).text(page).contains("\u{1b}["))
    }

    @Test("two that were built alike differ in nothing, and what differs is named")
    func shapes() throws {
        var left = try DoorsTests.container()
        var right = try DoorsTests.container()
        left.subject.pid = 100
        right.namespaces[0].inode = 99
        #expect(Shape(left).differences(from: Shape(right)) == [])
        right = try DoorsTests.container(host: [.user, .time, .network], capabilities: CapabilitySet([.chown]))
        let differences = Shape(left).differences(from: Shape(right)).map(\.property)
        #expect(differences.contains("namespace net"))
        #expect(differences.contains("capabilities effective"))
    }
}
