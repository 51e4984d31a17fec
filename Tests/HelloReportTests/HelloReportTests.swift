import LinuxKernel
import Testing

@testable import HelloReport

@Suite("The report of hello")
struct HelloReportTests {
    @Test("it answers every question about any process")
    func caller() {
        let report = HelloReport.ofCaller()
        #expect(
            report.lines.map(\.name) == [
                "process", "hostname", "kernel", "root", "files in /", "namespaces", "capabilities", "seccomp",
                "cgroup",
            ])
        #expect(report.lines.allSatisfy { !$0.text.isEmpty })
        #expect(report.lines[0].text.hasPrefix("pid \(CallerIdentity.pid), "))
    }

    @Test("the names come in one column")
    func columns() {
        let text = HelloReport(lines: [.init("a", "1"), .init("bbb", "2")]).text
        #expect(text.contains("\n  a    1\n  bbb  2\n"))
    }

    @Test("capabilities are counted, shown as a mask and named")
    func capabilities() {
        #expect(HelloReport.capabilityText(0) == "0 (0000000000000000)")
        #expect(HelloReport.capabilityText(0x401) == "2 (0000000000000401): cap_chown cap_net_bind_service")
        #expect(HelloReport.capabilityText(.max).hasPrefix("64 (ffffffffffffffff): cap_chown"))
    }

    @Test("seccomp modes", arguments: [(0, "none"), (1, "strict"), (2, "filter (1)"), (nil, "not shown")])
    func seccomp(mode: Int?, start: String) {
        #expect(HelloReport.seccompText(mode: mode, filters: 1, false).hasPrefix(start))
    }

    @Test("hierarchies on one path are told together")
    func cgroups() {
        let text = "2:cpu,cpuacct:/a\n1:memory:/a\n0::/\n"
        #expect(
            HelloReport.cgroupText(CgroupMembership.list(parsing: Array(text.utf8))) == "/a (cpu,cpuacct,memory) / (v2)"
        )
    }
}
