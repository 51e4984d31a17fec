import ComposeFile
import Testing

@Suite("What services need of a project")
struct NeedTests {
    @Test(
        "what a service cannot do without must be active",
        arguments: [
            "depends_on: [b]", "links: [b]", "network_mode: service:b", "pid: service:b", "volumes_from: [b]",
        ])
    func inactive(field: String) throws {
        let text = "services:\n  a: {image: i, \(field)}\n  b: {image: i, profiles: [p, q]}"
        let project = try load(text)
        let error = #expect(throws: ComposeFileError.self) { try project.demandActiveNeeds() }
        let said = error?.description ?? ""
        #expect(said.contains("\"a\" needs \"b\", which is not active; say --profile p or --profile q"), "\(said)")
        try load(["compose.yaml": text], profiles: ["p"]).demandActiveNeeds()
        try project.enabling(["b"]).demandActiveNeeds()
    }

    @Test("what it can do without need not, and is not shown then")
    func optional() throws {
        let text = """
            services:
              a: {image: i, depends_on: {b: {condition: service_started, required: false}}}
              b: {image: i, profiles: [p]}
            """
        let project = try load(text)
        try project.demandActiveNeeds()
        #expect(!project.yaml().contains("depends_on"))
        #expect(try load(["compose.yaml": text], profiles: ["p"]).yaml().contains("depends_on"))
    }

    @Test("a variable that is not set matters to who gets it only", arguments: ["secrets", "configs"])
    func unset(section: String) throws {
        let text = """
            services:
              a: {image: i, \(section): [x]}
              b: {image: i}
            \(section):
              x: {environment: NOBODY_SETS_IT}
            """
        let project = try load(text)
        #expect(project.refusal(of: ["b"]) == nil)
        let said = project.refusal(of: ["a", "b"])?.description ?? ""
        #expect(said.contains("\(section).x.environment: the variable NOBODY_SETS_IT is not set"), "\(said)")
        #expect(try load(text, environment: ["NOBODY_SETS_IT": ""]).refusal(of: ["a"]) == nil)
    }
}
