import ArgumentParser
import CommandLineUI
import Engine
import LinuxKernel
import OCISpec

struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Show what happens, and what happened.")

    @Option(
        parsing: .unconditional, help: "Not before this time: RFC 3339, seconds since 1970, or a duration such as 10m.")
    var since: String?
    @Option(parsing: .unconditional, help: "Not after this time.") var until: String?
    @Option(
        name: .shortAndLong, parsing: .unconditionalSingleValue,
        help: "KEY=VALUE: container, image, network, volume, event, type, label.")
    var filter: [String] = []
    @Option(parsing: .unconditional, help: "json, or a Go template.") var format: String?

    func run() throws {
        try FilterForm.check(filter)
        var chosen = EventFilter()
        for text in filter { try chosen.add(text) }
        let template: Template?
        do {
            template = try format.flatMap { text in text == "json" || text.isEmpty ? nil : try Template(text) }
        } catch {
            throw CommandExit(64, "Error parsing format: \(error)")
        }
        let isJSON = format == "json"
        try Globals.engine().events(since: since.map(Clock.time), until: until.map(Clock.time), chosen) { event in
            let line: String
            do throws(TemplateError) {
                line = try template?.text(for: event.json) ?? (isJSON ? event.json.text() : event.text)
            } catch {
                throw CommandExit(64, "Error parsing format: \(error)")
            }
            try Output.writeOrThrow(Array((line + "\n").utf8), to: .output)
            return true
        }
    }
}
