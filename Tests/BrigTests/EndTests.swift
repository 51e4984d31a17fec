import LinuxKernel
import Testing

@Suite("why a container ended, and what happened until then", .drivesBrig)
struct EndTests {
    let fixture: BrigFixture

    init() throws { fixture = try BrigFixture() }

    private func eventually(_ what: String, _ holds: () throws -> Bool) throws {
        let end = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < end {
            if try holds() { return }
            sleep(for: .milliseconds(50))
        }
        Issue.record("it never happened: \(what)")
    }

    private func inspect(_ name: String, _ template: String) throws -> String {
        String(try fixture.brig("inspect", "-f", template, name).output.dropLast())
    }

    /// Takes memory until the kernel ends it, and says with which code.
    private let greedy = "sh -c 'exec tail /dev/zero'; echo $?"

    @Test("a child that was killed for want of memory is told of, with process, limit and peak")
    func outOfMemory() throws {
        let result = try fixture.brig(
            "run", "--name=web", "--network=none", "-m=20m", "--memory-swap=20m", "box", "sh", "-c", greedy)
        #expect(result.status == 0 && result.output == "137\n", "\(result.errors)")
        #expect(result.errors.contains("out of memory: "))
        #expect(try inspect("web", "{{.State.OOMKilled}} {{.State.ExitCode}}") == "true 0")
        let reason = try inspect("web", "{{.State.Reason}}")
        #expect(reason.hasPrefix("out of memory: ") && reason.contains("limit 20MiB, peak "), "\(reason)")
        // The kernel's log may be closed to this process, or full of other things by now.
        if (try? OwnedDescriptor(open: "/dev/kmsg", .read)) != nil {
            #expect(reason.hasPrefix("out of memory: process tail ("), "\(reason)")
        }
        let events = try fixture.brig(
            "events", "--since=1h", "--until=0s", "-f", "event=oom", "--format", "{{.Actor.Attributes.reason}}")
        #expect(events.output == reason + "\n")
        #expect(try fixture.brig("rm", "web").status == 0)
        #expect(try fixture.leftovers() == [])
    }

    @Test("a container that goes on without its child says so while it runs")
    func goesOn() throws {
        #expect(
            try fixture.brig(
                "run", "-d", "--name=web", "--network=none", "-m=20m", "--memory-swap=20m", "box", "sh", "-c",
                greedy + "; exec sleep 1000"
            ).status == 0)
        try eventually("the kernel ends the child") {
            try inspect("web", "{{.State.Status}} {{.State.OOMKilled}}") == "running true"
        }
        #expect(try fixture.brig("kill", "web").status == 0)
        #expect(try fixture.brig("wait", "web").output == "137\n")
        #expect(try inspect("web", "{{.State.Reason}}").hasSuffix("; ended by signal 9 (SIGKILL)"))
        // The next run begins anew.
        #expect(try fixture.brig("create", "--name=other", "--network=none", "box", "true").status == 0)
        #expect(try fixture.brig("start", "-a", "other").status == 0)
        #expect(try !inspect("other", "{{json .State}}").contains("Reason"))
        #expect(try fixture.brig("rm", "web", "other").status == 0)
        #expect(try fixture.leftovers() == [])
    }

    @Test("every step of a life is an event, of networks and volumes, too, in Docker's order")
    func events() throws {
        func quietly(_ words: String...) throws {
            let result = try fixture.brig(words)
            #expect(result.status == 0, "\(words): \(result.errors)")
        }
        try quietly("network", "create", "net1")
        try quietly("volume", "create", "vol")
        try quietly("run", "-d", "--name=web", "--network=net1", "-v=vol:/data", "box", "sleep", "1000")
        try quietly("exec", "web", "true")
        try quietly("pause", "web")
        try quietly("unpause", "web")
        try quietly("rename", "web", "shop")
        try quietly("update", "--pids-limit=50", "shop")
        try quietly("top", "shop")
        try quietly("network", "disconnect", "net1", "shop")
        try quietly("network", "connect", "net1", "shop")
        try quietly("stop", "-t", "0", "shop")
        try quietly("start", "shop")
        try quietly("kill", "shop")
        try quietly("wait", "shop")
        try quietly("rm", "shop")
        try quietly("network", "rm", "net1")
        try quietly("volume", "rm", "vol")
        try quietly("container", "prune", "-f")
        let ending = [
            "container die", "network disconnect", "volume unmount",
        ]
        let starting = ["volume mount", "network connect", "container start"]
        let wanted =
            ["network create", "volume create", "container create"] + starting + [
                "container exec_create: true", "container exec_start: true", "container exec_die", "container pause",
                "container unpause", "container rename", "container update", "container top", "network disconnect",
                "network connect", "container kill", "container kill",
            ] + ending + ["container stop"] + starting + ["container kill"] + ending + [
                "container destroy", "network destroy", "volume destroy", "container prune",
            ]
        let seen = try fixture.brig(
            "events", "--since=1h", "--until=0s", "-f", "type=container", "-f", "type=network", "-f", "type=volume",
            "--format", "{{.Type}} {{.Action}}")
        #expect(seen.output.split(separator: "\n").map(String.init) == wanted)

        func chosen(_ filters: String...) throws -> [Substring] {
            try fixture.brig(
                ["events", "--since=1h", "--until=0s", "--format", "{{.Action}}"] + filters.flatMap { ["-f", $0] }
            ).output.split(separator: "\n")
        }
        #expect(
            try chosen("type=network") == [
                "create", "connect", "disconnect", "connect", "disconnect", "connect", "disconnect", "destroy",
            ])
        #expect(try chosen("volume=vol", "event=mount") == ["mount", "mount"])
        #expect(try chosen("container=shop", "event=start", "event=stop") == ["stop", "start"])
        #expect(try chosen("image=box", "event=create") == ["create"])
        let mount = try fixture.brig(
            "events", "--since=1h", "--until=0s", "-f", "event=mount", "--format",
            "{{index .Actor.Attributes \"read/write\"}} {{.Actor.Attributes.destination}} {{.Actor.ID}}")
        #expect(mount.output == "true /data vol\ntrue /data vol\n")
        // Nothing of the future, nothing from before.
        #expect(try fixture.brig("events", "--since=0s", "--until=0s").output == "")
        #expect(try fixture.leftovers() == [])
    }
}
