import Cgroups
import LinuxKernel
import OCISpec
import Testing

@testable import ContainerRuntime

@Suite struct StatusTests {
    @Test("the status follows from what the kernel says")
    func status() {
        func status(
            running: Bool, creating: Bool = false, creator: Bool = false, waits: Bool = false, frozen: Bool = false
        ) -> ContainerState.Status {
            StatusFacts(
                isRunning: running, isCreating: creating, hasCreator: creator, waitsForStart: waits, isFrozen: frozen
            ).status
        }
        #expect(status(running: false, creating: true, creator: true) == .creating)
        #expect(status(running: true, creating: true, creator: true, waits: true) == .creating)
        #expect(status(running: true, creating: true, creator: false, waits: true) == .stopped)
        #expect(status(running: true, waits: true) == .created)
        #expect(status(running: true) == .running)
        #expect(status(running: true, frozen: true) == .paused)
        #expect(status(running: true, waits: true, frozen: true) == .paused)
        #expect(status(running: false) == .stopped)
        #expect(status(running: false, waits: true, frozen: true) == .stopped)
    }

    @Test("a process is believed by its start time alone")
    func identity() throws {
        let scratch = try StateRootTests.Scratch()
        let runtime = Runtime(root: scratch.root, log: Log(file: nil))
        let id = try ContainerID("one")
        let own = try ProcessIdentity(of: CallerIdentity.pid)
        var record = ContainerRecord(
            id: id, ociVersion: "1.3.0", bundle: "/b", rootfs: "/b/r", process: own, isCreating: false,
            ownsPidNamespace: true)
        do {
            let directory = try scratch.root.reserve(id)
            #expect(throws: StateError.notFound(id)) { try runtime.snapshot(id) }
            try directory.write(record)
        }
        #expect(try runtime.snapshot(id).status == .running)
        #expect(try runtime.snapshot(id).process == own)
        record.process = ProcessIdentity(pid: own.pid, startTime: own.startTime + 1)
        try scratch.root.open(id).write(record)
        #expect(try runtime.snapshot(id).status == .stopped)
        #expect(try runtime.snapshot(id).process == nil)
        // Nobody is signalled by number alone: this test would not survive it.
        #expect(throws: RuntimeError.self) { try runtime.kill(id, .kill) }
        #expect(throws: RuntimeError.self) { try runtime.kill(id, nil) }
        try runtime.kill(id, .kill, all: true)
    }

    @Test("creating is while somebody holds the lock")
    func creating() throws {
        let scratch = try StateRootTests.Scratch()
        let runtime = Runtime(root: scratch.root, log: Log(file: nil))
        let id = try ContainerID("one")
        do {
            let directory = try scratch.root.reserve(id)
            try directory.write(
                ContainerRecord(id: id, ociVersion: "1.3.0", bundle: "/b", rootfs: "/r", ownsPidNamespace: true))
            #expect(try runtime.snapshot(id).status == .creating)
            #expect(throws: RuntimeError.self) { try runtime.kill(id, .terminate) }
        }
        #expect(try runtime.snapshot(id).status == .stopped)
        #expect(try runtime.list().map(\.record.id) == [id])
    }
}

@Suite struct DeleteTests {
    static func setUp(_ name: String = #function) throws -> (StateRootTests.Scratch, Runtime, ContainerID) {
        let scratch = try StateRootTests.Scratch(name)
        return (scratch, Runtime(root: scratch.root, log: Log(file: nil)), try ContainerID("one"))
    }

    @Test("what never was is deleted only by force")
    func unknown() throws {
        let (_, runtime, id) = try Self.setUp()
        #expect(throws: StateError.notFound(id)) { try runtime.delete(id) }
        try runtime.delete(id, force: true)
    }

    @Test("a directory without a record goes")
    func empty() throws {
        let (scratch, runtime, id) = try Self.setUp()
        _ = try scratch.root.reserve(id)
        try runtime.delete(id, force: true)
        #expect(try scratch.root.identifiers() == [])
        _ = try scratch.root.reserve(id)
        #expect(throws: StateError.notFound(id)) { try runtime.delete(id) }
        #expect(try scratch.root.identifiers() == [])
    }

    @Test("a damaged record goes by force, with directories that somebody put beside it")
    func damaged() throws {
        let (scratch, runtime, id) = try Self.setUp()
        do {
            let directory = try scratch.root.reserve(id)
            try directory.descriptor.open("state.json", [.write, .create]).write("{\"id\":\"on")
            try directory.descriptor.makeDirectory("sub", mode: 0o700)
            try directory.descriptor.open("sub", [.read]).makeDirectory("sub", mode: 0o700)
        }
        #expect(throws: StateError.self) { try runtime.delete(id) }
        #expect(try scratch.root.identifiers() == [id])
        try runtime.delete(id, force: true)
        #expect(try scratch.root.identifiers() == [])
    }

    @Test("poststop hooks run once all is gone")
    func hooks() throws {
        let (scratch, runtime, id) = try Self.setUp()
        let output = scratch.directory + "/hooks"
        let hook = RuntimeConfig.Hooks.Hook(
            path: "/bin/sh", args: ["sh", "-c", "cat > \(output); ls \(scratch.root.path) >> \(output)"],
            env: ["PATH=/usr/bin:/bin"])
        let config = RuntimeConfig(ociVersion: "1.3.0", hooks: .init(poststop: [hook]))
        do {
            let directory = try scratch.root.reserve(id)
            try directory.write(
                ContainerRecord(
                    id: id, ociVersion: "1.3.0", bundle: "/b", rootfs: "/r", isCreating: false, ownsPidNamespace: true))
            try directory.write(configBytes: config.json.bytes())
        }
        try runtime.delete(id)
        #expect(
            try readText(output) == #"{"ociVersion":"1.3.0","id":"one","status":"stopped","bundle":"/b"}"#)
    }
}
