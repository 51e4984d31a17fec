internal import Archive
internal import CommandLineUI
package import Engine
internal import LinuxKernel
internal import MonitorProtocol

/// Shows what several containers put out, line by line, each with its container before it.
///
/// Unchecked: the fields are touched under the turnstile's lock only.
package final class LogPrinter: @unchecked Sendable {
    private let turnstile = Turnstile()
    private let engine: Engine
    private let hasColours: Bool
    private let hasPrefix: Bool
    private let hasTimes: Bool
    private var width: Int
    private var colours: [String: Int] = [:]
    private var unfinished: [String: [UInt8]] = [:]
    private var running = 0
    private var followed: Set<String> = []
    private var failure: EngineError?
    private var hasLostOutput = false

    /// - Parameter names: Of the containers that are expected, so that prefixes line up.
    package init(_ engine: Engine, names: [String], hasColours: Bool, hasPrefix: Bool = true, hasTimes: Bool = false) {
        self.engine = engine
        self.hasColours = hasColours
        self.hasPrefix = hasPrefix
        self.hasTimes = hasTimes
        width = names.map(\.utf8.count).max() ?? 0
    }

    /// Cyan, yellow, green, magenta, blue and their bright ones.
    private static let palette = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94]

    /// Follows a container until it ends, on a thread of its own.
    package func follow(_ id: String, _ name: String, _ selection: LogSelection) throws(EngineError) {
        let isNew = turnstile.locked {
            guard followed.insert(id).inserted else { return false }
            running += 1
            return true
        }
        guard isNew else { return }
        do throws(SyscallError) {
            try BackgroundThread.start {
                self.read(id, name, selection)
                self.turnstile.locked {
                    self.running -= 1
                    self.followed.remove(id)
                    self.turnstile.wakeAll()
                }
            }
        } catch {
            turnstile.locked { running -= 1 }
            throw EngineError(.fault, "\(error)")
        }
    }

    /// Waits for the last lines of containers that have ended, but not for ever.
    package func drain() {
        for _ in 0..<100 where turnstile.locked({ running > 0 }) { sleep(for: .milliseconds(20)) }
    }

    /// Until all have ended, or nobody takes what is shown.
    package func waitForAll() { turnstile.locked { while running > 0, !hasLostOutput { turnstile.wait() } } }

    /// Whether what is shown cannot be written any more, as behind `| head`.
    package var isLost: Bool { turnstile.locked { hasLostOutput } }

    /// The first thing that went wrong.
    package var error: EngineError? { turnstile.locked { failure } }

    /// Shows a container's log as far as `selection` says.
    package func read(_ id: String, _ name: String, _ selection: LogSelection) {
        do throws(EngineError) {
            try engine.logs(id, selection) { record in
                self.show(name, record)
                return !self.isLost
            }
        } catch {
            let found = error
            turnstile.locked { if found.kind != .notFound { failure = failure ?? found } }
        }
        finish(name)
    }

    private func show(_ name: String, _ record: LogRecord) {
        turnstile.locked {
            var bytes = (unfinished[name] ?? []) + record.log
            while let end = bytes.firstIndex(of: 0x0a) {
                write(name, Array(bytes[...end]), record)
                bytes = Array(bytes[(end + 1)...])
            }
            // A line without an end is shown once it is long, or when its container ends.
            if bytes.count > 1 << 16 {
                write(name, bytes + [0x0a], record)
                bytes = []
            }
            unfinished[name] = bytes
        }
    }

    private func finish(_ name: String) {
        turnstile.locked {
            if let rest = unfinished.removeValue(forKey: name), !rest.isEmpty { write(name, rest + [0x0a], nil) }
        }
    }

    private func write(_ name: String, _ line: [UInt8], _ record: LogRecord?) {
        let time = hasTimes ? record.map { "\($0.time) " } ?? "" : ""
        put(Array((prefix(name) + time).utf8) + line, to: record?.stream == .standardError ? .error : .output)
    }

    /// SIGPIPE is blocked on the threads that write.
    private func put(_ bytes: [UInt8], to stream: Output.Stream) {
        guard !hasLostOutput else { return }
        do {
            try Output.writeOrThrow(bytes, to: stream)
        } catch {
            if (error as? SyscallError)?.code != .brokenPipe {
                failure = failure ?? EngineError(.fault, "the output cannot be written: \(error)")
            }
            hasLostOutput = true
            turnstile.wakeAll()
        }
    }

    private func prefix(_ name: String) -> String {
        guard hasPrefix else { return "" }
        width = max(width, name.utf8.count)
        let text = name + String(repeating: " ", count: width - name.utf8.count) + "  | "
        guard hasColours else { return text }
        let index = colours[name] ?? colours.count
        colours[name] = index
        return "\u{1b}[\(Self.palette[index % Self.palette.count])m\(text)\u{1b}[0m"
    }

    /// A word of Compose's own between the lines.
    package func say(_ name: String, _ text: String) {
        turnstile.locked { put(Array("\(prefix(name))\(text)\n".utf8), to: .output) }
    }
}
