import Foundation
import LinuxKernel
import TestSupport

// config-fuzz COUNT SEED [CORPUS]: changed configs given to the built runtime, in a place of their own: Tests/fuzz-config.

let words = CommandLine.arguments
guard words.count >= 3, let count = Int(words[1]), let seed = UInt64(words[2]) else {
    print("usage: config-fuzz COUNT SEED; started by Tests/fuzz-config")
    exit(2)
}
guard contents("/run/private-root") == "an overlay that is thrown away\n",
    CallerIdentity.pid == 1 || contents("/proc/1/cmdline").contains("config-fuzz")
else {
    print("config-fuzz: only for a private root with processes of its own: start Tests/fuzz-config")
    exit(2)
}
var campaign = try Campaign(seed: seed)
try campaign.run(count)
campaign.report()
exit(campaign.findings.isEmpty ? 0 : 1)
