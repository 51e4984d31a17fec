import Foundation
import OCISpec
import TestSupport
import Testing

private let parser = "/usr/sbin/apparmor_parser"

extension Integration {
    /// config.md, "apparmorProfile": here in the virtual machine, whose kernel has AppArmor.
    @Suite(
        "AppArmor",
        .enabled(
            if: Machine.hasAppArmor && FileManager.default.isExecutableFile(atPath: parser),
            "needs AppArmor in the kernel, and apparmor_parser"))
    struct AppArmorTests {
        /// Loads a profile that lets everything but one file be read, and takes it away afterwards.
        private func withProfile(_ name: String, hiding file: String, _ body: () throws -> Void) throws {
            let text = """
                profile \(name) flags=(attach_disconnected,mediate_deleted) {
                  network, capability, file, umount, signal, ptrace, unix,
                  deny \(file) r,
                }
                """
            let path = "/tmp/\(name).profile"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            defer {
                _ = try? TestSupport.run([parser, "--remove", path], in: "/tmp")
                try? FileManager.default.removeItem(atPath: path)
            }
            let loaded = try TestSupport.run([parser, "--replace", "--skip-cache", path], in: "/tmp")
            guard loaded.code == 0 else { throw UnexpectedOutcome(what: "apparmor_parser", outcome: loaded) }
            try body()
        }

        @Test("run and exec have the bundle's profile, exec another one if told so; an unknown one is an error")
        func profiles() throws {
            try withWorkspace { workspace in
                let (first, second) = ("brig-it-\(workspace.id)", "brig-it-\(workspace.id)-b")
                let look = ["/bin/sh", "-c", "cat /proc/self/attr/current; cat /dir/file; cat /dir/sub/deep"]
                try withProfile(first, hiding: "/dir/file") {
                    try withProfile(second, hiding: "/dir/sub/deep") {
                        workspace.config["process.apparmorProfile"] = .string(first)
                        let run = try workspace.runContainer(look)
                        #expect(run.lines == ["\(first) (enforce)", "deep"], "\(run.summary)")

                        try workspace.startContainer()
                        let exec = try workspace.runtime(["exec", workspace.id] + look)
                        #expect(exec.lines == ["\(first) (enforce)", "deep"], "\(exec.summary)")
                        let other = try workspace.runtime(["exec", "--apparmor", second, workspace.id] + look)
                        #expect(other.lines == ["\(second) (enforce)", "file"], "\(other.summary)")
                        let absent = try workspace.runtime(["exec", "--apparmor", "absent", workspace.id] + look)
                        #expect(absent.code != 0 && absent.output.isEmpty, "\(absent.summary)")
                        #expect(absent.errors.contains("absent"), "\(absent.summary)")
                        #expect(try workspace.runtime("delete", "--force", workspace.id).code == 0)

                        workspace.config["process.apparmorProfile"] = "absent"
                        let refused = try workspace.runContainer(look)
                        #expect(refused.code == 1 && refused.output.isEmpty, "\(refused.summary)")
                        #expect(refused.errors.contains("absent"), "\(refused.summary)")
                    }
                }
            }
        }

        @Test("a profile holds, too, where nothing shows which there are: Podman takes /sys/kernel out of its sight")
        func unseen() throws {
            try withWorkspace { workspace in
                let profile = "brig-it-\(workspace.id)"
                try withProfile(profile, hiding: "/dir/file") {
                    workspace.config["process.apparmorProfile"] = .string(profile)
                    try workspace.prepare(["/bin/cat", "/proc/self/attr/current", "/dir/file"])
                    let script = "umount --recursive /sys/kernel/security && exec \"$@\""
                    let run = try TestSupport.run(
                        [
                            "/usr/bin/unshare", "--mount", "/bin/sh", "-c", script, "sh", Machine.runtime, "--root",
                            workspace.stateRoot, "run", "--bundle", workspace.bundle, workspace.id,
                        ], in: workspace.bundle)
                    #expect(run.lines == ["\(profile) (enforce)"] && run.code == 1, "\(run.summary)")
                }
            }
        }
    }
}
