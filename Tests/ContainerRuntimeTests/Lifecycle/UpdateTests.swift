import OCISpec
import Testing

@testable import ContainerRuntime

@Suite struct UpdateTests {
    typealias Resources = RuntimeConfig.Linux.Resources

    @Test("what is not named stays")
    func stays() {
        let old = Resources(
            devices: [.init(allow: false)], memory: .init(limit: 100, swap: 200), cpu: .init(shares: 5, cpus: "0"),
            pids: .init(limit: 7), unified: ["memory.high": "9"])
        #expect(old.updated(by: Resources()) == old)
        let new = old.updated(by: Resources(memory: .init(limit: 150), unified: ["memory.low": "1"]))
        #expect(new.memory == .init(limit: 150, swap: 200))
        #expect(new.cpu == old.cpu)
        #expect(new.pids == old.pids)
        #expect(new.unified == ["memory.high": "9", "memory.low": "1"])
    }

    @Test("no limit of memory is none of memory and swap")
    func unlimited() {
        let old = Resources(memory: .init(limit: 100, swap: 200))
        #expect(old.updated(by: Resources(memory: .init(limit: -1))).memory == .init(limit: -1, swap: -1))
        let without = Resources(memory: .init(limit: 100))
        #expect(without.updated(by: Resources(memory: .init(limit: -1))).memory == .init(limit: -1))
    }

    @Test("quota and period of zero stand for what was")
    func zero() {
        let old = Resources(cpu: .init(quota: 5000, period: 10_000))
        #expect(
            old.updated(by: Resources(cpu: .init(quota: 0, period: 20_000))).cpu == .init(quota: 5000, period: 20_000))
    }

    @Test("a device's limit replaces the one it had")
    func devices() {
        let old = Resources(
            blockIO: .init(throttleReadBpsDevice: [
                .init(major: 8, minor: 0, rate: 1), .init(major: 8, minor: 1, rate: 2),
            ]))
        let new = old.updated(
            by: Resources(blockIO: .init(throttleReadBpsDevice: [.init(major: 8, minor: 0, rate: 9)])))
        #expect(
            new.blockIO?.throttleReadBpsDevice == [
                .init(major: 8, minor: 1, rate: 2), .init(major: 8, minor: 0, rate: 9),
            ])
    }

    @Test("what shares a file with a change is written with it")
    func companions() {
        let updated = Resources(
            memory: .init(limit: 150, reservation: 3, swap: 200), cpu: .init(shares: 5, quota: 10, period: 20),
            pids: .init(limit: 1))
        let change = Resources(
            devices: [.init(allow: true)], memory: .init(limit: 150), cpu: .init(period: 20))
        let written = Resources.toWrite(change, updated: updated)
        #expect(written.memory == .init(limit: 150, swap: 200))
        #expect(written.cpu == .init(quota: 10, period: 20))
        #expect(written.pids == nil)
        #expect(written.devices.isEmpty)
    }

    @Test("features name what the mount options know, sorted and once")
    func mountOptions() {
        let names = Runtime.mountOptionNames
        #expect(names == names.sorted())
        #expect(Set(names).count == names.count)
        // The kernel's flags of a superblock are passed on to the file system.
        let forFileSystem: Set = ["async", "dirsync", "lazytime", "nolazytime", "sync"]
        for name in names where !forFileSystem.contains(name) {
            #expect(MountOptions([name]).data.isEmpty, "\(name)")
        }
    }
}
