import Foundation
import LinuxKernel

/// A program that runs beside a test.
package final class Background {
    private let child: ChildProcess
    private let command: [String]
    private let streams: String

    package init(_ command: [String], in directory: String) throws {
        self.command = command
        streams = "\(directory)/background-\(UUID().uuidString)"
        let output = try OwnedDescriptor(open: "\(streams).out", [.write, .create])
        let errors = try OwnedDescriptor(open: "\(streams).err", [.write, .create])
        child = try Spawn(
            program: command[0], arguments: command, environment: testEnvironment, workingDirectory: directory
        ).start([(output.raw, 1), (errors.raw, 2)])
    }

    /// Waits for its end.
    ///
    /// - Throws: ``ProgramHangs`` if it does not come in time.
    package func end(timeout: Duration = Machine.patience) throws -> Outcome {
        let (output, errors) = ("\(streams).out", "\(streams).err")
        guard let status = try child.wait(timeout: timeout) else {
            try child.send(.kill)
            _ = try child.wait(timeout: .seconds(10))
            throw ProgramHangs(command: command, soFar: contents(output) + contents(errors))
        }
        return Outcome(status: status, output: contents(output), errors: contents(errors))
    }
}
