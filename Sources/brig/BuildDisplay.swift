import Builder
import CommandLineUI
import LinuxKernel
import OCISpec
import Synchronization

/// Shows how a build goes on: a view that changes on a terminal, a line for each event elsewhere. Told on any thread.
final class BuildDisplay: Sendable {
    enum Style: String, Sendable, CaseIterable {
        case auto, plain, json, quiet

        /// The words of `--progress`, with those that BuildKit has for the same.
        init(option text: String) throws {
            self = try choice(["tty": "auto", "rawjson": "json"][text] ?? text, "--progress")
        }
    }

    private struct Shown {
        let step: BuildEvent.Step
        let began: Int64
        var ending: BuildEvent.Ending?
        var seconds = 0.0
        /// The last lines of output, the last one perhaps not whole.
        var tail: [String] = []
        var partial: [UInt8] = []
    }

    private struct State {
        var steps: [Shown] = []
        var drawn = 0
        var lastDrawn: Int64 = 0
        /// The step whose output was shown last: between steps a plain view has an empty line.
        var lastNumber = 0
    }

    private let style: Style
    private let isLive: Bool
    private let rows: Int
    private let columns: Int
    private let state = Mutex(State())
    private let lost: @Sendable () -> Void
    private let hasLostReader = Atomic(false)

    /// - Parameter lost: Told when nobody reads what is shown any more.
    init(_ style: Style, terminal size: (rows: Int, columns: Int)?, lost: @escaping @Sendable () -> Void = {}) {
        self.style = style
        isLive = style == .auto && size != nil
        rows = max(6, size?.rows ?? 24)
        columns = max(20, size?.columns ?? 80)
        self.lost = lost
    }

    /// Whether whoever read what is shown has gone.
    var isLost: Bool { hasLostReader.load(ordering: .relaxed) }

    func take(_ event: BuildEvent) {
        guard style != .quiet else { return }
        state.withLock { state in
            if style == .json { return write(Self.json(event).text() + "\n") }
            isLive ? live(event, &state) : plain(event, &state)
        }
    }

    /// Draws the last state.
    func finish() {
        state.withLock { state in
            if isLive { draw(&state, all: true) }
        }
    }

    func say(result id: String, tags: [String]) {
        switch style {
        case .quiet: return
        case .json:
            write(
                JSONValue.object(["image": .string(id), "tags": .array(tags.map { .string($0) })]).text() + "\n")
        default:
            write("writing image \(id)\n")
            for tag in tags { write("naming to \(tag)\n") }
        }
    }

    /// What checks advise against, in short.
    func show(_ notices: [BuildNotice]) {
        guard !notices.isEmpty, style != .quiet else { return }
        if style == .json {
            for notice in notices {
                write(
                    JSONValue.object([
                        "event": "check", "check": .string(notice.check), "text": .string(notice.detail),
                        "line": JSONValue(notice.line), "url": .string(notice.address),
                    ]).text() + "\n")
            }
            return
        }
        let count = notices.count == 1 ? "1 warning found" : "\(notices.count) warnings found"
        write("\n \(count) (--check shows their lines):\n")
        for notice in notices {
            write(" - \(notice.check): \(Table.printable(notice.detail)) (line \(notice.line))\n")
        }
    }

    /// The failing step's output and line.
    func show(_ failure: BuildFailure) {
        guard style != .json else { return }
        if !failure.output.isEmpty, isLive || style == .quiet {
            write(
                "------\n"
                    + failure.output.split(separator: "\n").map { "  \(ShownText.lastState(of: String($0)))\n" }
                    .joined()
                    + "------\n")
        }
        if !failure.place.isEmpty { write(failure.place + "\n") }
    }

    /// SIGPIPE is blocked on the threads that write.
    private func write(_ text: String) {
        do {
            try Output.writeOrThrow(Array(text.utf8), to: .error)
        } catch {
            // Of any other failure there is nobody to tell.
            guard (error as? SyscallError)?.code == .brokenPipe else { return }
            if !hasLostReader.exchange(true, ordering: .relaxed) { lost() }
        }
    }

    // MARK: - Plain

    private func plain(_ event: BuildEvent, _ state: inout State) {
        func prefix(_ step: BuildEvent.Step) -> String {
            if state.lastNumber != 0, state.lastNumber != step.number { write("\n") }
            state.lastNumber = step.number
            return "#\(step.number) "
        }
        switch event {
        case .began(let step):
            state.steps.append(Shown(step: step, began: MonotonicClock.milliseconds))
            write("\(prefix(step))\(Self.title(step))\n")
        case .output(let step, let bytes):
            guard let index = state.steps.firstIndex(where: { $0.step.number == step.number }) else { return }
            let time = Self.seconds(Double(MonotonicClock.milliseconds - state.steps[index].began) / 1000, digits: 3)
            for line in Self.takeLines(bytes, &state.steps[index].partial) {
                write("\(prefix(step))\(time) \(ShownText.lastState(of: line))\n")
            }
        case .ended(let step, let ending, let seconds):
            if let index = state.steps.firstIndex(where: { $0.step.number == step.number }) {
                let rest = String(decoding: state.steps[index].partial, as: UTF8.self)
                let time = Self.seconds(
                    Double(MonotonicClock.milliseconds - state.steps[index].began) / 1000, digits: 3)
                if !rest.isEmpty { write("\(prefix(step))\(time) \(ShownText.lastState(of: rest))\n") }
                state.steps.remove(at: index)
            }
            switch ending {
            case .done: write("\(prefix(step))DONE \(Self.seconds(seconds, digits: 1))s\n")
            case .cached: write("\(prefix(step))CACHED\n")
            case .failed(let problem): write("\(prefix(step))ERROR: \(Table.printable(problem))\n")
            }
        case .explained(let step, let text): write("\(prefix(step))\(Table.printable(text))\n")
        case .warning(let text): write("warning: \(Table.printable(text))\n")
        }
    }

