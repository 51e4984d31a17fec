import ArgumentParser
import CommandLineUI
import Engine
import OCISpec

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show all about containers or images, as JSON.")

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case container, image, volume
    }

    @Option(name: .shortAndLong, help: "json, or a Go template.") var format: String?
    @Option(help: "Objects of this kind only.") var type: Kind?
    @Argument(help: "Names or identifiers.") var objects: [String]

    func run() throws { try Self.show(objects, type: type, format: format) }

    /// Shows objects of one kind, or of any.
    static func show(_ objects: [String], type: Kind?, format: String?) throws {
        let engine = try Globals.engine()
        try show(objects, format: format) { reference throws(EngineError) in
            do {
                switch type {
                case nil: return try engine.inspectObject(reference)
                case .container?: return try JSONValue(encoding: try engine.inspect(reference))
                case .image?: return try JSONValue(encoding: try engine.inspectImage(reference))
                case .volume?: return try JSONValue(encoding: try engine.inspectVolume(reference))
                }
            } catch {
                throw error as? EngineError ?? EngineError(.fault, "\(error)")
            }
        }
    }

    /// Shows what `look` finds, and goes on after what it does not.
    static func show(
        _ objects: [String], format: String?, look: (String) throws(EngineError) -> JSONValue
    ) throws {
        let template = try format.flatMap { text throws(TemplateError) in
            text == "json" || text.isEmpty ? nil : try Template(text)
        }
        var found: [JSONValue] = []
        var failed = false
        for reference in objects {
            do {
                found.append(try look(reference))
            } catch {
                Output.complain(error.message)
                failed = true
            }
        }
        if let template {
            for value in found { Output.line(try template.text(for: value)) }
        } else if format == "json" {
            for value in found { Output.line(value.text()) }
        } else {
            Output.line(JSONValue.array(found).text(.indented("    ")))
        }
        if failed { throw CommandExit(1) }
    }
}
