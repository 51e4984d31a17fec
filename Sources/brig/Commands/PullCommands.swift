import ArgumentParser
import CommandLineUI
import Engine
import LinuxKernel
import OCISpec

/// How pulls and pushes tell of themselves.
struct ProgressOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Say nothing but the result.") var quiet = false
    @Option(parsing: .unconditional, help: "auto, plain, json or quiet.", transform: { try choice($0, "--progress") })
    var progress: ProgressDisplay.Style = .auto

    func display(on stream: Output.Stream = .output) -> ProgressDisplay {
        let size = Terminal.liveSize(stream)
        return ProgressDisplay(
            quiet ? .quiet : progress, on: stream, terminal: size.map { (Int($0.rows), Int($0.columns)) })
    }
}

/// One of the words of an option.
func choice<Value: RawRepresentable & CaseIterable>(
    _ text: String, _ option: String
) throws -> Value where Value.RawValue == String {
    guard let value = Value(rawValue: text) else {
        let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
        throw CommandExit(CommandExit.engine, "option \(option) is one of \(words)")
    }
    return value
}

extension ProgressDisplay {
    /// What the engine tells of its work.
    var handler: ImageProgressHandler {
        { step in
            self.update(
                step.id, step.status.rawValue, current: step.current, total: step.total,
                isContinuous: step.status.isContinuous, isFinal: step.status.isFinal, now: MonotonicClock.milliseconds)
        }
    }

    /// Docker's first line of a pull.
    func sayPulling(_ reference: ImageReference, asked text: String) {
        if !text.contains("@"), reference.tag == "latest", (try? ImageReference(text))?.tag == nil {
            say("Using default tag: latest")
        }
        say("\(reference.digest?.text ?? reference.tag ?? ""): Pulling from \(reference.path)")
    }
}

struct PullCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Fetch images from a registry.",
        discussion: "Layers that are there already are not fetched again; an interrupted pull is gone on with.")

    @OptionGroup var output: ProgressOptions
    @Flag(name: .shortAndLong, help: "All tags of the repository.") var allTags = false
    @Option(parsing: .unconditional, help: "Such as linux/arm64; this machine's unless said otherwise.") var platform:
        String?
    @Argument(help: "NAME[:TAG|@DIGEST]") var name: String

    func run() throws {
        let display = output.display()
        let pulled = try Globals.engine().pullImages(
            name, platform: platform, allTags: allTags, began: { display.sayPulling($0, asked: name) },
            progress: display.handler)
        for image in pulled {
            display.say("Digest: \(image.digest)")
            display.say(
                image.isNew
                    ? "Status: Downloaded newer image for \(image.reference.familiarText)"
                    : "Status: Image is up to date for \(image.reference.familiarText)")
            if output.progress != .json || output.quiet { Output.line(image.reference.text) }
        }
    }
}

struct PushCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "push", abstract: "Send images to a registry.")

    @OptionGroup var output: ProgressOptions
    @Flag(name: .shortAndLong, help: "All tags of the repository.") var allTags = false
    @Argument(help: "NAME[:TAG]") var name: String

    func run() throws {
        let display = output.display()
        let pushed = try Globals.engine().pushImages(
            name, allTags: allTags,
            began: { display.say("The push refers to repository [\($0.repository)]") }, progress: display.handler)
        for image in pushed {
            display.say("\(image.reference.tag ?? ""): digest: \(image.digest) size: \(image.size)")
            if output.quiet { Output.line(image.reference.text) }
        }
    }
}
