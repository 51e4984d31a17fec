import Foundation
import LinuxKernel
import OCISpec
import TestSupport
import Testing

extension Integration {
    /// sd_notify(3) through the runtime, as with runc.
    @Suite("Readiness", .enabled(if: !Machine.isReference, "the cases look at this runtime's answers"))
    struct NotifyTests {
        /// A socket in the place of a service manager's, and the environment that names it.
        private func withManager(_ body: (Workspace, borrowing UnixSocket, [String]) throws -> Void) throws {
            try withWorkspace { workspace in
                let directory = try OwnedDescriptor(open: workspace.directory, [.read, .directory])
                let socket = try UnixSocket.receiver(in: directory, name: "manager", mode: 0o600)
                try body(workspace, socket, testEnvironment + ["NOTIFY_SOCKET=\(workspace.directory)/manager"])
            }
        }

        private func message(_ socket: borrowing UnixSocket) throws -> String {
            guard try !socket.descriptor.wait(for: .readable, timeout: .seconds(20)).isEmpty else { return "nothing" }
            return String(decoding: try socket.receive(upTo: 4096).bytes, as: UTF8.self)
        }

        @Test("create and start: start waits for the word, and tells it with the first process")
        func start() throws {
            try withManager { workspace, socket, environment in
                // The root is read-only for the container, and its user is none that owns anything.
                workspace.config["process.user"] = ["uid": 1000, "gid": 1000]
                try workspace.prepare(["/bin/probe", "notify"])
                let created = try workspace.runtime(
                    "create", "--bundle", workspace.bundle, "--pid-file", "\(workspace.directory)/pid", workspace.id,
                    environment: environment)
                #expect(created.code == 0, "\(created.summary)")
                let started = try workspace.runtime("start", workspace.id, environment: environment)
                #expect(started.code == 0, "\(started.summary)")
                let pid = try #require(workspace.pid)
                #expect(try message(socket) == "READY=1\nMAINPID=\(pid)")
            }
        }

        @Test("run --detach")
        func detached() throws {
            try withManager { workspace, socket, environment in
                try workspace.prepare(["/bin/probe", "notify"])
                let outcome = try workspace.runtime(
                    "run", "--detach", "--bundle", workspace.bundle, workspace.id, environment: environment)
                #expect(outcome.code == 0, "\(outcome.summary)")
                #expect(try message(socket).hasPrefix("READY=1\nMAINPID="))
            }
        }

        @Test("a program that ends without a word keeps nobody waiting")
        func silent() throws {
            try withManager { workspace, socket, environment in
                for flags in [[], ["--detach"]] {
                    try workspace.prepare(["/bin/true"])
                    let outcome = try workspace.runtime(
                        ["run"] + flags + ["--bundle", workspace.bundle, workspace.id], environment: environment)
                    #expect(outcome.code == 0, "\(outcome.summary)")
                    #expect(try workspace.runtime("delete", "--force", workspace.id).code == 0)
                }
            }
        }

        @Test("a socket that is no path is refused")
        func abstract() throws {
            try withWorkspace { workspace in
                try workspace.prepare(["/bin/true"])
                let outcome = try workspace.runtime(
                    "run", "--bundle", workspace.bundle, workspace.id,
                    environment: testEnvironment + ["NOTIFY_SOCKET=@abstract"])
                #expect(outcome.code == 1 && outcome.errors.contains("NOTIFY_SOCKET"), "\(outcome.summary)")
            }
        }
    }
}
