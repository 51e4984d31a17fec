import Foundation
import LinuxKernel
import OCISpec
import TestSupport
import Testing

extension Integration {
    /// What passes between the runtime and its callers beside words: descriptors by socket and by inheritance, devices.
    @Suite("Handover")
    struct HandoverTests {
        @Test("a seccomp agent gets the listener with the state of the process, and decides")
        func listener() throws {
            try withWorkspace { workspace in
                let socket = "\(workspace.directory)/agent"
                let agent = try UnixSocket.listen(at: socket, nonBlocking: true)
                workspace.config["linux.seccomp"] = [
                    "defaultAction": "SCMP_ACT_ALLOW", "listenerPath": .string(socket),
                    "listenerMetadata": "of the test",
                    "architectures": ["SCMP_ARCH_X86_64"],
                    "syscalls": [["names": ["getsid"], "action": "SCMP_ACT_NOTIFY"]],
                ]
                try workspace.prepare(["/bin/probe", "call", "124", "0"])
                let process = try Background(
                    [
                        Machine.runtime, "--root", workspace.stateRoot, "run", "--bundle", workspace.bundle,
                        workspace.id,
                    ],
                    in: workspace.directory)
                var message = try take(agent)
                guard let listener = message.descriptors.takeFirst() else { throw NobodyCalls() }
                let kind = link(listener)
                #expect(kind.contains("seccomp notify"), "\(kind)")
                let json = try JSONValue(parsing: message.bytes, sizeLimit: 1 << 20)
                let state = Config(json: json)
                #expect(state["fds"] == ["seccompFd"])
                #expect(state["metadata"] == "of the test")
                #expect(state["state.id"] == .string(workspace.id))
                #expect(state["state.bundle"] == .string(workspace.bundle))
                if case .integer(let pid)? = state["pid"] {
                    #expect(contents("/proc/\(pid)/cgroup").contains(workspace.cgroup))
                } else {
                    Issue.record("no pid: \(json)")
                }
                // The call waits for us. With the last listener gone it is one that the kernel does not have: ENOSYS.
                let waits = try listener.wait(for: .readable, timeout: Machine.patience).contains(.readable)
                #expect(waits)
                try listener.close()
                let outcome = try process.end()
                #expect(outcome.trimmed == "-38", "\(outcome.summary)")
            }
        }

        @Test("--console-socket gets the terminal, whose size is consoleSize")
        func console() throws {
            try withWorkspace { workspace in
                let socket = "\(workspace.directory)/console"
                let owner = try UnixSocket.listen(at: socket, nonBlocking: true)
                workspace.config["process.terminal"] = true
                workspace.config["process.consoleSize"] = ["height": 33, "width": 99]
                try workspace.prepare(["/bin/sh", "-c", "busybox tty; busybox stty size"])
                let created = try workspace.runtime(
                    "create", "--console-socket", socket, "--bundle", workspace.bundle, workspace.id)
                #expect(created.code == 0, "\(created.summary)")
                var message = try take(owner)
                guard let terminal = message.descriptors.takeFirst() else { throw NobodyCalls() }
                let (isTerminal, size) = (terminal.isTerminal(), try terminal.windowSize())
                #expect(isTerminal && size == WindowSize(rows: 33, columns: 99))
                #expect(try workspace.runtime("start", workspace.id).code == 0)
                var heard = ""
                while try terminal.wait(for: .readable, timeout: Machine.patience).contains(.readable) {
                    guard let bytes = try? terminal.read(upTo: 4096), !bytes.isEmpty else { break }
                    heard += String(decoding: bytes, as: UTF8.self)
                }
                #expect(heard == "/dev/pts/0\r\n33 99\r\n", "\(heard)")
            }
        }

        @Test(
            "--pidfd-socket gets a pidfd of the first process", .enabled(if: !Machine.isReference, "runc 1.1 has none"))
        func pidfd() throws {
            try withWorkspace { workspace in
                let socket = "\(workspace.directory)/pidfd"
                let owner = try UnixSocket.listen(at: socket, nonBlocking: true)
                try workspace.prepare(["/bin/probe", "pause"])
                let outcome = try workspace.runtime(
                    "create", "--pidfd-socket", socket, "--pid-file", "\(workspace.directory)/pid", "--bundle",
                    workspace.bundle, workspace.id)
                #expect(outcome.code == 0, "\(outcome.summary)")
                var message = try take(owner)
                guard let pidfd = message.descriptors.takeFirst() else { throw NobodyCalls() }
                let pid = try #require(workspace.pid)
                let information = contents("/proc/self/fdinfo/\(pidfd.raw)")
                #expect(information.contains("Pid:\t\(pid)\n"), "\(information)")
            }
        }

