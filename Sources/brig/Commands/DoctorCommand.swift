import ArgumentParser
import CommandLineUI
import Engine
import OCISpec

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Show what this host can enforce and what not, and how to mend it.")

    @Option(name: .shortAndLong, parsing: .unconditional, help: "json.") var format: String?

    func run() throws {
        let findings = try Globals.engine().diagnosis().findings
        if format == "json" {
            let list = findings.map { finding -> JSONValue in
                var object = JSONObject()
                object["Subject"] = .string(finding.subject)
                object["Fine"] = .bool(finding.isFine)
                object["Text"] = .string(finding.text)
                object["Remedy"] = .string(finding.remedy)
                return .object(object)
            }
            return Output.line(JSONValue.array(list).text(.indented("    ")))
        }
        for finding in findings {
            Output.line("\(finding.isFine ? "ok     " : "missing") \(finding.subject): \(finding.text)")
            if !finding.remedy.isEmpty { Output.line("          to mend it: \(finding.remedy)") }
        }
    }
}
