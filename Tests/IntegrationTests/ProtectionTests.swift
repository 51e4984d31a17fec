import Foundation
import OCISpec
import TestSupport
import Testing

extension Integration {
    /// The program that enters a container cannot be written from there: CVE-2019-5736, SECURITY.md rule 5.
    ///
    /// A hook looks at the runtime that made it: what it may not open as the host's root, nobody in a container may.
    @Suite("The runtime's own program", .enabled(if: !Machine.isReference, "runc has another way"))
    struct ProtectionTests {
        @Test("runs from a read-only file system of its own")
        func overlay() throws {
            let seen = try look { _ in Machine.runtime }
            #expect(seen.contains("Read-only file system"), "\(seen)")
            let isCopy = seen.contains("memfd:")
            #expect(!isCopy, "\(seen)")
        }

        @Test("runs from a sealed copy where its directory has a name that no overlay takes")
        func copy() throws {
            let seen = try look { workspace in
                let directory = "\(workspace.directory)/a:b"
                try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
                // A copy of our own might still be open for writing in a child of another test.
                _ = try TestSupport.run(["/bin/cp", Machine.runtime, directory], in: workspace.directory)
                return "\(directory)/brig-runtime"
            }
            #expect(seen.hasPrefix("/memfd:brig-runtime"), "\(seen)")
        }

        /// The target of the runtime's `/proc/PID/exe`, and the answer to opening it for writing.
        private func look(_ runtime: (Workspace) throws -> String) throws -> String {
            var seen = ""
            try withWorkspace { workspace in
                let log = "\(workspace.directory)/log"
                let script = "exec >'\(log)' 2>&1; busybox readlink /proc/$PPID/exe; : >>/proc/$PPID/exe"
                workspace.config["hooks.createRuntime"] = [
                    ["path": "/bin/busybox", "args": ["busybox", "sh", "-c", .string(script)], "env": ["PATH=/bin"]]
                ]
                try workspace.prepare(["/bin/true"])
                _ = try TestSupport.run(
                    [
                        runtime(workspace), "--root", workspace.stateRoot, "run", "--bundle", workspace.bundle,
                        workspace.id,
                    ],
                    in: workspace.bundle)
                seen = contents(log)
            }
            return seen
        }
    }
}
