import Foundation
import LinuxKernel
import TestSupport

/// A daemon of a test's own, until it is stopped.
final class Daemon {
    private let process: ChildProcess
    private let log: String

    /// Starts it and waits until `isReady`.
    ///
    /// - Throws: ``DaemonFailed`` with what it wrote if it ends before, or does not get so far.
    init(_ command: [String], in directory: String, isReady: () throws -> Bool) throws {
        log = "\(directory)/daemon.log"
        let output = try OwnedDescriptor(open: log, [.write, .create, .append])
        process = try Spawn(
            program: command[0], arguments: command, environment: testEnvironment, workingDirectory: directory,
            newSession: true
        ).start([(output.raw, 1), (output.raw, 2)])
        let end = ContinuousClock.now + Machine.patience
        while try !isReady() {
            guard ContinuousClock.now < end else {
                stop()
                throw DaemonFailed(command: command[0], said: String(contents(log).suffix(2000)))
            }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }

    /// Ends it, by force if it does not hear.
    func stop() {
        try? process.send(.terminate)
        if (try? process.wait(timeout: .seconds(20))) ?? nil == nil {
            try? process.send(.kill)
            _ = try? process.wait(timeout: .seconds(10))
        }
    }
}

struct DaemonFailed: Error, CustomStringConvertible {
    let command: String
    let said: String
    var description: String { "\(command) does not get ready: \(said)" }
}
