import Testing

@testable import ComposeFile

@Suite("Several files")
struct MergeTests {
    private func merged(_ one: String, _ other: String, more: [String: String] = [:]) throws -> Service {
        var files = more
        files["a.yaml"] = "services:\n  w:\n    image: i\n" + one.split(separator: "\n").map { "    \($0)\n" }.joined()
        files["b.yaml"] = "services:\n  w:\n" + other.split(separator: "\n").map { "    \($0)\n" }.joined()
        return try #require(try load(files, names: ["a.yaml", "b.yaml"]).services["w"])
    }

    @Test("each field by its rule")
    func fields() throws {
        let web = try merged(
            """
            command: [a, b]
            entrypoint: [x]
            hostname: one
            environment: [A=1, B=1]
            labels: {l: 1, m: 1}
            ports: ["80:80", "90:90/udp"]
            volumes: ["/a:/x", "/b:/y"]
            dns: 1.1.1.1
            cap_add: [NET_ADMIN]
            healthcheck: {test: [CMD, x], retries: 2}
            depends_on: [p]
            logging: {driver: json-file, options: {a: 1}}
            extra_hosts: ["h:1.1.1.1"]
            configs: []
            """,
            """
            command: c
            hostname: two
            environment: {B: 2, C: 2}
            labels: [m=2]
            ports: ["80:80", "81:80"]
            volumes: ["/c:/y:ro"]
            dns: [2.2.2.2]
            cap_add: [NET_ADMIN, SYS_TIME]
            healthcheck: {test: y}
            depends_on: {q: {condition: service_healthy}}
            logging: {driver: none, options: {b: 2}}
            """, more: [:], extra: true)
        #expect(web.command == ["c"] && web.entrypoint == ["x"] && web.text("hostname") == "two")
        #expect(web.environment == ["A": "1", "B": "2", "C": "2"])
        #expect(web.labels == ["l": "1", "m": "2"])
        #expect(web.ports.map { "\($0.published?.lowerBound ?? 0):\($0.target)" } == ["80:80", "90:90", "81:80"])
        #expect(web.mounts.map { "\($0.source ?? ""):\($0.target):\($0.isReadOnly)" } == ["/a:/x:false", "/c:/y:true"])
        #expect(web.texts("dns") == ["1.1.1.1", "2.2.2.2"])
        #expect(web.texts("cap_add") == ["NET_ADMIN", "SYS_TIME"])
        #expect(web.healthcheck?.test == ["CMD-SHELL", "y"] && web.healthcheck?.retries == 2)
        #expect(web.dependencies.map(\.service) == ["p", "q"])
        #expect(web.loggingDriver == "none" && web.loggingOptions == ["b": "2"])
    }

    private func merged(_ one: String, _ other: String, more: [String: String], extra: Bool) throws -> Service {
        let indent = { (text: String) in text.split(separator: "\n").map { "    \($0)\n" }.joined() }
        let files = [
            "a.yaml": "services:\n  p: {image: i}\n  q: {image: i}\n  w:\n    image: i\n" + indent(one),
            "b.yaml": "services:\n  w:\n" + indent(other),
        ]
        return try #require(try load(files, names: ["a.yaml", "b.yaml"]).services["w"])
    }

