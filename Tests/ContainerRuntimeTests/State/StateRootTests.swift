import Cgroups
import ContainerRuntime
import LinuxKernel
import OCISpec
import Testing

@Suite struct StateRootTests {
    /// A state root of this test alone, taken away when the test ends.
    final class Scratch {
        let directory: String
        let root: StateRoot

        init(_ name: String = #function) throws {
            let tag = name.utf8.reduce(UInt32(5381)) { $0 &* 33 &+ UInt32($1) }
            directory = "/tmp/brig-state-\(CallerIdentity.pid)-\(tag)"
            root = try StateRoot(path: directory + "/a/b")
        }

        deinit { try? removeTree(directory) }

        private func removeTree(_ path: String) throws {
            let directory = try OwnedDescriptor(open: path, [.read, .directory])
            for entry in try directory.entries() {
                if entry.kind == .directory {
                    try removeTree(path + "/" + entry.name)
                } else {
                    try directory.removeFile(entry.name)
                }
            }
            try OwnedDescriptor(open: "/", [.pathOnly]).removeDirectory(String(path.dropFirst()))
        }
    }

    static func record(_ id: ContainerID) throws -> ContainerRecord {
        ContainerRecord(
            id: id, ociVersion: "1.3.0", bundle: "/b", rootfs: "/b/rootfs", created: Timestamp(nanosecondsSince1970: 1),
            owner: 7, annotations: ["a": "b"], process: ProcessIdentity(pid: 4, startTime: 99),
            cgroups: CgroupPlacement([("memory", "a/x"), ("", "x")]), cgroupsArePlanned: true,
            ownsPidNamespace: true, resctrlGroup: "/sys/fs/resctrl/x")
    }

    @Test("a record comes back as it was written")
    func records() throws {
        let scratch = try Scratch()
        let id = try ContainerID("one")
        var record = try Self.record(id)
        do {
            let directory = try scratch.root.reserve(id)
            #expect(try directory.record() == nil)
            try directory.write(record)
            #expect(try directory.record() == record)
            #expect(try directory.descriptor.status().permissions == 0o700)
            #expect(try OwnedDescriptor(open: scratch.root.path, .read).status().permissions == 0o700)
            record.isCreating = false
            record.process = nil
            record.resctrlGroup = nil
            try directory.write(record)
        }
        #expect(try scratch.root.open(id).record() == record)
        #expect(try scratch.root.identifiers() == [id])
        #expect(throws: StateError.exists(id)) { _ = try scratch.root.reserve(id) }
        try scratch.root.lock(id).remove()
        #expect(try scratch.root.identifiers() == [])
        #expect(throws: StateError.notFound(id)) { _ = try scratch.root.open(id) }
        #expect(throws: StateError.notFound(id)) { _ = try scratch.root.lock(id) }
    }

    @Test("one command at a time works on a container")
    func locking() throws {
        let scratch = try Scratch()
        let id = try ContainerID("one")
        do {
            let held = try scratch.root.reserve(id)
            #expect(throws: StateError.busy(id)) { _ = try scratch.root.lock(id, wait: .milliseconds(5)) }
            _ = try scratch.root.open(id)
            #expect(try held.record() == nil)
        }
        _ = try scratch.root.lock(id, wait: .milliseconds(5))
    }

    @Test("a root that others may write to is refused")
    func unsafeRoot() throws {
        let scratch = try Scratch()
        _ = try scratch.root.reserve(ContainerID("one"))
        try OwnedDescriptor(open: scratch.root.path, .read).setPermissions(0o777)
        #expect(throws: StateError.self) { _ = try scratch.root.identifiers() }
        #expect(throws: StateError.self) { _ = try scratch.root.reserve(ContainerID("two")) }
        try OwnedDescriptor(open: scratch.root.path, .read).setPermissions(0o711)
        #expect(try scratch.root.identifiers().count == 1)
    }

    @Test("a root that is not there holds nothing")
    func absent() throws {
        let scratch = try Scratch()
        #expect(try scratch.root.identifiers() == [])
        #expect(throws: StateError.notFound(try ContainerID("x"))) { _ = try scratch.root.open(ContainerID("x")) }
    }

    @Test(
        "damaged records are told, not believed",
        arguments: [
            "", "{", "[]", "{}", #"{"id":"two"}"#, #"{"id":"../x"}"#,
            #"{"id":"one","ociVersion":"1","bundle":"b","rootfs":"/r","created":"1970-01-01T00:00:00Z","owner":0}"#,
            #"{"id":"one","ociVersion":"1","bundle":"/b","rootfs":"/r","created":"1970-01-01T00:00:00Z","owner":-1}"#,
            #"{"id":"one","ociVersion":"1","bundle":"/b","rootfs":"/r","created":"1970-01-01T00:00:00Z","owner":0,"pid":0}"#,
            #"{"id":"two","ociVersion":"1","bundle":"/b","rootfs":"/r","created":"1970-01-01T00:00:00Z","owner":0}"#,
        ])
    func damaged(text: String) throws {
        let scratch = try Scratch("damaged \(text)")
        let id = try ContainerID("one")
        let directory = try scratch.root.reserve(id)
        try directory.descriptor.open("state.json", [.write, .create]).write(text)
        let failure = #expect(throws: StateError.self) { _ = try directory.record() }
        if case .damaged(id, _)? = failure {} else { Issue.record("\(String(describing: failure))") }
    }

    @Test(
        "the default root depends on who asks",
        arguments: [
            (true, 0, "/run/user/0", "/run/brig-runtime"),
            (false, 1000, "/run/user/1000", "/run/user/1000/brig-runtime"),
            (false, 1000, nil, "/run/user/1000/brig-runtime"), (false, 5, "relative", "/run/user/5/brig-runtime"),
            (false, 0, "/x", "/x/brig-runtime"),
        ] as [(Bool, UInt32, String?, String)])
    func defaultPath(isRoot: Bool, user: UInt32, runtimeDirectory: String?, path: String) {
        #expect(StateRoot.defaultPath(isRoot: isRoot, userID: user, runtimeDirectory: runtimeDirectory) == path)
    }
}
