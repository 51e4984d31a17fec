import Foundation
import LinuxKernel
import TestSupport

// image-fuzz SECONDS SEED [TARGET…]: changed archives, streams, documents and names, given to what reads them; in a place of
// its own: Tests/fuzz-images. Each target works in a process of its own, so that a trap is a finding and not the end.

let words = Array(CommandLine.arguments.dropFirst())
guard words.count >= 2, let seconds = Double(words[0]), let seed = UInt64(words[1]) else {
    print("usage: image-fuzz SECONDS SEED [TARGET…]; started by Tests/fuzz-images; targets: \(FuzzTarget.names)")
    exit(2)
}
guard contents("/run/private-root") == "an overlay that is thrown away\n" else {
    print("image-fuzz: only for a private root: start Tests/fuzz-images")
    exit(2)
}
if words.count == 4, words[2] == "--one", let target = FuzzTarget(rawValue: words[3]) {
    try Worker(target, seed: seed).work(for: seconds)
    exit(0)
}
let chosen = words.dropFirst(2).compactMap { FuzzTarget(rawValue: $0) }
guard chosen.count == words.count - 2 else {
    print("image-fuzz: the targets are \(FuzzTarget.names)")
    exit(2)
}
var isSound = true
for target in chosen.isEmpty ? FuzzTarget.allCases : chosen {
    isSound = try Watch(target, seconds: seconds, seed: seed).run() && isSound
}
exit(isSound ? 0 : 1)
