import Foundation
import Testing

/// Crashes, in a network namespace that is the host's for this `brig`.
@Suite(.drivesBrig(with: "bash", "ip", "nft", "unshare", "awk"))
struct KillTests {
    /// Six times, so that each command but one is met and each victim twice; as often as `KILLS` says, at moments that `SEED`
    /// repeats.
    @Test("kill -9 of brig, of the monitor and of the first process leaves nothing that the next command does not end")
    func kills() throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["KILLS"].flatMap { Int($0) } ?? 6
        let seed = environment["SEED"].flatMap { Int($0) } ?? Int.random(in: 1...30_000)
        let fixture = try BrigFixture()
        let lines = try HostScript.lines(
            "kills.sh", ["-n"], fixture, words: [String(seed), String(count)], limit: .seconds(7200))
        #expect(lines == ["kills: \(count)"])
    }

    @Test("after a reboot what the policies say runs again, and nothing else")
    func reboot() throws {
        let fixture = try BrigFixture()
        #expect(
            try HostScript.lines("reboot.sh", ["-n"], fixture) == [
                "afterwards: always=exited created=created failed=exited never=exited once=exited "
                    + "stopped-always=exited stopped-unless=exited unless=exited well=exited",
                "boot: always failed stopped-always unless",
                "running: always failed stopped-always unless",
                "all: always created failed never stopped-always stopped-unless unless well",
                "volume: 2",
                "port: 1",
                "addresses: 4",
                "again: ",
                "repair: ",
            ])
    }
}
