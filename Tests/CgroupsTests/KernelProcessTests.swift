import LinuxKernel
import Testing

@testable import Cgroups

/// Processes in real cgroups: needs root.
@Suite("Processes on the kernel", .enabled(if: mayMakeCgroups))
struct KernelProcessTests {
    @Test("a process joins every hierarchy, with its children")
    func join() throws {
        try withGroup("join") { group throws in
            let shell = try WaitingShell("sleep 100 & sleep 100 & wait")
            try group.add(shell.process.pid)
            let memberships = try ProcessInformation(pid: shell.process.pid).cgroups()
            for directory in group.directories {
                let own = memberships.first { $0.controllers.joined(separator: ",") == directory.hierarchy.label }
                #expect(own?.path == "/" + directory.path)
            }
            try shell.begin()
            #expect(try eventually { try group.processes().count == 3 })
            #expect(throws: CgroupError.self) { try group.delete(patience: .milliseconds(30)) }
            try group.kill(.kill)
            #expect(try shell.end() == .signalled(.kill, coreDumped: false))
            #expect(try eventually { try group.processes().isEmpty })
        }
    }

    @Test("freezing stops, thawing goes on, and killing reaches the frozen")
    func freeze() throws {
        try withGroup("freeze") { group throws in
            let shell = try WaitingShell("exit 7")
            try group.add(shell.process.pid)
            #expect(try group.freezerState() == .thawed)
            try group.freeze()
            #expect(try group.freezerState() == .frozen)
            try shell.begin()
            #expect(try shell.process.wait(timeout: .milliseconds(50)) == nil)
            try group.thaw()
            #expect(try group.freezerState() == .thawed)
            #expect(try shell.end() == .exited(7))

            let other = try WaitingShell("exit 7")
            try group.add(other.process.pid)
            try group.freeze()
            if !isUnifiedHost {
                // A signal that ends a process does so at once on v2.
                try group.kill(.terminate)
                #expect(try other.process.wait(timeout: .milliseconds(50)) == nil)
            }
            try group.kill(.kill)
            #expect(try other.end() == .signalled(.kill, coreDumped: false))
            if try group.freezerState() == .frozen { try group.thaw() }
        }
    }

    @Test("another signal reaches all that run")
    func terminate() throws {
        try withGroup("signal") { group throws in
            let one = try WaitingShell("exit 7")
            let two = try WaitingShell("trap 'exit 9' TERM; while :; do sleep 0.01; done")
            try group.add(one.process.pid)
            try group.add(two.process.pid)
            try two.begin()
            _ = try two.process.wait(timeout: .milliseconds(300))
            try group.kill(.terminate)
            #expect(try one.end() == .signalled(.terminate, coreDumped: false))
            #expect(try two.end() == .exited(9))
        }
    }

    @Test("processes that fork all the time are killed")
    func bomb() throws {
        try withGroup("bomb") { group throws in
            var limits = Limits()
            limits.pids = Limit(25)
            _ = try group.apply(limits)
            let shell = try WaitingShell(
                "for i in 1 2 3 4 5 6 7 8 9 10; do sh -c 'while :; do sh -c \"/bin/true & wait\" & wait; done' & done; wait"
            )
            try group.add(shell.process.pid)
            try shell.begin()
            #expect(try eventually { try group.processes().count > 15 })
            try group.kill(.kill)
            _ = try shell.end()
            #expect(try eventually { try group.processes().isEmpty })
        }
    }

