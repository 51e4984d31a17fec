import Foundation
import LinuxKernel
import TestSupport

/// Starts one target's worker and looks after it.
struct Watch {
    let target: FuzzTarget
    let seconds: Double
    let seed: UInt64

    /// How long one case may take. Nothing that is read here is large.
    private static let patience = Duration.seconds(60)

    init(_ target: FuzzTarget, seconds: Double, seed: UInt64) {
        (self.target, self.seconds, self.seed) = (target, seconds, seed)
    }

    /// - Returns: Whether nothing was found.
    func run() throws -> Bool {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        var seed = seed
        var isSound = true
        let end = ContinuousClock.now + .seconds(seconds)
        // After a finding it goes on with other cases.
        while ContinuousClock.now < end {
            let left = end - ContinuousClock.now
            try? FileManager.default.removeItem(atPath: Worker.place(of: target))
            let child = try Spawn(
                program: program,
                arguments: [program, "\(max(1, left.components.seconds))", "\(seed)", "--one", target.rawValue],
                environment: testEnvironment + ProcessInfo.processInfo.environment.map { "\($0)=\($1)" }
            ).start([(0, 0), (1, 1), (2, 2)])
            if let problem = try follow(child) {
                print("FOUND: \(target.rawValue), case \(contents(Worker.place(of: target))): \(problem)")
                isSound = false
                seed &+= 1_000_000_007
                continue
            }
            break
        }
        return isSound
    }

    /// - Returns: What is wrong with its end; a case without one counts.
    private func follow(_ child: borrowing ChildProcess) throws -> String? {
        var last = ""
        var since = ContinuousClock.now
        while true {
            if let status = try child.wait(timeout: .seconds(1)) { return status.isSuccess ? nil : "\(status)" }
            let now = contents(Worker.place(of: target))
            if now != last { (last, since) = (now, ContinuousClock.now) }
            if ContinuousClock.now - since > Self.patience {
                try child.send(.kill)
                _ = try child.wait(timeout: Self.patience)
                return "hangs"
            }
        }
    }
}
