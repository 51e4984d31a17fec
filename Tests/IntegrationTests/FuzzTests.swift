import Foundation
import LinuxKernel
import TestSupport
import Testing

extension Integration {
    /// A sample of what `make fuzz` does 20,000 times, the same each time: a finding of other seeds is for `make fuzz` to show.
    @Suite(
        "Changed configs",
        .enabled(
            if: !Machine.isReference && !Machine.hasUnifiedCgroups,
            "about this runtime's traps; the root that it runs in is not to be had where cgroup v2 stands alone"))
    struct ChangedConfigTests {
        /// Built beside the tests.
        static let program = (try? readSymbolicLink("/proc/self/exe")).map {
            URL(fileURLWithPath: $0).deletingLastPathComponent().path + "/config-fuzz"
        }

        @Test("no trap, no hang, nothing left behind")
        func sample() throws {
            let program = try #require(Self.program)
            let outcome = try run(
                ["\(Machine.repository)/Tests/fuzz-config", program, "250", "20261121"], in: "/tmp",
                timeout: .seconds(600))
            #expect(outcome.code == 0 && outcome.output.contains("\n0 findings"), "\(outcome.summary)")
        }
    }
}