        @Test("--preserve-fds passes these descriptors and no others, to run and exec")
        func preserved() throws {
            try withWorkspace { workspace in
                try workspace.prepare(["/bin/sh", "-c", "cat <&3; ls /proc/self/fd"])
                let script = """
                    echo kept >kept; exec 3<kept 4<kept
                    exec "$0" --root "$1" run --preserve-fds 1 --bundle "$2" "$3"
                    """
                let outcome = try run(
                    ["/bin/sh", "-c", script, Machine.runtime, workspace.stateRoot, workspace.bundle, workspace.id],
                    in: workspace.directory)
                // 4 is the directory that ls reads.
                #expect(outcome.lines == ["kept", "0", "1", "2", "3", "4"], "\(outcome.summary)")
                try workspace.startContainer()
                let exec = """
                    exec 3<kept 4<kept
                    exec "$0" --root "$1" exec --preserve-fds 1 "$2" /bin/sh -c 'cat <&3; ls /proc/self/fd'
                    """
                let inside = try run(
                    ["/bin/sh", "-c", exec, Machine.runtime, workspace.stateRoot, workspace.id], in: workspace.directory
                )
                #expect(inside.lines == ["kept", "0", "1", "2", "3", "4"], "\(inside.summary)")
            }
        }

        @Test(
            "netDevices: a device of the host's moves in, under another name",
            .enabled(if: !Machine.isReference && NetDevices.arePossible, "needs ip, veth devices, and brig-runtime"))
        func netDevices() throws {
            try withWorkspace { workspace in
                workspace.config["linux.netDevices"] = ["outside0": ["name": "inside0"]]
                try workspace.prepare(["/bin/cat", "/proc/net/dev"])
                // In a network namespace of the test's own: the host's devices stay what they are.
                let script = """
                    ip link add outside0 type veth peer name other0 && ip address add 192.0.2.7/24 dev outside0 || exit 125
                    exec "$@"
                    """
                let outcome = try run(
                    ["/usr/bin/unshare", "--net", "--", "/bin/sh", "-c", script, "sh", Machine.runtime, "--root"]
                        + [workspace.stateRoot, "run", "--bundle", workspace.bundle, workspace.id],
                    in: workspace.directory)
                #expect(
                    outcome.code == 0 && outcome.output.contains("inside0:") && !outcome.output.contains("outside0:"),
                    "\(outcome.summary)")
            }
        }

        @Test(
            "memoryPolicy",
            .enabled(
                if: !Machine.isReference && contents("/proc/self/numa_maps") != "", "needs a kernel with NUMA policies")
        )
        func memoryPolicy() throws {
            try withWorkspace { workspace in
                workspace.config["linux.memoryPolicy"] = ["mode": "MPOL_BIND", "nodes": "0", "flags": []]
                let outcome = try workspace.runContainer(["/bin/sh", "-c", "cat /proc/self/numa_maps"])
                #expect(outcome.code == 0 && outcome.output.contains("bind:0"), "\(outcome.summary)")
            }
        }

        private func take(_ listener: borrowing UnixSocket) throws -> ReceivedMessage {
            guard try listener.descriptor.wait(for: .readable, timeout: Machine.patience).contains(.readable) else {
                throw NobodyCalls()
            }
            let connection = try listener.accept()
            return try connection.receive(upTo: 1 << 16)
        }

        private func link(_ descriptor: borrowing OwnedDescriptor) -> String {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor.raw)")) ?? ""
        }
    }
}

private struct NobodyCalls: Error {}

private enum NetDevices {
    static let arePossible: Bool = {
        let script = "ip link add outside0 type veth peer name other0"
        let outcome = try? run(["/usr/bin/unshare", "--net", "--", "/bin/sh", "-c", script], in: "/tmp")
        return outcome?.code == 0
    }()
}
