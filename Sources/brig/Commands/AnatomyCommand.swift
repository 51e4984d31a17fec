import Anatomy
import ArgumentParser
import CommandLineUI
import Engine
import LinuxKernel
import OCISpec

struct AnatomyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "anatomy", abstract: "Show what a container, or any process, is made of.",
        usage: "brig anatomy [CONTAINER|PID] [--json] [--evidence] [--compare OTHER] [--html FILE]",
        discussion: """
            Its processes, namespaces, root file system, mounts, control groups, capabilities, seccomp filters, security \
            module, users and network, and what it could do to its host. Without an argument: the shell that asks. \
            Digits are a pid.
            """)

    @Flag(help: "As JSON, with the file and the value on which each statement rests.") var json = false
    @Flag(help: "Below each statement, the file and the value on which it rests.") var evidence = false
    @Option(parsing: .unconditional, help: "In what another container or process differs; exits with 1 if it does.")
    var compare: String?
    @Option(parsing: .unconditional, help: "Write a page for a browser, with diagrams.") var html: String?
    @Argument(help: "A container's name or identifier, or a pid.") var target: String?

    func run() throws {
        let anatomy = try ProcessTarget.anatomy(of: target)
        if let compare {
            try show(anatomy, differentFrom: try ProcessTarget.anatomy(of: compare))
            return
        }
        if let html {
            do {
                try OwnedDescriptor(open: html, [.write, .create, .truncate], mode: 0o644)
                    .write(HTMLPage.text(anatomy))
            } catch {
                throw CommandExit(1, "cannot write \(html): \(error.code)")
            }
            if !json { return }
        }
        if json {
            Output.line(anatomy.json.text(.indented("  ")))
            return
        }
        let size = Terminal.outputSize
        let page = TextPage(
            colors: size != nil && environmentVariable("NO_COLOR") == nil, width: size.map { Int($0.columns) },
            showsEvidence: evidence)
        Output.write(page.text(Page(anatomy)))
    }

    private func show(_ left: Anatomy, differentFrom right: Anatomy) throws {
        let differences = Shape(left).differences(from: Shape(right))
        if json {
            Output.line(
                JSONValue.object([
                    "left": left.subject.json, "right": right.subject.json,
                    "differences": .array(differences.map(\.json)),
                ]).text(.indented("  ")))
        } else if differences.isEmpty {
            Output.line("the same, but for names and numbers")
        } else {
            for difference in differences {
                Output.line(shown(difference.property))
                Output.line("  - " + shown(difference.left ?? "there is none"))
                Output.line("  + " + shown(difference.right ?? "there is none"))
            }
        }
        if !differences.isEmpty { throw CommandExit(1) }
    }
}

/// A process as people name it: a pid, or a container.
enum ProcessTarget {
    /// The pid of what a word names.
    static func pid(of word: String?) throws -> Int32 {
        guard let word else { return CallerIdentity.parentPid }
        if let pid = Int32(word), pid > 0 { return pid }
        let globals = Globals.current
        guard (try? OwnedDescriptor(open: "\(globals.root)/brig.db", .pathOnly)) != nil else {
            throw CommandExit(1, unknownContainer(word))
        }
        let state = try Globals.engine().inspect(word).state
        guard state.pid > 0 else { throw CommandExit(1, "container \(word) does not run: brig why \(word) tells why") }
        return state.pid
    }

    /// Brig's containers are root's, and nobody else sees which there are.
    static func unknownContainer(_ word: String) -> String {
        CallerIdentity.effectiveUid == 0
            ? "there is no container \(word)"
            : "user \(CallerIdentity.effectiveUid) sees no container \(word): containers are root's (sudo); a pid may be asked for"
    }

    static func anatomy(of word: String?) throws -> Anatomy {
        let pid = try pid(of: word)
        do throws(SyscallError) {
            return try Anatomy.read(pid, names: names())
        } catch {
            if error.code == .noSuchFile || error.code == .noSuchProcess {
                throw CommandExit(1, "there is no process \(pid)")
            }
            throw CommandExit(1, error.description)
        }
    }

    /// Containers' names by the pid of their first process; where nothing was ever run there are none.
    static func names() -> [Int32: String] {
        let globals = Globals.current
        guard (try? OwnedDescriptor(open: "\(globals.root)/brig.db", .pathOnly)) != nil,
            let list = try? Globals.engine().containerProcesses()
        else { return [:] }
        return Dictionary(list.map { ($0.pid, $0.name) }, uniquingKeysWith: { first, _ in first })
    }
}