    private static func takeLines(_ bytes: [UInt8], _ partial: inout [UInt8]) -> [String] {
        var lines: [String] = []
        var parts = (partial + bytes).split(separator: 0x0A, omittingEmptySubsequences: false)
        partial = Array(parts.popLast() ?? [])
        // A program that never ends its line does not fill memory.
        if partial.count > 65_536 {
            parts.append(partial[...])
            partial = []
        }
        for part in parts { lines.append(String(decoding: part, as: UTF8.self)) }
        return lines
    }

    private static func title(_ step: BuildEvent.Step) -> String {
        let text = Table.printable(step.text.split(whereSeparator: \.isNewline).joined(separator: " "))
        return step.stage.isEmpty ? text : "[\(step.stage)] \(text)"
    }

    private static func seconds(_ value: Double, digits: Int) -> String {
        let scale = digits == 1 ? 10 : 1000
        let count = Int((value * Double(scale)).rounded())
        let fraction = String(count % scale)
        return "\(count / scale).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }

    // MARK: - On a terminal

    private func live(_ event: BuildEvent, _ state: inout State) {
        var isNews = true
        switch event {
        case .began(let step): state.steps.append(Shown(step: step, began: MonotonicClock.milliseconds))
        case .output(let step, let bytes):
            guard let index = state.steps.firstIndex(where: { $0.step.number == step.number }) else { return }
            state.steps[index].tail += Self.takeLines(bytes, &state.steps[index].partial)
            state.steps[index].tail = Array(state.steps[index].tail.suffix(6))
            isNews = false
        case .ended(let step, let ending, let seconds):
            guard let index = state.steps.firstIndex(where: { $0.step.number == step.number }) else { return }
            state.steps[index].ending = ending
            state.steps[index].seconds = seconds
            state.steps[index].tail = []
        case .explained(let step, let text):
            guard let index = state.steps.firstIndex(where: { $0.step.number == step.number }) else { return }
            state.steps[index].tail.append(text)
        case .warning(let text):
            erase(&state)
            write("warning: \(Table.printable(text))\n")
        }
        let now = MonotonicClock.milliseconds
        if isNews || now - state.lastDrawn > 100 { draw(&state, all: false) }
    }

    private func erase(_ state: inout State) {
        if state.drawn > 0 { write("\u{1b}[\(state.drawn)A\u{1b}[J") }
        state.drawn = 0
    }

    private func draw(_ state: inout State, all: Bool) {
        let now = MonotonicClock.milliseconds
        state.lastDrawn = now
        var lines: [String] = []
        for shown in state.steps {
            let time: String
            var mark = "=>"
            switch shown.ending {
            case nil: time = Self.seconds(Double(now - shown.began) / 1000, digits: 1) + "s"
            case .cached?: (mark, time) = ("=> CACHED", "0.0s")
            case .done?: time = Self.seconds(shown.seconds, digits: 1) + "s"
            case .failed?: (mark, time) = ("=> ERROR", Self.seconds(shown.seconds, digits: 1) + "s")
            }
            let text = " \(mark) \(Self.title(shown.step))"
            let room = columns - 2 - time.utf8.count
            lines.append(String(text.prefix(room)).padded(to: room) + " " + time)
            lines += shown.tail.map { line in
                // A tab is as wide as its place says.
                let text = ShownText.lastState(of: line).split(separator: "\t", omittingEmptySubsequences: false)
                return String(" => => # \(text.joined(separator: "    "))".prefix(columns - 1))
            }
        }
        if !all, lines.count > rows - 2 { lines = Array(lines.suffix(rows - 2)) }
        let up = state.drawn > 0 ? "\u{1b}[\(state.drawn)A" : ""
        write(up + lines.map { "\r\($0)\u{1b}[K\n" }.joined() + "\u{1b}[J")
        state.drawn = lines.count
    }

    // MARK: - JSON

    private static func json(_ event: BuildEvent) -> JSONValue {
        func object(_ kind: String, _ step: BuildEvent.Step, _ more: [(String, JSONValue)] = []) -> JSONValue {
            var fields: JSONObject = [:]
            fields["event"] = .string(kind)
            fields["step"] = JSONValue(step.number)
            fields["stage"] = .string(step.stage)
            fields["name"] = .string(step.text)
            if step.line > 0 { fields["line"] = JSONValue(step.line) }
            for (name, value) in more { fields[name] = value }
            return .object(fields)
        }
        switch event {
        case .began(let step): return object("began", step)
        case .output(let step, let bytes):
            return object("output", step, [("text", .string(String(decoding: bytes, as: UTF8.self)))])
        case .ended(let step, let ending, let seconds):
            let result: [(String, JSONValue)] =
                switch ending {
                case .done: [("result", "done")]
                case .cached: [("result", "cached")]
                case .failed(let problem): [("result", "failed"), ("problem", .string(problem))]
                }
            return object("ended", step, result + [("seconds", .double(seconds))])
        case .explained(let step, let text): return object("explained", step, [("text", .string(text))])
        case .warning(let text): return .object(["event": "warning", "text": .string(text)])
        }
    }
}

extension String {
    fileprivate func padded(to count: Int) -> String {
        self.count < count ? self + String(repeating: " ", count: count - self.count) : self
    }
}
