import OCISpec
import Testing

struct RoundTripTests {
    @Test(
        "a configuration with every field is written as it was read", arguments: Corpus.names.filter { $0 != "other" })
    func runtimeConfig(name: String) throws {
        let json = try Corpus.json(name)
        let config = try RuntimeConfig(json: json)
        #expect(try RuntimeConfig(json: config.json) == config)
        // Empty lists and objects, which engines write, are left out.
        if name != "engine" { #expect(config.json.text(.indented(" ")) == json.text(.indented(" "))) }
    }

    @Test("the documents of the corpus are valid", arguments: Corpus.names)
    func valid(name: String) throws {
        try RuntimeConfig(json: Corpus.json(name)).validate()
    }

    @Test("unknown fields are ignored, and null is the same as absent")
    func unknown() throws {
        let minimal = try RuntimeConfig(json: Corpus.json("minimal"))
        #expect(try RuntimeConfig(json: Corpus.json("other")) == minimal)
        let process = try Corpus.json("process")
            .setting("process.Cwd", 5).setting("process.user.username", "x").setting("process.env", .null)
        #expect(try RuntimeConfig(json: process).process?.env == [])
    }

    @Test("image documents, features and states are written as they were read")
    func others() throws {
        #expect(try ImageManifest(json: Corpus.json("manifest")).json == Corpus.json("manifest"))
        #expect(try ImageIndex(json: Corpus.json("index")).json == Corpus.json("index"))
        #expect(try ImageConfig(json: Corpus.json("image-config")).json == Corpus.json("image-config"))
        #expect(try Features(json: Corpus.json("features")).json == Corpus.json("features"))
        #expect(try ContainerState(json: Corpus.json("state")).json == Corpus.json("state"))
        #expect(try ContainerProcessState(json: Corpus.json("process-state")).json == Corpus.json("process-state"))
    }

    @Test("texts that are empty count as absent")
    func emptyTexts() throws {
        let json = try Corpus.json("minimal")
            .setting("hostname", "").setting("linux.rootfsPropagation", "").setting("linux.cgroupsPath", "")
            .setting("linux.namespaces", [["type": "pid", "path": ""]])
        let config = try RuntimeConfig(json: json)
        #expect(config.hostname == nil)
        #expect(config.linux == RuntimeConfig.Linux(namespaces: [RuntimeConfig.Linux.Namespace(type: .pid)]))
    }
}
