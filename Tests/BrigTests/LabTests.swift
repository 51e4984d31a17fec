import LinuxKernel
import Testing

/// One after another, so that what a lesson leaves can be told from what another one uses.
@Suite("Lessons, held", .serialized, .drivesBrig)
struct LabTests {
    @Test(
        "each shows what it says, and leaves nothing",
        arguments: [
            "namespaces", "processes", "signals", "mounts", "pivot_root", "overlay", "user-namespaces", "network",
            "cgroups", "oom", "capabilities", "seccomp", "container",
        ])
    func lesson(name: String) throws {
        let result = try BrigFixture.run(BrigFixture.products + "/brig", ["lab", "--auto", name])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(!result.output.contains("NOT SO"), "\(result.output)")
        #expect(result.output.contains("Nothing of it is left."))
        let left = try BrigFixture.run(
            "/bin/sh",
            ["-c", "ls -d /tmp/brig-lab-* /sys/fs/cgroup/*/brig-lab-* /sys/fs/cgroup/brig-lab-* 2>/dev/null"])
        #expect(left.output == "")
    }

    @Test("the list names them all; an unknown one is an error")
    func list() throws {
        let list = try BrigFixture.run(BrigFixture.products + "/brig", ["lab"])
        #expect(list.output.split(separator: "\n").count == 14, "\(list.output)")
        let unknown = try BrigFixture.run(BrigFixture.products + "/brig", ["lab", "alchemy"])
        #expect(unknown.status == 1)
        #expect(unknown.errors == "brig: there is no lesson alchemy: see brig lab\n")
    }

    @Test("a reader may try things, and leave")
    func reader() throws {
        let result = try BrigFixture.run(
            BrigFixture.products + "/brig", ["lab", "overlay"], input: "echo tried\n\nq\n")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("     tried\n"))
        #expect(result.output.contains("b:from app"))
        #expect(
            !result.output.contains("copies up: the layer below keeps what it had.\n\n     $ echo changed\n     ok"))
    }
}
