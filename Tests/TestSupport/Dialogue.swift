import LinuxKernel

/// Runs a program on a terminal of its own, types `typed` once it has said `prompt`, and reads on to its end.
///
/// - Throws: ``ProgramHangs`` if it does not end in time.
package func converse(
    _ command: [String], in directory: String, prompt: String, typed: String, environment: [String] = testEnvironment,
    timeout: Duration = Machine.patience
) throws -> Outcome {
    let terminal = try PseudoTerminal()
    try terminal.controller.setWindowSize(WindowSize(rows: 33, columns: 99))
    let number = terminal.peer.raw
    let child = try Spawn(
        program: command[0], arguments: command, environment: environment, workingDirectory: directory, newSession: true
    ).start([(number, 0), (number, 1), (number, 2)])
    // From here on only the program has the peer open, so that its end is the end of the output.
    let controller = terminal.keepController()
    let end = ContinuousClock.now + timeout
    var heard: [UInt8] = []
    var isTyped = false
    while ContinuousClock.now < end {
        let ready = try pollReady([(controller.raw, .readable)], .milliseconds(200))
        guard !ready.isEmpty else { continue }
        // EIO: nobody has the terminal open any more.
        guard let bytes = try? controller.read(upTo: 4096), !bytes.isEmpty else { break }
        heard += bytes
        if !isTyped, String(decoding: heard, as: UTF8.self).contains(prompt) {
            try controller.write(typed)
            isTyped = true
        }
    }
    let text = String(decoding: heard, as: UTF8.self)
    guard let status = try child.wait(timeout: .seconds(10)) else {
        try child.send(.kill)
        _ = try child.wait()
        throw ProgramHangs(command: command, soFar: text)
    }
    return Outcome(status: status, output: text, errors: "")
}
