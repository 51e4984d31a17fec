import LinuxKernel
import Testing

/// A directory of a test's own, removed with what is in it.
func withScratchDirectory(_ body: (String, borrowing OwnedDescriptor) throws -> Void) throws {
    let name = "brig-test-\(CallerIdentity.pid)-\(UInt64.random(in: 0 ... .max))"
    let parent = try OwnedDescriptor(open: "/tmp", [.read, .directory])
    try parent.makeDirectory(name, mode: 0o700)
    let directory = try parent.open(name, [.read, .directory])
    defer { #expect(throws: Never.self) { try parent.removeDirectory(name) } }
    defer {
        #expect(throws: Never.self) {
            for entry in try directory.entries() {
                if entry.kind == .directory {
                    try directory.removeDirectory(entry.name)
                } else {
                    try directory.removeFile(entry.name)
                }
            }
        }
    }
    try body("/tmp/\(name)", directory)
}

@Suite struct DescriptorTests {
    @Test func filesInADirectory() throws {
        try withScratchDirectory { path, directory in
            let file = try directory.open("a", [.readWrite, .create, .exclusive], mode: 0o640)
            try file.write("hello")
            try file.synchronize()
            #expect(try readText("\(path)/a") == "hello")
            try file.setPermissions(0o604)
            #expect(try directory.status(of: "a").permissions == 0o604)
            try directory.makeSymbolicLink("l", to: "a")
            #expect(try directory.readSymbolicLink("l") == "a")
            #expect(try directory.open("l", [.pathOnly, .noFollow]).readSymbolicLink() == "a")
            #expect(try readSymbolicLink("\(path)/l") == "a")
            #expect(throws: SyscallError(call: "renameat2", subject: "l to a", code: .fileExists)) {
                try directory.rename("l", into: directory, as: "a", .noReplace)
            }
            try directory.rename("l", into: directory, as: "a", .exchange)
            #expect(try directory.status(of: "a").isSymbolicLink)
            try directory.makeNode("f", .fifo, mode: 0o600)
            #expect(try directory.entries().map(\.name).sorted() == ["a", "f", "l"])
            try file.truncate(to: 2)
            try file.seek(to: 0)
            #expect(try file.readAll(limit: 10) == Array("he".utf8))
        }
    }

    @Test func locks() throws {
        try withScratchDirectory { path, _ in
            let held = try FileLock(OwnedDescriptor(open: path, [.read, .directory]))
            let missed = try FileLock.attempt(OwnedDescriptor(open: path, [.read, .directory]), .shared)
            let isMissed = missed == nil
            #expect(isMissed)
            _ = try held.unlock()
            let taken = try FileLock.attempt(OwnedDescriptor(open: path, [.read, .directory]))
            let isTaken = taken != nil
            #expect(isTaken)
        }
    }

    @Test func sealedMemory() throws {
        let file = try OwnedDescriptor(memoryFile: "test", executable: true)
        try file.write("x")
        try file.addSeals(.complete)
        #expect(try file.seals().isSuperset(of: .complete))
        #expect(throws: SyscallError.self) { try file.write("y") }
        try file.seek(to: 0)
        let copy = try OwnedDescriptor(memoryFile: "copy")
        #expect(try file.copyAll(to: copy) == 1)
        #expect(try copy.seals().isEmpty)
    }

    @Test func kindsOfFileSystems() throws {
        #expect(try FileSystemType(of: "/proc") == .proc)
        #expect(try OwnedDescriptor(open: "/sys", .pathOnly).fileSystemType() == .sysfs)
        #expect(try SystemName().version != nil)
    }

    @Test func pipesAndPolling() throws {
        let pipe = try Pipe(nonBlocking: true)
        #expect(try pipe.readEnd.wait(for: .readable, timeout: .milliseconds(1)).isEmpty)
        try pipe.writeEnd.write("abc")
        #expect(try pipe.readEnd.wait(for: .readable) == .readable)
        let epoll = try Epoll()
        try epoll.add(pipe.readEnd, .readable, token: .max)
        var seen: [UInt64] = []
        #expect(try epoll.wait { token, events in seen.append(events.contains(.readable) ? token : 0) } == 1)
        #expect(seen == [.max])
        #expect(try pipe.readEnd.read(upTo: 10) == Array("abc".utf8))
        #expect(try epoll.wait(timeout: .zero) { _, _ in } == 0)
        let readEnd = pipe.keepReadEnd()
        #expect(try readEnd.wait(for: .readable).contains(.hangUp))
    }

    @Test func eventsAndTimers() throws {
        let counter = try EventCounter(nonBlocking: true)
        #expect(throws: SyscallError(call: "read", subject: "eventfd", code: .again)) { try counter.take() }
        try counter.signal(3)
        try counter.signal(4)
        #expect(try counter.take() == 7)
        let timer = try TimerDescriptor()
        #expect(try timer.expirations() == 0)
        try timer.set(after: .zero)
        #expect(try timer.descriptor.wait(for: .readable, timeout: .seconds(5)) == .readable)
        #expect(try timer.expirations() == 1)
    }

    @Test func limits() throws {
        let files = try ResourceLimit.get(.openFiles)
        #expect(files.soft <= files.hard && files.soft > 0)
        try files.set(.openFiles)
        #expect(LimitedResource(name: "RLIMIT_NOFILE") == .openFiles)
        #expect(LimitedResource(name: "memlock") == .lockedMemory)
        #expect(LimitedResource(name: "RLIMIT_RTTIME")?.rawValue == 15)
        #expect(LimitedResource(name: "nofil") == nil)
    }
}
