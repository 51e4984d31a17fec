import Foundation
import LinuxKernel
import TestSupport
import Testing

extension Integration {
    /// A sample of what `make fuzz` does 20,000 times.
    @Suite("Changed configs", .enabled(if: !Machine.isReference, "about this runtime's traps"))
    struct ChangedConfigTests {
        /// Built beside the tests.
        static let program = (try? readSymbolicLink("/proc/self/exe")).map {
            URL(fileURLWithPath: $0).deletingLastPathComponent().path + "/config-fuzz"
        }

        @Test("no trap, no hang, nothing left behind")
        func sample() throws {
            let program = try #require(Self.program)
            // The virtual machine takes ten times as long.
            let outcome = try run(
                ["\(Machine.repository)/Tests/fuzz-config", program, Machine.hasUnifiedCgroups ? "30" : "250"],
                in: "/tmp", timeout: .seconds(600))
            #expect(outcome.code == 0 && outcome.output.contains("\n0 findings"), "\(outcome.summary)")
        }
    }
}
