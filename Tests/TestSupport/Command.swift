import Foundation
package import LinuxKernel

/// What a program said and how it ended.
package struct Outcome: Sendable {
    package let status: ExitStatus
    package let output: String
    package let errors: String

    /// The exit status as a shell has it.
    package var code: Int32 { status.shellCode }
    package var trimmed: String { output.trimmingCharacters(in: .whitespacesAndNewlines) }
    package var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// Both streams and the status, for the message of a failed expectation.
    package var summary: String { "\(status); output: \(output.prefix(2000)); errors: \(errors.prefix(2000))" }
}

package struct ProgramHangs: Error, CustomStringConvertible {
    package let command: [String]
    package let soFar: String
    package var description: String { "still runs: \(command.joined(separator: " ")): \(soFar)" }
}

/// Runs a program to its end with its streams in files, so that nothing it leaves running holds the test.
package func run(
    _ command: [String], in directory: String, input: String? = nil, environment: [String] = testEnvironment,
    timeout: Duration = Machine.patience
) throws -> Outcome {
    let name = "\(directory)/stream-\(UUID().uuidString)"
    defer { for end in ["in", "out", "err"] { try? FileManager.default.removeItem(atPath: "\(name).\(end)") } }
    try Data((input ?? "").utf8).write(to: URL(fileURLWithPath: "\(name).in"))
    let status = try end(of: command, in: directory, streams: name, environment, timeout)
    return Outcome(status: status, output: contents("\(name).out"), errors: contents("\(name).err"))
}

private func end(
    of command: [String], in directory: String, streams name: String, _ environment: [String], _ timeout: Duration
) throws -> ExitStatus {
    let input = try OwnedDescriptor(open: "\(name).in", .read)
    let output = try OwnedDescriptor(open: "\(name).out", [.write, .create])
    let errors = try OwnedDescriptor(open: "\(name).err", [.write, .create])
    let child = try Spawn(
        program: command[0], arguments: command, environment: environment, workingDirectory: directory
    ).start([(input.raw, 0), (output.raw, 1), (errors.raw, 2)])
    if let status = try child.wait(timeout: timeout) { return status }
    try child.send(.kill)
    _ = try child.wait()
    throw ProgramHangs(command: command, soFar: contents("\(name).out") + contents("\(name).err"))
}

/// What every program of the tests finds in its environment.
package let testEnvironment = [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TERM=xterm",
]

/// The text of a file; empty where there is none.
package func contents(_ path: String) -> String { (try? readText(path, limit: 1 << 24)) ?? "" }

/// Makes a symbolic link at `path`.
package func makeLink(_ target: String, _ path: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
}

/// Gives a tree to a user and group of this number.
package func own(_ path: String, uid: Int) throws {
    _ = try run(["/bin/chown", "-R", "\(uid):\(uid)", path], in: "/tmp")
}