    @Test("one port for two protocols, and on two addresses, is two")
    func ports() throws {
        let web = try merged(
            "ports: [\"53:53/tcp\", \"127.0.0.1:80:80\"]",
            "ports: [\"53:53/udp\", \"127.0.0.2:80:80\", \"53:53/tcp\"]")
        #expect(
            web.ports.map { "\($0.hostAddress ?? "")\($0.target)/\($0.transport)" } == [
                "53/tcp", "127.0.0.180/tcp", "53/udp", "127.0.0.280/tcp",
            ])
    }

    @Test("!reset takes away, !override replaces")
    func directives() throws {
        let web = try merged(
            "ports: [\"80:80\"]\nenvironment: {A: 1, B: 1}\nhostname: h\nlabels: {l: 1}\nvolumes: [\"/a:/x\"]",
            "ports: !override [\"81:81\"]\nenvironment: {A: !reset null}\nhostname: !reset null\nlabels: !override {m: 1}\n"
                + "volumes: !reset []")
        #expect(web.ports.map(\.target) == [81])
        #expect(web.environment == ["B": "1"])
        #expect(web.text("hostname") == nil)
        #expect(web.labels == ["m": "1"])
        #expect(web.mounts.isEmpty)
    }

    @Test("documents of one file merge like files")
    func documents() throws {
        let project = try load("services: {w: {image: a}}\n---\nservices: {w: {image: b}, v: {image: c}}\n")
        #expect(project.services["w"]?.image == "b")
        #expect(Set(project.services.keys) == ["w", "v"])
    }

    @Test("usual names and the override beside them, also from a directory above")
    func usualNames() throws {
        let files = [
            "compose.yaml": "services: {w: {image: a}}", "compose.override.yaml": "services: {w: {hostname: o}}",
        ]
        let project = try load(files, names: [])
        #expect(project.services["w"]?.text("hostname") == "o")
        #expect(project.files == ["/p/compose.yaml", "/p/compose.override.yaml"])
        #expect(throws: ComposeFileError.self) { try load([:], names: []) }
    }

    @Test("extends: same file, other file with its own paths, chains")
    func extends() throws {
        let project = try load([
            "compose.yaml": """
            services:
              base: {image: b, environment: {A: 1, B: 1}, ports: ["80:80"], command: [x]}
              w: {extends: base, environment: {B: 2}, ports: ["81:81"], command: [y]}
              o: {extends: {file: sub/other.yaml, service: lib}}
            """,
            "sub/other.yaml": """
            services:
              lib: {extends: deep, volumes: ["./d:/d"], env_file: x.env}
              deep: {image: deep, build: ctx}
            """, "sub/x.env": "X=1",
        ])
        let web = try #require(project.services["w"])
        #expect(web.image == "b" && web.environment == ["A": "1", "B": "2"] && web.command == ["y"])
        #expect(web.ports.map(\.target) == [80, 81])
        let other = try #require(project.services["o"])
        #expect(other.image == "deep" && other.mounts.first?.source == "/p/sub/d")
        #expect(other.build?.context == "/p/sub/ctx" && other.environment == ["X": "1"])
    }

    @Test("include: its own directory and variables; clashes are refused")
    func include() throws {
        let files = [
            "compose.yaml":
                "include: [sub/c.yaml, {path: [two/a.yaml, two/b.yaml], project_directory: base, env_file: e.env}]\n"
                + "services: {w: {image: i, depends_on: [inner]}}",
            "sub/c.yaml": "services: {inner: {image: '${V}', volumes: ['./x:/x']}}\nvolumes: {v: }",
            "sub/.env": "V=sub",
            "two/a.yaml": "services: {t: {image: '${V}', volumes: ['./x:/x']}}",
            "two/b.yaml": "services: {t: {hostname: h}}",
            "e.env": "V=two",
        ]
        let project = try load(files)
        #expect(
            project.services["inner"]?.image == "sub" && project.services["inner"]?.mounts.first?.source == "/p/sub/x")
        #expect(project.services["t"]?.image == "two" && project.services["t"]?.mounts.first?.source == "/p/base/x")
        #expect(project.services["t"]?.text("hostname") == "h" && project.volumes["v"]?.name == "p_v")
        // Whoever calls knows better than the files of variables that come along.
        let told = try load(files, environment: ["V": "caller"])
        #expect(told.services["inner"]?.image == "caller" && told.services["t"]?.image == "caller")
        var clash = files
        clash["compose.yaml"] = "include: [sub/c.yaml]\nservices: {inner: {image: other}}"
        #expect { try load(clash) } throws: {
            "\($0)".contains("compose.yaml:2: services.inner: the included file has one")
        }
    }

    @Test("without interpolation the dollars stay")
    func noInterpolation() throws {
        let text = "services: {w: {image: 'i:${TAG}', ports: ['${P}:80'], scale: '${N}', environment: {A: '$$x'}}}"
        let project = try load(["compose.yaml": text], interpolates: false)
        let yaml = project.yaml(escapesDollars: false)
        #expect(yaml.contains("${TAG}") && yaml.contains("${P}:80") && yaml.contains("$$x"))
    }
}
