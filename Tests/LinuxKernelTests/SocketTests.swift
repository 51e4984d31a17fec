import LinuxKernel
import Testing

@Suite struct SocketTests {
    @Test func listenerInADeepDirectory() throws {
        try withScratchDirectory { path, directory in
            let long = String(repeating: "n", count: 80)
            let listener = try UnixSocket.listen(in: directory, name: long, mode: 0o660, nonBlocking: true)
            #expect(try directory.status(of: long).permissions == 0o660)
            #expect(throws: SyscallError.self) { _ = try listener.accept() }
            #expect(throws: SyscallError.self) { _ = try UnixSocket.connect(to: "\(path)/\(long)") }
            let client = try UnixSocket.connect(in: directory, name: long)
            let server = try listener.accept()
            let peer = try server.peerCredentials()
            #expect(peer.pid == CallerIdentity.pid && peer.uid == CallerIdentity.uid)
            try client.sendAll(Array("ping".utf8))
            #expect(try server.receive(upTo: 10).bytes == Array("ping".utf8))
            try client.shutdown(.sending)
            #expect(try server.receive(upTo: 10).bytes.isEmpty)
        }
    }

    @Test("names that are no single component, and abstract ones", arguments: ["", ".", "..", "a/b", "\0x"])
    func oddNames(name: String) throws {
        try withScratchDirectory { _, directory in
            #expect(throws: SyscallError.self) { _ = try UnixSocket.listen(in: directory, name: name) }
        }
        #expect(throws: SyscallError.self) { _ = try UnixSocket.listen(at: "") }
    }

    @Test func descriptorsTravel() throws {
        let pair = try UnixSocketPair()
        let pipe = try Pipe()
        try pair.first.send([1, 2, 3], descriptor: pipe.readEnd)
        var message = try pair.second.receive(upTo: 16)
        #expect(message.bytes == [1, 2, 3] && !message.truncated)
        #expect(message.descriptors.count == 1)
        try pipe.writeEnd.write("through")
        let received = message.descriptors.takeFirst()
        #expect(message.descriptors.count == 0)
        switch received {
        case .some(let descriptor): #expect(try descriptor.read(upTo: 20) == Array("through".utf8))
        case .none: Issue.record("no descriptor came")
        }
    }

    @Test func packetsAreNotCutSilently() throws {
        let pair = try UnixSocketPair(.packets)
        try pair.first.sendAll([1, 2, 3, 4])
        #expect(try pair.second.receive(upTo: 2).truncated)
    }

    @Test func closedPeerIsAnErrorAndNoSignal() throws {
        let first = try UnixSocketPair().keepFirst()
        #expect(throws: SyscallError.self) { try first.sendAll([1]) }
    }
}

@Suite struct PseudoTerminalTests {
    @Test func bothSides() throws {
        let terminal = try PseudoTerminal()
        #expect(terminal.peer.isTerminal() && terminal.controller.isTerminal())
        try terminal.controller.setWindowSize(WindowSize(rows: 33, columns: 101))
        #expect(try terminal.peer.windowSize() == WindowSize(rows: 33, columns: 101))
        try terminal.peer.setTerminalSettings(terminal.peer.terminalSettings().raw)
        try terminal.peer.write("a\n")
        #expect(try terminal.controller.read(upTo: 10) == Array("a\n".utf8))
        let devpts = try PseudoTerminal(devpts: OwnedDescriptor(open: "/dev/pts", [.read, .directory]))
        #expect(devpts.number != terminal.number)
        #expect(throws: SyscallError(call: "open", subject: "ptmx", code: .invalidArgument)) {
            _ = try PseudoTerminal(devpts: OwnedDescriptor(open: "/tmp", [.read, .directory]))
        }
        #expect(try !Pipe().readEnd.isTerminal())
    }
}

@Suite struct SpawnTests {
    @Test func descriptorsEnvironmentAndStatus() throws {
        let pipe = try Pipe()
        let script = "echo $A $PWD; echo three >&5; read x || exit 7"
        let child = try Spawn(
            program: "/bin/sh", arguments: ["sh", "-c", script], environment: ["A=b"], workingDirectory: "/usr"
        ).start([(pipe.writeEnd.raw, 1), (pipe.writeEnd.raw, 5)])
        let output = pipe.keepReadEnd()
        #expect(try output.readAll(limit: 100) == Array("b /usr\nthree\n".utf8))
        #expect(try child.wait() == .exited(7))
    }

    @Test func swappedDescriptors() throws {
        let first = try Pipe()
        let second = try Pipe()
        // Each target number is the other's source.
        let child = try Spawn(
            program: "/bin/sh", arguments: ["sh", "-c", "echo one >/proc/self/fd/\(second.writeEnd.raw)"]
        )
        .start([(first.writeEnd.raw, second.writeEnd.raw), (second.writeEnd.raw, first.writeEnd.raw)])
        #expect(try child.wait() == .exited(0))
        let output = first.keepReadEnd()
        #expect(try output.readAll(limit: 100) == Array("one\n".utf8))
    }

    @Test func failures() throws {
        #expect(throws: SyscallError(call: "posix_spawn", subject: "/nonexistent", code: .noSuchFile)) {
            _ = try Spawn(program: "/nonexistent", arguments: ["x"]).start()
        }
        #expect(throws: SyscallError(call: "posix_spawn", subject: "sh", code: .invalidArgument)) {
            _ = try Spawn(program: "sh", arguments: ["x"]).start()
        }
        #expect(throws: SyscallError(call: "posix_spawn", subject: "/etc/passwd", code: .accessDenied)) {
            _ = try Spawn(program: "/etc/passwd", arguments: ["x"]).start()
        }
    }

    @Test func timeoutAndSignal() throws {
        let child = try Spawn(program: "/bin/sleep", arguments: ["sleep", "60"], newSession: true).start()
        #expect(try child.wait(timeout: .milliseconds(20)) == nil)
        #expect(try ProcessInformation(pid: child.pid).stat().session == child.pid)
        try child.send(.kill)
        #expect(try child.wait(timeout: .seconds(20)) == .signalled(.kill, coreDumped: false))
        #expect(ExitStatus.signalled(.kill, coreDumped: false).shellCode == 137)
        #expect(throws: SyscallError.self) { try child.send(.terminate) }
    }

    @Test func nothingIsInherited() throws {
        let pipe = try Pipe()
        let child = try Spawn(program: "/bin/ls", arguments: ["ls", "/proc/self/fd"]).start([(pipe.writeEnd.raw, 1)])
        let output = pipe.keepReadEnd()
        // 3 is ls's own.
        #expect(try String(decoding: output.readAll(limit: 1000), as: UTF8.self) == "0\n1\n2\n3\n")
        #expect(try child.wait().isSuccess)
    }
}
