import ArgumentParser
import CommandLineUI
import Engine
import OCISpec

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show all about containers, images, networks or volumes, as JSON.",
        discussion: """
            --as gives back what makes a container again: its command line, a compose file, or the config.json of a \
            bundle, whose rootfs is what brig export writes.
            """)

    enum Kind: String, CaseIterable {
        case container, image, network, volume
    }

    enum Form: String, ExpressibleByArgument, CaseIterable {
        case run, compose, oci

        var recreation: RecreationForm {
            switch self {
            case .run: .run
            case .compose: .compose
            case .oci: .oci
            }
        }
    }

    @Option(name: .shortAndLong, parsing: .unconditional, help: "json, or a Go template.") var format: String?
    @Option(parsing: .unconditional, help: "Objects of this kind only: container, image, network or volume.") var type:
        String?
    @Flag(name: .shortAndLong, help: "The sizes of containers' files, too.") var size = false
    @Option(
        name: .customLong("as"), parsing: .unconditional, help: "What makes a container again: run, compose or oci.")
    var form: Form?
    @Argument(help: "Names or identifiers.") var objects: [String]

    func validate() throws {
        if form != nil, format != nil || size || (type ?? "container") != "container" {
            throw ValidationError("--as is for containers, and stands alone")
        }
    }

    func run() throws {
        let kind = type.flatMap(Kind.init)
        if let type, kind == nil {
            throw CommandExit(1, "\"\(ShownText.printable(type))\" is not a valid value for --type")
        }
        guard let form else { return try Self.show(objects, type: kind, format: format, sizes: size) }
        let engine = try Globals.engine()
        var failed = false
        for reference in objects {
            do throws(EngineError) {
                Output.write(try engine.recreation(of: reference, as: form.recreation))
            } catch {
                Output.complain(error.message)
                failed = true
            }
        }
        if failed { throw CommandExit(1) }
    }

    /// Shows objects of one kind, or of any.
    static func show(_ objects: [String], type: Kind?, format: String?, sizes: Bool = false) throws {
        let engine = try Globals.engine()
        try show(objects, format: format) { reference, complete throws(EngineError) in
            do {
                switch type {
                case nil:
                    return try withSizes(
                        sizes, of: reference, in: engine, try engine.inspectObject(reference, complete: complete))
                case .container?:
                    return try withSizes(
                        sizes, of: reference, in: engine,
                        try engine.inspect(reference).json(complete: complete))
                case .image?: return try JSONValue(encoding: try engine.inspectImage(reference), complete: complete)
                case .network?: return try JSONValue(encoding: try engine.inspectNetwork(reference), complete: complete)
                case .volume?: return try JSONValue(encoding: try engine.inspectVolume(reference), complete: complete)
                }
            } catch {
                throw error as? EngineError ?? EngineError(.fault, "\(error)")
            }
        }
    }

    /// A container's object with `SizeRw` and `SizeRootFs`, where Docker has them; others as they are.
    private static func withSizes(
        _ wanted: Bool, of reference: String, in engine: Engine, _ value: JSONValue
    ) throws(EngineError) -> JSONValue {
        guard wanted, case .object(let object) = value, object["GraphDriver"] != nil, object["State"] != nil else {
            return value
        }
        let details = try engine.listDetails(reference, sizes: true)
        var result = JSONObject()
        for member in object.members {
            if member.key == "Mounts" {
                result["SizeRw"] = JSONValue(details.writableSize ?? 0)
                result["SizeRootFs"] = JSONValue(details.wholeSize ?? 0)
            }
            result[member.key] = member.value
        }
        return .object(result)
    }

    /// Shows what `look` finds, and goes on after what it does not.
    ///
    /// - Parameter look: Finds an object by its name; with `true`, including the members that JSON leaves out.
    static func show(
        _ objects: [String], format: String?, look: (String, Bool) throws(EngineError) -> JSONValue
    ) throws {
        let template = try parsed(format)
        var found: [JSONValue] = []
        var failed = false
        for reference in objects {
            do throws(EngineError) {
                let value = try look(reference, false)
                guard let template else {
                    found.append(value)
                    continue
                }
                // A member that is not set, and so not in the JSON, is empty in a template.
                do throws(TemplateError) {
                    Output.line(try template.text(inspecting: value) { try look(reference, true) })
                } catch {
                    Output.complain("template parsing error: \(error)")
                    failed = true
                }
            } catch {
                Output.complain(error.message)
                failed = true
            }
        }
        if format == "json" {
            for value in found { Output.line(value.text()) }
        } else if template == nil {
            Output.line(JSONValue.array(found).text(.indented("    ")))
        }
        if failed { throw CommandExit(1) }
    }

    /// - Throws: `CommandExit` with Docker's code for a template that cannot be understood.
    static func parsed(_ format: String?) throws(CommandExit) -> Template? {
        guard let format, !format.isEmpty, format != "json" else { return nil }
        do {
            return try Template(format)
        } catch {
            throw CommandExit(64, "template parsing error: \(error)")
        }
    }
}
