import Foundation
import LinuxKernel
import TestSupport

/// Tries cases of one target, each made from the seed and its number alone.
struct Worker {
    let target: FuzzTarget
    private let seed: UInt64

    init(_ target: FuzzTarget, seed: UInt64) { (self.target, self.seed) = (target, seed) }

    /// Where the worker says which case it is at.
    static func place(of target: FuzzTarget) -> String { "/tmp/image-fuzz-\(target.rawValue)" }

    func work(for seconds: Double) throws {
        let place = try OwnedDescriptor(open: Self.place(of: target), [.write, .create])
        let subject = try target.subject()
        let start = ContinuousClock.now
        var number: UInt64 = 0
        var accepted = 0
        while ContinuousClock.now - start < .seconds(seconds) {
            _ = try place.seek(to: 0)
            try place.write("\(seed) \(number)")
            var mutator = Mutator(
                random: SplitMix64(state: seed &* 0x9E37_79B9 &+ number), donors: subject.seeds)
            if try subject.accepts(&mutator) { accepted += 1 }
            number += 1
        }
        let took = (ContinuousClock.now - start).components.seconds
        let peak =
            contents("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("VmHWM") }
            .flatMap { $0.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } } ?? 0
        print("\(target.rawValue): \(number) cases in \(took) s, \(accepted) accepted, peak \(peak / 1024) MiB")
    }
}

/// Something that is not as it must be, other than a trap.
struct Finding: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
