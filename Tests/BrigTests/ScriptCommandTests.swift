import LinuxKernel
import Testing

/// A container that was built by hand, by the script that Brig writes, beside Brig's own.
@Suite("brig script", .drivesBrig(with: "setpriv", "unshare", "ip", "ldd"))
struct ScriptCommandTests {
    /// The last of a chain of only children.
    private func innermost(_ pid: Int32) -> Int32 {
        var pid = pid
        while let text = try? readText("/proc/\(pid)/task/\(pid)/children"),
            let child = text.split(separator: " ").first.flatMap({ Int32($0) })
        {
            pid = child
        }
        return pid
    }

    @Test(
        "what the script builds is what the engine builds, but for names and numbers",
        arguments: [
            "--network none",
            "--network none --read-only --tmpfs /scratch:size=1m -m 64m --pids-limit 40 --cap-drop MKNOD",
            "--network none -u 1000 --security-opt no-new-privileges -v /usr/share:/data:ro --shm-size 8m --ulimit nofile=100:200",
            "--security-opt systempaths=unconfined --network host --cap-add SYS_TIME",
        ])
    func same(options: String) throws {
        let fixture = try BrigFixture()
        let words = ["--security-opt", "seccomp=unconfined"] + options.split(separator: " ").map(String.init)
        let run = try fixture.brig(["run", "-d", "--name", "made"] + words + ["box", "sleep", "600"])
        #expect(run.status == 0, "\(run.errors)")
        let script = try fixture.brig(["script"] + words + ["box", "sleep", "600"])
        #expect(script.status == 0, "\(script.errors)")
        // Nothing stays of the container that was described.
        #expect(try fixture.brig("ps", "-aq").output.split(separator: "\n").count == 1)
        let path = fixture.directory + "/by-hand.sh"
        try OwnedDescriptor(open: path, [.write, .create]).write(script.output)
        let errors = try OwnedDescriptor(memoryFile: "errors")
        let child = try Spawn(
            program: "/usr/bin/nsenter", arguments: ["nsenter", "--net=\(fixture.hostNetwork)", "/bin/sh", path],
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        ).start([(errors.raw, 2)])
        var inner: Int32 = 0
        for _ in 0..<1000 {
            inner = innermost(child.pid)
            if (try? ProcessInformation(pid: inner).commandLine()) == ["sleep", "600"] { break }
            sleep(for: .milliseconds(20))
        }
        try errors.seek(to: 0)
        let said = String(decoding: try errors.readAll(limit: 1 << 20), as: UTF8.self)
        #expect(try ProcessInformation(pid: inner).commandLine() == ["sleep", "600"], "\(said)")
        let answer = try fixture.brig("anatomy", "made", "--compare", "\(inner)")
        #expect(answer.status == 0, "\(answer.output)\(answer.errors)\(said)")
        // The program has none of the descriptors that the last steps held open.
        let held = try BrigFixture.run(
            "/bin/sh", ["-c", "ls -l /proc/\(inner)/fd | grep -c -e ld-linux -e setpriv -e umount"])
        #expect(held.output == "0\n")
        try Signal.kill.send(to: inner)
        _ = try child.wait()
    }

    @Test("what is in a container's words cannot end a text of the script")
    func hostile() throws {
        let fixture = try BrigFixture()
        let word = "x'\nINSIDE\ntouch \(fixture.directory)/escaped\n$(touch \(fixture.directory)/escaped)`id`"
        let script = try fixture.brig("script", "-e", "A=\(word)", "--name", "quoted", "box", "echo", word)
        #expect(script.status == 0, "\(script.errors)")
        let path = fixture.directory + "/by-hand.sh"
        try OwnedDescriptor(open: path, [.write, .create]).write(script.output)
        let done = try BrigFixture.run("/bin/sh", [path])
        #expect(done.output == word + "\n", "\(done.errors)")
        #expect((try? OwnedDescriptor(open: fixture.directory + "/escaped", .pathOnly)) == nil)
    }
}
