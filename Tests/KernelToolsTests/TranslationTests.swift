import Cgroups
import Testing

@testable import KernelTools

@Suite("parameters of one version of cgroups on the other")
struct TranslationTests {
    private func read(_ name: String, onUnified: Bool, _ contents: String...) -> String? {
        ParameterTranslation.of(name, on: onUnified ? .v2 : .v1)?.read(contents)
    }

    private func write(_ name: String, _ value: String, onUnified: Bool, _ contents: String...) -> [String]? {
        ParameterTranslation.of(name, on: onUnified ? .v2 : .v1)?.write?(value, contents)?.map {
            "\($0.file)=\($0.value)"
        }
    }

    @Test("shares and weights on the scheduler's scale: 1024 shares are a weight of 100")
    func shares() {
        #expect(ParameterTranslation.weight(shares: 1024) == 100)
        #expect(ParameterTranslation.weight(shares: 512) == 50)
        #expect(ParameterTranslation.weight(shares: 0) == 1)
        #expect(ParameterTranslation.weight(shares: .max) == 10_000)
        #expect(ParameterTranslation.shares(weight: 100) == 1024)
        for weight in UInt64(1)...10_000 {
            #expect(ParameterTranslation.weight(shares: ParameterTranslation.shares(weight: weight)) == weight)
        }
    }

    @Test("names of v1 on v2")
    func unified() {
        #expect(read("memory.limit_in_bytes", onUnified: true, "max") == "9223372036854771712")
        #expect(write("memory.limit_in_bytes", "-1", onUnified: true, "max") == ["memory.max=max"])
        #expect(write("memory.memsw.limit_in_bytes", "30", onUnified: true, "10", "max") == ["memory.swap.max=20"])
        #expect(write("memory.memsw.limit_in_bytes", "5", onUnified: true, "10", "max") == nil)
        #expect(read("cpu.cfs_quota_us", onUnified: true, "max 100000") == "-1")
        #expect(write("cpu.cfs_quota_us", "5000", onUnified: true, "max 20000") == ["cpu.max=5000 20000"])
        #expect(
            read("cpuacct.stat", onUnified: true, "usage_usec 3\nuser_usec 20000\nsystem_usec 10000")
                == "user 2\nsystem 1")
        #expect(read("freezer.state", onUnified: true, "1") == "FROZEN")
        #expect(read("hugetlb.2MB.limit_in_bytes", onUnified: true, "max") == "9223372036854771712")
        #expect(
            read("blkio.throttle.read_bps_device", onUnified: true, "8:0 rbps=100 wbps=max riops=max wiops=max")
                == "8:0 100")
        #expect(write("cpuacct.usage", "0", onUnified: true, "") == nil)
    }

    @Test("names of v2 on v1")
    func legacy() {
        #expect(read("memory.max", onUnified: false, "9223372036854771712") == "max")
        #expect(write("memory.max", "max", onUnified: false, "1") == ["memory.limit_in_bytes=-1"])
        #expect(read("cpu.max", onUnified: false, "-1", "100000") == "max 100000")
        #expect(write("cpu.max", "5 10", onUnified: false, "", "") == ["cpu.cfs_period_us=10", "cpu.cfs_quota_us=5"])
        #expect(read("memory.swap.current", onUnified: false, "10", "12") == "2")
        #expect(
            write("io.max", "8:0 rbps=5 wiops=max", onUnified: false, "", "", "", "")
                == ["blkio.throttle.read_bps_device=8:0 5", "blkio.throttle.write_iops_device=8:0 0"])
        #expect(ParameterTranslation.of("memory.nonsense", on: .v1) == nil)
        #expect(ParameterTranslation.of("nonsense", on: .v2) == nil)
    }

    @Test("no content and no value traps")
    func noTraps() {
        let texts = [
            "", "max", "-1", "99999999999999999999", "18446744073709551615", "a b c", "\n", "1 2", "=", "8:0 rbps=",
        ]
        let names = [
            "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "cpu.shares", "cpu.cfs_quota_us", "cpuacct.usage",
            "blkio.weight", "memory.swap.max", "cpu.weight", "cpu.max", "io.weight", "io.max", "cgroup.freeze",
            "memory.swap.current", "hugetlb.2MB.max",
        ]
        for name in names {
            for onUnified in [true, false] {
                for text in texts {
                    for value in texts {
                        _ = read(name, onUnified: onUnified, text, value, text, value)
                        _ = write(name, value, onUnified: onUnified, text, text, text, text)
                    }
                }
            }
        }
    }
}

@Suite("maps of ids")
struct IdentityRangeTests {
    @Test("one id apart from a range: what it falls on moves up by one")
    func ranges() throws {
        let range = try IdentityRange(parsing: "100000,0,10")
        #expect(IdentityRange.ranges(range, single: nil) == [range])
        let root = IdentityRange(outer: 1000, inner: 0, count: 1)
        #expect(IdentityRange.ranges(range, single: root) == [root, IdentityRange(outer: 100000, inner: 1, count: 9)])
        let middle = IdentityRange(outer: 1000, inner: 5, count: 1)
        #expect(
            IdentityRange.ranges(range, single: middle) == [
                IdentityRange(outer: 100000, inner: 0, count: 5), middle,
                IdentityRange(outer: 100005, inner: 6, count: 4),
            ])
        #expect(try IdentityRange(parsing: "0:100000:10") == range)
    }

    @Test(
        "what is no map",
        arguments: ["", "1", "1,2", "1,2,0", "a,b,c", "4294967295,0,2", "0,4294967295,2", "1,2,3,4", "-1,0,1"])
    func refusals(_ text: String) {
        #expect(throws: ToolFailure.self) { try IdentityRange(parsing: text) }
    }
}