    @Test("a cgroup in use is refused to another container, a frozen one as well; an empty one is taken")
    func reuse() throws {
        try withGroup("reuse") { group throws in
            let path = try CgroupPath("/brig-test-\(ownProcess)-reuse")
            let shell = try WaitingShell("exit 0")
            try group.add(shell.process.pid)
            #expect {
                try ContainerCgroup.create(path, on: group.host)
            } throws: { error in
                if case .occupied(_, processes: 1)? = error as? CgroupError { return true }
                return false
            }
            try shell.begin()
            _ = try shell.end()
            #expect(try eventually { try group.processes().isEmpty })
            // As long as its maker has it.
            #expect(throws: CgroupError.claimed(try #require(group.directories.first).fullPath)) {
                try ContainerCgroup.create(path, on: group.host)
            }
        }
        let path = try CgroupPath("/brig-test-\(ownProcess)-again")
        let host = try CgroupHost.detect()
        let placement = try ContainerCgroup.create(path, on: host).placement
        let opened = try ContainerCgroup.open(placement, on: host)
        try opened.freeze()
        #expect {
            try ContainerCgroup.create(path, on: host)
        } throws: { error in
            if case .frozen? = error as? CgroupError { return true }
            return false
        }
        try opened.thaw()
        let again = try ContainerCgroup.create(path, on: host)
        #expect(again.placement == placement)
        try again.delete()
    }

    @Test("cgroups that a container has made go with it, as far as nobody is in them")
    func nested() throws {
        try withGroup("nested") { group throws in
            let directory = try #require(group.directories.first)
            let open = try OwnedDescriptor(open: directory.fullPath, [.read, .directory])
            try open.makeDirectory("a", mode: 0o755)
            try open.makeDirectory("a/b", mode: 0o755)
            try open.makeDirectory("a/b/c", mode: 0o755)
            let shell = try WaitingShell("exit 0")
            try OwnedDescriptor(open: directory.fullPath + "/a/b/cgroup.procs", .write).write("\(shell.process.pid)")
            #expect(try directory.processes(recursively: true) == [shell.process.pid])
            #expect(try directory.processes(recursively: false).isEmpty)
            #expect(throws: CgroupError.stillInUse(directory.fullPath, processes: [shell.process.pid])) {
                try directory.delete(until: MonotonicClock.now)
            }
            // What could go is gone.
            #expect(!exists(directory.fullPath + "/a/b/c"))
            try shell.begin()
            _ = try shell.end()
            try directory.delete(until: MonotonicClock.now + .seconds(1))
            #expect(!exists(directory.fullPath))
        }
    }

    @Test("more memory than allowed: killed, counted, and told")
    func outOfMemory() throws {
        try withGroup("oom") { group throws in
            var limits = Limits()
            limits.memory.limit = Limit(16 << 20)
            limits.memory.swap = Limit(16 << 20)
            _ = try group.apply(limits)
            #expect(try group.outOfMemoryKills() == 0)
            guard var watch = try group.watchOutOfMemory() else { throw CgroupError.noHierarchies }
            #expect(try watch.descriptor.wait(for: watch.interest, timeout: .zero).isEmpty)
            #expect(try watch.newKills() == 0)
            let shell = try WaitingShell("exec tail /dev/zero")
            try group.add(shell.process.pid)
            try shell.begin()
            #expect(try !watch.descriptor.wait(for: watch.interest, timeout: .seconds(60)).isEmpty)
            #expect(try shell.end() == .signalled(.kill, coreDumped: false))
            var kills: UInt64 = 0
            #expect(
                try eventually {
                    kills += try watch.newKills()
                    return kills > 0
                })
            #expect(kills == 1)
            #expect(try watch.newKills() == 0)
            #expect(try group.outOfMemoryKills() == 1)
            let memory = try group.statistics().memory
            #expect(memory?.usage.limit == Limit(16 << 20))
            // Linux 6.18 does not count on v1.
            if isUnifiedHost { #expect((memory?.usage.failures ?? 0) > 0) }
        }
    }

    @Test("a limit below what is in use")
    func memoryInUse() throws {
        try withGroup("inuse") { group throws in
            // Nothing of it can be reclaimed where there is no swap.
            let shell = try WaitingShell("x=$(head -c 20000000 /dev/zero | tr '\\0' x); echo; sleep 100")
            try group.add(shell.process.pid)
            try shell.begin()
            #expect(try eventually { try group.statistics().memory?.anonymous ?? 0 > 18_000_000 })
            var limits = Limits()
            limits.memory.limit = Limit(1 << 20)
            limits.memory.swap = Limit(1 << 20)
            limits.memory.checkBeforeUpdate = true
            #expect {
                _ = try group.apply(limits)
            } throws: { error in
                if case .memoryInUse(_, _, let usage, _)? = error as? CgroupError { return usage > 18_000_000 }
                return false
            }
            try group.kill(.kill)
            _ = try shell.end()
        }
    }

    @Test("the number of tasks")
    func pids() throws {
        try withGroup("pids") { group throws in
            var limits = Limits()
            limits.pids = Limit(1)
            _ = try group.apply(limits)
            let shell = try WaitingShell("/bin/true; exit 0")
            try group.add(shell.process.pid)
            try shell.begin()
            #expect(try shell.end() == .exited(2))
            #expect(try group.statistics().pids?.failures == 1)
        }
    }

    @Test("devices are denied and allowed, again and again")
    func devices() throws {
        try withGroup("devices2") { group throws in
            let base = [DeviceRule(allow: false)] + DeviceRules.containerDefaults
            let noZero = base + [DeviceRule(allow: false, .character, major: 1, minor: 5, [.read, .write])]
            for (rules, status) in [
                (base, 0), (noZero, 1), (noZero, 1), ([DeviceRule(allow: true)], 0), (base, 0), (noZero, 1),
            ]
                as [([DeviceRule], Int32)]
            {
                var limits = Limits()
                limits.devices = DeviceRules(rules)
                _ = try group.apply(limits)
                let shell = try WaitingShell("head -c1 /dev/zero >/dev/null 2>/dev/null; exit $?")
                try group.add(shell.process.pid)
                try shell.begin()
                #expect(try shell.end() == .exited(status), "\(rules.count) rules")
            }
        }
    }

    @Test("time on the CPU is counted, and throttled")
    func cpuStatistics() throws {
        try withGroup("cpustat") { group throws in
            var limits = Limits()
            limits.cpu.quotaMicroseconds = Limit(10_000)
            limits.cpu.periodMicroseconds = 100_000
            _ = try group.apply(limits)
            let shell = try WaitingShell("while :; do :; done")
            try group.add(shell.process.pid)
            try shell.begin()
            #expect(try eventually { try group.statistics().cpu?.throttling.throttledPeriods ?? 0 > 2 })
            let cpu = try group.statistics().cpu
            #expect((cpu?.usageNanoseconds ?? 0) > 1_000_000)
            #expect((cpu?.throttling.throttledNanoseconds ?? 0) > 0)
            try group.kill(.kill)
            _ = try shell.end()
        }
    }

    @Test("the files of v2 by name", .enabled(if: isUnifiedHost))
    func unified() throws {
        try withGroup("unified") { group throws in
            var limits = Limits()
            limits.unified = [
                try Limits.UnifiedSetting(file: "memory.high", value: "1048576"),
                try Limits.UnifiedSetting(file: "cgroup.max.depth", value: "3"),
            ]
            #expect(try group.apply(limits) == [])
            #expect(try group.text(.memory, "memory.high") == "1048576")
            #expect(try group.text(.memory, "cgroup.max.depth") == "3")
            limits.unified = [try Limits.UnifiedSetting(file: "memory.nothing", value: "1")]
            #expect(throws: CgroupError.self) { try group.apply(limits) }
        }
    }

    @Test("what v2 cannot do is reported", .enabled(if: isUnifiedHost))
    func gaps() throws {
        try withGroup("gaps") { group throws in
            var limits = Limits()
            limits.memory.swappiness = 10
            limits.network.classID = 5
            limits.cpu.realtimeRuntimeMicroseconds = 100
            #expect(
                try group.apply(limits).map { $0.limit } == [
                    "memory.swappiness", "cpu.realtimeRuntime", "network.classID",
                ])
        }
    }

    @Test("a container that has given its own cgroups controllers takes processes there", .enabled(if: isUnifiedHost))
    func subgroup() throws {
        try withGroup("sub") { group throws in
            let directory = try #require(group.directories.first)
            try OwnedDescriptor(open: directory.fullPath, [.read, .directory]).makeDirectory("init", mode: 0o755)
            let first = try WaitingShell("exit 0")
            try OwnedDescriptor(open: directory.fullPath + "/init/cgroup.procs", .write).write("\(first.process.pid)")
            #expect(try group.joinable(beside: first.process.pid).placement == group.placement)
            try directory.write("cgroup.subtree_control", "+memory")
            let second = try WaitingShell("exit 0")
            #expect(throws: CgroupError.self) { try group.add(second.process.pid) }
            let inner = try group.joinable(beside: first.process.pid)
            try inner.add(second.process.pid)
            #expect(try inner.processes().count == 2)
            try first.begin()
            try second.begin()
            _ = try first.end()
            _ = try second.end()
        }
    }
}
