internal import Archive
internal import ComposeFile
internal import Engine
package import LinuxKernel

/// Containers whose output this command shows until they end: `up` without `-d`.
package final class AttachedProject {
    package struct Settings: Sendable {
        package var abortsOnExit = false
        package var abortsOnFailure = false
        package var exitCodeFrom: String?
        package var stopSeconds: Int?
        /// What ran already shows what it puts out from then on.
        package var since = Timestamp.now

        package init() {}
    }

    private let runner: ComposeRunner
    private let containers: [Existing]
    private let attached: [Existing]
    private let printer: LogPrinter
    private let settings: Settings
    private let ending = Ending()

    /// SIGINT and SIGTERM are blocked in all threads.
    package init(
        _ runner: ComposeRunner, _ containers: [Existing], attached: [Existing], _ printer: LogPrinter,
        _ settings: Settings
    ) {
        self.runner = runner
        self.containers = containers
        self.attached = attached
        self.printer = printer
        self.settings = settings
    }

    /// What a shell says of a program that SIGPIPE has ended.
    package static let brokenPipe: Int32 = 141

    /// Serves until all have ended.
    ///
    /// - Parameter tick: Called some times a second.
    /// - Returns: What the command exits with.
    package func run(_ tick: () throws -> Void) throws -> Int32 {
        let signals = try SignalDescriptor([.interrupt, .terminate])
        var selection = LogSelection()
        selection.follow = true
        selection.since = settings.since
        for container in attached { try printer.follow(container.id, container.shownName, selection) }
        var seen: Set<String> = []
        var hasEnded = false
        var cause = AbortCause(onExit: settings.abortsOnExit, onFailure: settings.abortsOnFailure)
        var interruptions = 0
        while true {
            if try signals.wait(.milliseconds(100)) {
                while try signals.next() != nil { interruptions += 1 }
                interrupt(interruptions)
            }
            // As a broken pipe ends Compose v2: the containers go on.
            if printer.isLost, interruptions == 0, !hasEnded {
                if let error = printer.error { throw error }
                return Self.brokenPipe
            }
            try tick()
            var runs = false
            var ends: [AbortCause.End] = []
            for container in containers {
                guard let state = try state(of: container) else { continue }
                if state.isRunning || state.status == "restarting" {
                    runs = true
                    // It may have been started again since its log ended.
                    if attached.contains(container), seen.remove(container.id) != nil {
                        var again = selection
                        again.since = .now
                        try printer.follow(container.id, container.shownName, again)
                    }
                    continue
                }
                guard state.status == "exited", seen.insert(container.id).inserted else { continue }
                printer.say(container.shownName, "exited with code \(state.exitCode)")
                hasEnded = true
                ends.append(AbortCause.End(code: state.exitCode, finished: state.finished))
            }
            if cause.take(ends) { start(kills: false, say: "Aborting on container exit...") }
            if !runs, ending.isOver { break }
        }
        printer.drain()
        if let failure = ending.failure { throw failure }
        if let name = settings.exitCodeFrom {
            for container in containers where container.service == name {
                if let state = try state(of: container) { return state.exitCode }
            }
        }
        if interruptions > 0 { return 130 }
        return cause.code ?? 0
    }

    private func state(of container: Existing) throws -> LabelledContainer? {
        do throws(EngineError) {
            return try runner.engine.labelledContainer(container.id)
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }

    private func interrupt(_ count: Int) {
        start(kills: count > 1, say: count > 1 ? "Killing..." : "Gracefully stopping... (press Ctrl+C again to force)")
    }

    /// Ends all, on a thread of its own, so that a further signal is heard.
    private func start(kills: Bool, say text: String) {
        guard ending.begin(kills: kills) else { return }
        runner.tell("Project \(runner.project.name)", text, true)
        let runner = runner
        let containers = containers
        let seconds = settings.stopSeconds
        let ending = ending
        let work: @Sendable () -> Void = {
            do throws(EngineError) {
                // What runs now: a container may have come back since.
                let ids = Set(containers.map(\.id))
                try runner.stop(try runner.existing().filter { ids.contains($0.id) }, seconds: seconds, kills: kills)
                ending.end(nil)
            } catch {
                ending.end(error)
            }
        }
        do { try BackgroundThread.start(work) } catch { work() }
    }
}

/// Whether the containers are being ended.
///
/// Unchecked: the fields are touched under the turnstile's lock only.
private final class Ending: @unchecked Sendable {
    private let turnstile = Turnstile()
    private var isStopping = false
    private var isKilling = false
    private var threads = 0
    private var error: EngineError?

    /// - Returns: Whether this is news.
    func begin(kills: Bool) -> Bool {
        turnstile.locked {
            guard kills ? !isKilling : !isStopping && !isKilling else { return false }
            if kills { isKilling = true } else { isStopping = true }
            threads += 1
            return true
        }
    }

    func end(_ error: EngineError?) {
        turnstile.locked {
            threads -= 1
            self.error = self.error ?? error
        }
    }

    var isOver: Bool { turnstile.locked { threads == 0 } }
    var failure: EngineError? { turnstile.locked { error } }
}

extension Existing {
    /// Its name before lines of its output: without the project.
    package var shownName: String { name.hasSuffix("-\(service)-\(number)") ? "\(service)-\(number)" : name }
}
