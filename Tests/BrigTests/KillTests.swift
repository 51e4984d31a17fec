import Foundation
import LinuxKernel
import Testing

private let hasTools = ["/usr/bin/bash", "/usr/sbin/ip", "/usr/sbin/nft", "/usr/bin/unshare", "/usr/bin/awk"].allSatisfy
{
    (try? OwnedDescriptor(open: $0, .pathOnly)) != nil
}

/// Crashes, in a network namespace that is the host's for this `brig`.
@Suite(.enabled(if: BrigFixture.isPossible && hasTools, "needs root, bash, ip, nft, unshare and awk"))
struct KillTests {
    private func script(_ name: String, _ words: [String], _ fixture: BrigFixture) throws -> [String] {
        let directory = String(#filePath[..<(#filePath.lastIndex(of: "/") ?? #filePath.endIndex)])
        let result = try BrigFixture.run(
            "/usr/bin/unshare",
            ["-n", "bash", "\(directory)/\(name)"] + words + [
                fixture.directory, BrigFixture.products + "/brig", "--root", fixture.directory + "/root", "--run-root",
                fixture.directory + "/run",
            ], limit: .seconds(7200))
        #expect(result.errors == "")
        return result.output.split(separator: "\n").map(String.init)
    }

    /// As often as `KILLS` says; `SEED` repeats a failure.
    @Test(
        "kill -9 of brig, of the monitor and of the first process leaves nothing that the next command does not end",
        .enabled(
            if: ProcessInfo.processInfo.environment["KILLS"] != nil,
            "takes seconds for each kill: KILLS=100 says how many"))
    func kills() throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["KILLS"].flatMap { Int($0) } ?? 4
        let seed = environment["SEED"].flatMap { Int($0) } ?? Int.random(in: 1...30_000)
        let fixture = try BrigFixture()
        #expect(try script("kills.sh", [String(seed), String(count)], fixture) == ["kills: \(count)"])
    }

    @Test("after a reboot what the policies say runs again, and nothing else")
    func reboot() throws {
        let fixture = try BrigFixture()
        #expect(
            try script("reboot.sh", [], fixture) == [
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
