import ArgumentParser
import CommandLineUI
import Lab
import LinuxKernel

struct LabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab", abstract: "Short lessons: how the kernel makes a container.",
        usage: "brig lab [--auto] [LESSON …]",
        discussion: """
            Each lesson shows one mechanism, has you do it, looks into the kernel's own files whether it is so, shows \
            what breaks without it, and cleans up. Without a name: the list.
            """)

    @Flag(help: "Do every step without asking; all lessons if none is named.") var auto = false
    @Argument(help: "Names of lessons.") var lessons: [String] = []

    func run() throws {
        var chosen: [Lesson] = []
        for name in lessons {
            guard let lesson = Lesson.named(name) else {
                throw CommandExit(1, "there is no lesson \(name): see brig lab")
            }
            chosen.append(lesson)
        }
        if chosen.isEmpty && auto { chosen = Lesson.all }
        guard !chosen.isEmpty else { return list() }
        for lesson in chosen { try hold(lesson) }
    }

    private func list() {
        var table = Table(header: ["LESSON", "SHOWS"])
        for lesson in Lesson.all { table.add([lesson.name, lesson.title]) }
        Output.write(table.text)
    }

    private func hold(_ lesson: Lesson) throws {
        let program = try readSymbolicLink("/proc/self/exe")
        let isTerminal = Terminal.outputSize != nil
        let ask: ((String) -> String?)? = auto ? .none : .some(Self.ask)
        let isColoured = isTerminal && environmentVariable("NO_COLOR") == nil
        let lecture = Lecture(isColoured: isColoured, write: { text in Output.write(text) }, ask: ask)
        do {
            let result = try lecture.hold(lesson, program: program, runtime: runtime(beside: program))
            if result == .left { throw CommandExit(0) }
            guard case .failed(let steps) = result else { return }
            let count = steps == 1 ? "1 step" : "\(steps) steps"
            throw CommandExit(1, "lab \(lesson.name): \(count) did not show what it should")
        } catch let error as LabError {
            throw CommandExit(1, error.description)
        } catch let error as SyscallError {
            throw CommandExit(1, "lab \(lesson.name): \(error)")
        }
    }

    private func runtime(beside program: String) -> String {
        let directory = program[..<(program.lastIndex(of: "/") ?? program.startIndex)]
        return Globals.current.runtime ?? "\(directory)/brig-runtime"
    }

    /// The next line of standard input, byte by byte: what follows it is for others.
    private static func ask(_ prompt: String) -> String? {
        Output.write(prompt)
        var bytes: [UInt8] = []
        while true {
            let next = Terminal.lending(0) { (input: borrowing OwnedDescriptor) in try? input.read(upTo: 1) }
            guard let byte = next?.first else { return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
            if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
            guard bytes.count < 65_536 else { return nil }
            bytes.append(byte)
        }
    }
}
