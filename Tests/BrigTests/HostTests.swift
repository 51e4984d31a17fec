import LinuxKernel
import Testing

/// What `doctor`, `info` and `system check` say, beside what the kernel and the disk say.
@Suite(.drivesBrig)
struct HostTests {
    private let fixture: BrigFixture

    init() throws { fixture = try BrigFixture() }

    /// One finding of `doctor`.
    private struct Finding {
        var isFine: Bool
        var text: String
        var remedy = ""
    }

    private func findings(_ environment: String = "") throws -> [String: Finding] {
        let result = try shell("\(environment) exec \(brig) doctor")
        #expect(result.status == 0 && result.errors == "")
        var found: [String: Finding] = [:]
        var last = ""
        for line in result.output.split(separator: "\n") {
            if line.hasPrefix("          to mend it: ") {
                found[last]?.remedy = String(line.dropFirst(22))
                continue
            }
            #expect(line.hasPrefix("ok      ") || line.hasPrefix("missing "), "\(line)")
            let words = line.dropFirst(8).split(separator: ":", maxSplits: 1)
            last = String(words.first ?? "")
            #expect(found[last] == nil, "\(last) stands there twice")
            #expect(words.count == 2 && words[1].count > 3, "\(line)")
            found[last] = Finding(isFine: line.hasPrefix("ok"), text: String(words.last?.dropFirst() ?? ""))
        }
        return found
    }

    private var brig: String {
        "\(BrigFixture.products)/brig --root \(fixture.directory)/root --run-root \(fixture.directory)/run"
    }

    private func shell(_ script: String) throws -> BrigFixture.Result { try fixture.onHost("/bin/sh", ["-c", script]) }

    /// Whether a condition of the shell holds on this host.
    private func holds(_ condition: String) throws -> Bool { try shell(condition).status == 0 }

    @Test("doctor says of each thing what the kernel says, and what mends it")
    func doctor() throws {
        let found = try findings()
        for (subject, condition) in [
            ("cgroup memory", "test -d /sys/fs/cgroup/memory || grep -qw memory /sys/fs/cgroup/cgroup.controllers"),
            ("cgroup cpu", "test -d /sys/fs/cgroup/cpu || grep -qw cpu /sys/fs/cgroup/cgroup.controllers"),
            ("cgroup pids", "test -d /sys/fs/cgroup/pids || grep -qw pids /sys/fs/cgroup/cgroup.controllers"),
            ("AppArmor", "grep -q apparmor /sys/kernel/security/lsm"),
            ("overlay", "grep -qw overlay /proc/filesystems"),
            ("limits", "test $((0x$(grep ^CapEff /proc/self/status | cut -f2) >> 24 & 1)) = 1"),
            ("read-only mounts", "test \"$(printf '5.12\\n%s\\n' \"$(uname -r)\" | sort -V | head -n 1)\" = 5.12"),
        ] {
            let finding = try #require(found[subject], "\(subject)")
            #expect(try finding.isFine == holds(condition), "\(subject): \(finding.text)")
        }
        // The same for tools that ask.
        let information = try fixture.brig(
            "info", "--format", "{{.MemoryLimit}} {{.SwapLimit}} {{.PidsLimit}} {{.CPUShares}}")
        let expected = ["cgroup memory", "swap", "cgroup pids", "cgroup cpu"].map { "\(found[$0]?.isFine ?? false)" }
        #expect(information.output == expected.joined(separator: " ") + "\n")
        for (subject, finding) in found {
            #expect(!finding.isFine || finding.remedy.isEmpty, "\(subject): nothing is to be mended")
        }
        let list = try fixture.brig("doctor", "--format", "json").output
        #expect(list.split(separator: "\n").count { $0.contains("\"Subject\":") } == found.count)
        #expect(
            list.split(separator: "\n").count { $0.contains("\"Fine\": true") } == found.values.count(where: \.isFine))
    }

    @Test("what doctor says mends it does")
    func remedies() throws {
        // In the network namespace that is the host here.
        #expect(try shell("echo 0 >/proc/sys/net/ipv4/ip_forward").status == 0)
        let before = try #require(try findings()["forwarding"])
        #expect(!before.isFine && before.remedy == "sysctl net.ipv4.ip_forward=1")
        let parts = before.remedy.dropFirst("sysctl ".count).split(separator: "=")
        try #require(parts.count == 2)
        let path = parts[0].split(separator: ".").joined(separator: "/")
        #expect(try shell("echo \(parts[1]) >/proc/sys/\(path)").status == 0)
        #expect(try findings()["forwarding"]?.isFine == true)

        let runtime = try #require(
            try findings("BRIG_RUNTIME=/nowhere/brig-runtime;export BRIG_RUNTIME;")["brig-runtime"])
        #expect(!runtime.isFine && runtime.text.hasPrefix("/nowhere/brig-runtime is not there"))
        #expect(runtime.remedy == "put it beside brig, or name it in BRIG_RUNTIME")
        #expect(
            try findings("BRIG_RUNTIME=\(BrigFixture.products)/brig-runtime;export BRIG_RUNTIME;")["brig-runtime"]?
                .isFine == true)
    }

    @Test("system check finds a blob that is not what its name says, and nothing where all is well")
    func check() throws {
        let sound = try fixture.brig("system", "check")
        #expect(sound.status == 0 && sound.errors == "")
        #expect(sound.output.hasPrefix("checked 1 images, 1 layers, "))
        let blobs = "\(fixture.directory)/root/blobs/sha256"
        #expect(
            try shell("f=$(ls -S \(blobs) | head -n 1) && cp \(blobs)/$f \(blobs)/../../kept && printf x >>\(blobs)/$f")
                .status == 0)
        let damaged = try fixture.brig("system", "check")
        #expect(damaged.status == 1)
        #expect(damaged.output.split(separator: "\n").contains { $0.hasPrefix("wrong: ") }, "\(damaged.output)")
        #expect(try shell("f=$(ls -S \(blobs) | head -n 1) && mv \(blobs)/../../kept \(blobs)/$f").status == 0)
        #expect(try fixture.brig("system", "check") == sound)
    }
}
