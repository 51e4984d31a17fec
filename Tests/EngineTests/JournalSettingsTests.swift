import LinuxKernel
import MonitorProtocol
import Testing

@testable import Engine

@Suite("What the journal is told of a container")
struct JournalSettingsTests {
    private let record: ContainerRecord

    init() throws {
        record = ContainerRecord(
            id: try #require(Identifier(String(repeating: "ab", count: 32))), name: ContainerName(unchecked: "web"),
            created: .now, imageID: try #require(Identifier(String(repeating: "cd", count: 32))), imageName: "box:1",
            command: "")
    }

    @Test(
        "a tag is a text with properties in it",
        arguments: [
            ("{{.ID}}", "abababababab"), ("a-{{ .Name }}/{{.ImageName}}-z", "a-web/box:1-z"), ("plain", "plain"),
            ("{{.ImageID}}{{.DaemonName}}", "cdcdcdcdcdcdbrig"), ("open {{", "open {{"),
        ])
    func tags(template: String, text: String) throws {
        #expect(try LogTag(template).text(of: record) == text)
    }

    @Test("what it does not have is refused", arguments: ["{{.Nope}}", "{{ID}}", "{{}}", "a{{.Name | upper}}"])
    func wrongTags(template: String) {
        #expect(throws: EngineError.self) { try LogTag(template) }
    }

    @Test(
        "keys become names that journald takes",
        arguments: [("a.b", "A_B"), ("_x", "X"), ("9to5", "TO5"), ("é", ""), ("PATH", "PATH")])
    func names(key: String, name: String) {
        #expect(LogSettings.journalFieldName(key) == name)
    }

    @Test("labels and variables that the options name are fields, and never in the place of Docker's")
    func fields() throws {
        var configuration = ContainerConfiguration()
        configuration.labels = ["a": "1", "b": "2", "container.name": "forged"]
        configuration.env = ["X1=one", "X2=two=2", "Y=3"]
        let log = HostConfiguration.LogConfiguration(
            type: "journald", config: ["labels": "a,container.name", "env-regex": "^X", "env": "Z"])
        let fields = try LogSettings.journalFields(of: record, log, configuration)
        #expect(
            fields.map { "\($0.name)=\($0.value)" } == [
                "CONTAINER_ID=abababababab", "CONTAINER_ID_FULL=\(record.id)", "CONTAINER_NAME=web",
                "CONTAINER_TAG=abababababab", "IMAGE_NAME=box:1", "SYSLOG_IDENTIFIER=abababababab", "X1=one",
                "X2=two=2",
                "A=1",
            ])
    }
}
