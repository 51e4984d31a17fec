import ContainerRuntime
import OCISpec
import Testing

@testable import RuntimeCommandLine

@Suite struct OutputTests {
    @Test("columns stand under each other")
    func table() {
        #expect(
            textTable([["ID", "PID"], ["a-very-long-name", "1"]]) == "ID                 PID\na-very-long-name   1\n")
        #expect(textTable([["ID", "PID"]]) == "ID          PID\n")
    }

    @Test("the owner's name comes from passwd")
    func owner() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nbroken\nann:x:1000:1000::/:/bin/sh\n"
        #expect(userName(0, passwd: passwd) == "root")
        #expect(userName(1000, passwd: passwd) == "ann")
        #expect(userName(7, passwd: passwd) == "#7")
    }

    @Test("lines of other processes are left out of ps")
    func processes() {
        let output = "UID        PID  PPID CMD\nroot         1     0 init\nroot        12     1 sh -c 7\nroot  7 1 x\n"
        #expect(ProcessTable.filter(output, [7]) == "UID        PID  PPID CMD\nroot  7 1 x\n")
        #expect(ProcessTable.filter(output, []) == "UID        PID  PPID CMD\n")
        #expect(ProcessTable.filter("USER CMD\nroot x\n", [1]) == nil)
        #expect(ProcessTable.filter("", [1]) == nil)
    }

    @Test("the starter config is valid", arguments: [true, false], [true, false])
    func starter(unified: Bool, rootless: Bool) throws {
        let json = StarterConfig(
            ociVersion: "1.3.0", hasUnifiedCgroups: unified, rootless: rootless ? (1000, 100) : nil
        ).json
        let config = try RuntimeConfig(json: json)
        try config.validate()
        #expect(config.linux?.namespaces.contains { $0.type == .user } == rootless)
        #expect(config.linux?.namespaces.contains { $0.type == .cgroup } == unified)
        #expect(config.linux?.uidMappings.first?.hostID == (rootless ? 1000 : nil))
        #expect(config.mounts.contains { $0.options.contains("gid=5") } == !rootless)
    }
}
