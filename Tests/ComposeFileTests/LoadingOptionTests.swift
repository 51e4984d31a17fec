import Testing

@testable import ComposeFile

/// What `config` is asked to leave as it is.
@Suite("Files read with less done to them")
struct LoadingOptionTests {
    private func load(
        _ files: [String: String], environment: [String: String] = [:], _ change: (inout ComposeSource) -> Void
    ) throws(ComposeFileError) -> Project {
        var source = ComposeSource(workingDirectory: "/p") { (path: String) throws(ComposeFileError) -> [UInt8]? in
            files[path.hasPrefix("/p/") ? String(path.dropFirst(3)) : path].map { Array($0.utf8) }
        }
        source.files = ["compose.yaml"]
        source.environment = environment
        change(&source)
        return try source.project()
    }

    @Test("nothing filled in: no names, no default network")
    func normalization() throws {
        let files = ["compose.yaml": "services: {w: {image: i, volumes: ['v:/v']}}\nvolumes: {v: }"]
        let plain = try load(files) { $0.normalizes = false }.yaml()
        #expect(!plain.contains("p_v") && !plain.contains("default"), "\(plain)")
        let whole = try load(files) { _ in }.yaml()
        #expect(whole.contains("p_v") && whole.contains("p_default"), "\(whole)")
    }

    @Test("paths stay, but those of other directories' files, and files of variables are found all the same")
    func paths() throws {
        let files = [
            "compose.yaml": """
            include: [sub/inner.yaml]
            services:
              w: {build: ./ctx, volumes: ["./a:/a"], env_file: w.env}
              e: {extends: {file: sub/base.yaml, service: b}}
            """,
            "sub/inner.yaml": "services: {i: {image: i, volumes: ['./x:/x']}}",
            "sub/base.yaml": "services: {b: {image: i, volumes: ['./y:/y']}}", "w.env": "A=1",
        ]
        let project = try load(files) { $0.resolvesPaths = false }
        #expect(
            project.services["w"]?.mounts.first?.source == "./a" && project.services["w"]?.build?.context == "./ctx")
        #expect(project.services["w"]?.environment == ["A": "1"])
        #expect(project.services["i"]?.mounts.first?.source == "/p/sub/x")
        #expect(project.services["e"]?.mounts.first?.source == "/p/sub/y")
    }

    @Test("env_file stays, and its file need not be there")
    func environment() throws {
        let files = ["compose.yaml": "services: {w: {image: i, env_file: none.env, environment: {A: }}}"]
        let yaml = try load(files, environment: ["A": "1"]) { $0.resolvesEnvironment = false }.yaml()
        #expect(yaml.contains("env_file") && yaml.contains("/p/none.env") && !yaml.contains("A: \"1\""), "\(yaml)")
        #expect(throws: ComposeFileError.self) { try load(files) { _ in } }
    }

    @Test(
        "what does not fit together is taken where nobody asks",
        arguments: [
            "services: {w: {image: i, networks: [n]}}", "services: {w: {image: i, depends_on: [x]}}",
            "services: {w: {hostname: h}}",
            "services: {a: {image: i, depends_on: [b]}, b: {image: i, depends_on: [a]}}",
            "services: {a: {image: i, container_name: c}, b: {image: i, container_name: c}}",
            "services: {w: {image: i, secrets: [s]}}", "services: {w: {image: i}}\nsecrets: {s: {}}",
        ])
    func consistency(text: String) throws {
        #expect(throws: ComposeFileError.self) { try load(["compose.yaml": text]) { _ in } }
        #expect(try !load(["compose.yaml": text]) { $0.checksConsistency = false }.yaml().isEmpty)
    }

    @Test("a named file of variables is read once, as a pipe must be")
    func pipes() throws {
        final class Count { var value = 0 }
        let count = Count()
        var source = ComposeSource(workingDirectory: "/p") { (path: String) throws(ComposeFileError) -> [UInt8]? in
            if path == "/dev/fd/63" {
                count.value += 1
                return count.value == 1 ? Array("TAG=piped".utf8) : []
            }
            return path == "/q/c.yaml" ? Array("services: {w: {image: 'i:${TAG}'}}".utf8) : nil
        }
        source.files = ["/q/c.yaml"]
        source.envFiles = ["/dev/fd/63"]
        #expect(try source.project().services["w"]?.image == "i:piped" && count.value == 1)
    }

    @Test("COMPOSE_DISABLE_ENV_FILE leaves .env alone")
    func noEnvFile() throws {
        let files = ["compose.yaml": "services: {w: {image: 'i:${TAG:-none}'}}", ".env": "TAG=env"]
        #expect(try load(files) { _ in }.services["w"]?.image == "i:env")
        #expect(
            try load(files, environment: ["COMPOSE_DISABLE_ENV_FILE": "1"]) { _ in }.services["w"]?.image == "i:none")
    }

    @Test("variables of files, with what stands in for them")
    func variables() throws {
        let text = """
            services:
              w:
                image: "i:${TAG:-a${INNER:-x}}"
                command: ["$PLAIN", "$$NOT", "${MUST:?say it}", "${ON+yes}"]
                environment: {A: "${TAG}"}
                ports: ["${PORT-80}:80"]
            """
        let uses = try load(["compose.yaml": text]) {
            $0.interpolates = false
            $0.normalizes = false
        }.variableUses
        #expect(uses.map(\.name) == ["INNER", "MUST", "ON", "PLAIN", "PORT", "TAG"])
        #expect(uses.map(\.fallback) == ["x", "", "", "", "80", "a${INNER:-x}"])
        #expect(uses.map(\.alternative) == ["", "", "yes", "", "", ""])
        #expect(uses.map(\.isRequired) == [false, true, false, false, false, false])
    }

    @Test("what no active service uses is left out")
    func unused() throws {
        let text = """
            services:
              w: {image: i, networks: [n], volumes: ["v:/v"], secrets: [s]}
              off: {image: i, profiles: [x], networks: [m]}
            networks: {n: , m: , k: }
            volumes: {v: , u: }
            secrets: {s: {content: x}, t: {content: x}}
            configs: {c: {content: x}}
            """
        let project = try load(["compose.yaml": text]) { _ in }
        #expect(project.names(of: "networks") == ["k", "m", "n"] && project.names(of: "configs") == ["c"])
        let pruned = project.withoutUnused
        #expect(pruned.names(of: "networks") == ["n"] && pruned.names(of: "volumes") == ["v"])
        #expect(pruned.names(of: "secrets") == ["s"] && pruned.names(of: "configs").isEmpty)
    }

    @Test("images by digest, alone or in the whole file")
    func digests() throws {
        let project = try load(["compose.yaml": "services: {w: {image: i, hostname: h}, b: {build: .}}"]) { _ in }
        let whole = project.replacingImages(["w": "i@sha256:1"]).yaml()
        #expect(whole.contains("i@sha256:1") && whole.contains("hostname: h") && whole.contains("build:"), "\(whole)")
        let alone = project.replacingImages(["w": "i@sha256:1"], alone: true).yaml()
        #expect(alone.contains("i@sha256:1") && !alone.contains("hostname") && !alone.contains("name: p"), "\(alone)")
    }
}
