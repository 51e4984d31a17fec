import LinuxKernel
import OCISpec
import Testing

@testable import ContainerRuntime

/// A plain directory stands for resctrl's root; what the kernel would put into a new group is put there first.
@Suite struct ResctrlTests {
    private func withRoot(_ body: (borrowing OwnedDescriptor) throws -> Void) throws {
        let name = "brig-resctrl-\(UInt64.random(in: 0 ... .max))"
        let parent = try OwnedDescriptor(open: "/tmp", [.read, .directory])
        try parent.makeDirectory(name, mode: 0o700)
        defer { try? TreeDirectory(OwnedDescriptor(open: "/tmp", [.read, .directory])).removeTree(name) }
        try body(parent.open(name, [.read, .directory]))
    }

    private func fill(_ group: String, _ root: borrowing OwnedDescriptor) throws {
        for name in ["tasks", "schemata"] {
            _ = try root.open("\(group)/\(name)", [.write, .create, .append], mode: 0o600)
        }
    }

    private func text(_ path: String, _ root: borrowing OwnedDescriptor) throws -> String {
        String(decoding: try root.open(path, .read).readAll(limit: 4096), as: UTF8.self)
    }

    @Test func aMonitoringGroupInAGroupThatIsThere() throws {
        try withRoot { root in
            for name in ["gold", "gold/mon_groups"] { try root.makeDirectory(name, mode: 0o700) }
            try fill("gold", root)
            let wanted = RuntimeConfig.Linux.IntelRdt(
                closID: "gold", schemata: ["L3:0=f"], enableMonitoring: true)
            let group = try ResctrlGroup(wanted, id: ContainerID("web"), in: root)
            #expect(group.madePath == "/sys/fs/resctrl/gold/mon_groups/web")
            _ = try root.open("gold/mon_groups/web/tasks", [.write, .create], mode: 0o600)
            try group.apply(wanted, to: 7)
            #expect(try text("gold/schemata", root) == "L3:0=f\n")
            #expect(try text("gold/tasks", root) == "7")
            #expect(try text("gold/mon_groups/web/tasks", root) == "7")
        }
    }

    @Test func aGroupOfItsOwnGoesWhole() throws {
        try withRoot { root in
            let group = try ResctrlGroup(RuntimeConfig.Linux.IntelRdt(), id: ContainerID("web"), in: root)
            #expect(group.madePath == "/sys/fs/resctrl/web")
            // Where monitoring is not to be had, what was made is taken back.
            #expect(throws: RuntimeError.self) {
                _ = try ResctrlGroup(
                    RuntimeConfig.Linux.IntelRdt(closID: "new", enableMonitoring: true), id: ContainerID("web"),
                    in: root)
            }
            #expect(throws: SyscallError.self) { try root.status(of: "new") }
        }
    }
}
