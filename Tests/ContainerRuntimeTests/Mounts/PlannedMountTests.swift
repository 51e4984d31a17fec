import OCISpec
import Testing

@testable import ContainerRuntime

@Suite("Mounts of a bundle")
struct PlannedMountTests {
    private func plan(
        _ destination: String, type: String? = nil, source: String? = nil, options: [String] = []
    ) throws -> PlannedMount {
        try PlannedMount(
            RuntimeConfig.Mount(destination: destination, type: type, source: source, options: options),
            bundle: "/bundle")
    }

    @Test(
        "destinations are taken below the root, whatever they say",
        arguments: [
            ("/a/../../b", "/b"), ("a//b/.", "/a/b"), ("/./a", "/a"), ("../../etc", "/etc"),
        ])
    func destinations(text: String, path: String) throws {
        #expect(try plan(text, type: "tmpfs").destination == path)
    }

    @Test("a relative source starts in the bundle")
    func sources() throws {
        #expect(try plan("/x", source: "data", options: ["bind"]).content == .bind(source: "/bundle/data"))
        #expect(try plan("/x", type: "none", source: "/srv", options: ["rbind"]).content == .bind(source: "/srv"))
        #expect(try plan("/x", type: "tmpfs").content == .fileSystem(type: "tmpfs", source: "tmpfs"))
        #expect(try plan("/sys/fs/cgroup", type: "cgroup2").content == .cgroup)
    }

    @Test(
        "volumes at or below /proc are refused",
        arguments: [
            "/proc/self/attr", "/proc/sys/kernel", "/x/../proc/1", "proc/scsi",
        ])
    func procIsOurs(destination: String) {
        #expect(throws: RuntimeError.self) { try plan(destination, source: "/srv", options: ["bind"]) }
        #expect(throws: RuntimeError.self) { try plan("/proc", type: "tmpfs") }
    }

    @Test("but not the files that engines fake, nor proc itself")
    func procExceptions() throws {
        _ = try plan("/proc/cpuinfo", source: "/var/lib/lxcfs/proc/cpuinfo", options: ["bind"])
        _ = try plan("/proc", type: "proc")
    }

    @Test("mounts that mean nothing", arguments: [("/", "tmpfs"), ("/x", "")])
    func meaningless(destination: String, type: String) {
        #expect(throws: RuntimeError.self) { try plan(destination, type: type) }
    }

    @Test("a bind mount without a source")
    func noSource() {
        #expect(throws: RuntimeError(.invalidInput, "mount /x: a bind mount needs a source")) {
            try plan("/x", options: ["bind"])
        }
    }
}
