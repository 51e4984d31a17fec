import ContainerRuntime
import OCISpec
import Seccomp
import Testing

@testable import KernelTools

@Suite("seccomp explain")
struct ExplainedProfileTests {
    private typealias Source = RuntimeConfig.Linux.Seccomp

    private func source(_ rules: [Source.Rule]) -> Source { Source(defaultAction: .errno, syscalls: rules) }

    @Test("a rule that comes with a capability is told together with that capability")
    func capabilities() throws {
        let reading = Source.Rule(names: ["read"], action: .allow)
        let mounting = Source.Rule(names: ["mount", "umount2"], action: .allow)
        let plain = try ExplainedProfile(source([reading]))
        let with = try Profile(spec: source([reading, mounting]))
        let without = try Profile(spec: source([reading]))
        let variants = [("CAP_CHOWN", without), ("CAP_SYS_ADMIN", with), ("CAP_BPF", with)]
        let text = try plain.explanation(of: "mount", variants: variants)
        #expect(text.contains("no rule names it without further capabilities"))
        #expect(text.contains("a rule names it with CAP_SYS_ADMIN or CAP_BPF only: allowed always"), "\(text)")
        // What every container gets is no matter of capabilities.
        #expect(try !plain.explanation(of: "read", variants: variants).contains("only"))
        let never = try plain.explanation(of: "reboot", variants: variants)
        #expect(never.contains("no rule names it: the default action counts") && !never.contains("only"))
        let allowed = try ExplainedProfile(source([reading, mounting])).explanation(of: "mount", variants: variants)
        #expect(allowed.contains("rule 2 of 2 (2 calls): allowed always") && !allowed.contains("only"), "\(allowed)")
    }
}
