import Testing

@testable import ComposeFile

@Suite("Projects")
struct ProjectTests {
    @Test("the walkthrough's file, with one warning for its version")
    func walkthrough() throws {
        let project = try load(
            """
            version: "3.0"
            services:
              web1:
                image: "httpd"
                ports: ["80:80"]
              web2:
                image: "nginx"
                ports: ["1000-2000:81"]
            """)
        #expect(project.name == "p")
        #expect(project.warnings == ["compose.yaml: version is obsolete and ignored; the line can be taken away"])
        #expect(project.services["web1"]?.ports.first?.published == 80...80)
        let ports = try #require(project.services["web2"]?.ports)
        #expect(ports.count == 1 && ports[0].published == 1000...2000 && ports[0].target == 81)
        #expect(project.networks["default"]?.name == "p_default")
    }

    @Test(
        "short ports",
        arguments: [
            ("80", [":80/tcp"]), ("8080:80", ["8080:80/tcp"]), ("127.0.0.1:8080:80/udp", ["127.0.0.1:8080:80/udp"]),
            ("3000-3002", [":3000/tcp", ":3001/tcp", ":3002/tcp"]),
            ("9090-9091:80-81", ["9090:80/tcp", "9091:81/tcp"]),
            ("1000-2000:81", ["1000-2000:81/tcp"]), ("[::1]:80:81", ["::1:80:81/tcp"]),
            ("127.0.0.1::80", ["127.0.0.1::80/tcp"]),
        ])
    func shortPorts(text: String, shown: [String]) throws {
        let ports = try service("ports: [\"\(text)\"]").ports.map { port in
            let range =
                port.published.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" } ?? ""
            return (port.hostAddress.map { "\($0):" } ?? "") + "\(range):\(port.target)/\(port.transport)"
        }
        #expect(ports == shown)
    }

    @Test(
        "wrong ports",
        arguments: ["x", "0", "70000", "80:x", "1-2:3-5", "80/foo", "5-4:80", "::80", "1.2.3.4:x:80", "a:80:80"])
    func wrongPorts(text: String) {
        #expect(
            complaint("services: {w: {image: i, ports: [\"\(text)\"]}}").contains(
                "compose.yaml:1: services.w.ports[0]: must be"))
    }

    @Test("short volumes become long, with paths from the file's directory")
    func volumes() throws {
        let text = """
            volumes: ["./a/../b:/x:ro,z", "/c:/d:rshared", "data:/e:nocopy", "/anon", "~/h:/h"]
            """
        let project = try load(
            "services:\n  w:\n    image: i\n    \(text)\nvolumes: {data: }", environment: ["HOME": "/home/me"])
        let mounts = try #require(project.services["w"]?.mounts)
        #expect(mounts.map(\.source) == ["/p/b", "/c", "data", nil, "/home/me/h"])
        #expect(mounts.map(\.target) == ["/x", "/d", "/e", "/anon", "/h"])
        #expect(mounts.map(\.kind) == [.bind, .bind, .volume, .volume, .bind])
        #expect(mounts[0].isReadOnly && mounts[0].selinux == "z" && mounts[0].createsHostPath)
        #expect(mounts[1].propagation == "rshared" && mounts[2].noCopy)
        #expect(project.volumes["data"]?.name == "p_data")
    }

    @Test("other short forms")
    func shortForms() throws {
        let web = try service(
            """
            command: sh -c "echo $$HOME"
            entrypoint: [a, 1, true]
            environment: [A=1, B=, C, D=x=y]
            labels: {a: 1, b: true, c: }
            dns: 1.1.1.1
            tmpfs: /run
            ulimits: {nofile: 10, core: {soft: 0, hard: -1}}
            healthcheck: {test: "true", interval: 90s, retries: 3}
            devices: ["/dev/fuse", "/dev/a:/dev/b:r", "/dev/c:rw"]
            extra_hosts: ["a=1.1.1.1", "b:[::1]", "a:2.2.2.2"]
            mem_limit: 1.5g
            cpus: "0.5"
            stop_grace_period: 1m30s
            configs: []
            cpu_period: 20ms
            """, environment: ["C": "c"])
        #expect(web.command == ["sh", "-c", "echo $HOME"])
        #expect(web.entrypoint == ["a", "1", "true"])
        #expect(web.environment == ["A": "1", "B": "", "C": "c", "D": "x=y"])
        #expect(web.labels == ["a": "1", "b": "true", "c": ""])
        #expect(web.texts("dns") == ["1.1.1.1"])
        #expect(web.ulimits == ["nofile": .init(soft: 10, hard: 10), "core": .init(soft: 0, hard: -1)])
        #expect(web.healthcheck?.test == ["CMD-SHELL", "true"])
        #expect(web.healthcheck?.interval == 90_000_000_000)
        #expect(web.devices == ["/dev/fuse:/dev/fuse:rwm", "/dev/a:/dev/b:r", "/dev/c:/dev/c:rw"])
        #expect(web.extraHosts == ["a:1.1.1.1", "a:2.2.2.2", "b:::1"])
        #expect(web.limits.memory == 1_610_612_736)
        #expect(web.limits.nanoCPUs == 500_000_000)
        #expect(web.stopGracePeriod == 90_000_000_000)
        #expect(web.number("cpu_period") == 20_000)
    }

    @Test("every error names file, line and path")
    func errors() {
        let cases: [(String, String)] = [
            (
                "services:\n  web:\n    image: i\n    imagee: x",
                "compose.yaml:4: services.web.imagee: unknown field; is image meant?"
            ),
            ("services:\n  web:\n    image: i\n    port: ['80']", "services.web.port: unknown field; is ports meant?"),
            ("service:\n  web: {foo: bar}", "compose.yaml:1: service: unknown field; is services meant?"),
            ("services:\n  web:\n    ports: ['80']", "compose.yaml:2: services.web: neither image nor build"),
            (
                "services:\n  web: {image: i, ports: {a: b}}",
                "compose.yaml:2: services.web.ports: must be a list, not a mapping"
            ),
            ("services:\n  - a", "compose.yaml:2: services: must be a mapping, not a list"),
            ("- a", "compose.yaml:1: a compose file is a mapping"),
            ("", "compose.yaml is empty"), ("x-a: 1", "there are no services"),
            ("services: {}", "there are no services"),
            ("services: {w: {image: [a]}}", "services.w.image: must be a text, not a list"),
            ("services: {w: {image: i, privileged: maybe}}", "must be true or false"),
            ("services: {w: {image: i, scale: x}}", "must be a whole number"),
            ("services: {w: {image: i, oom_score_adj: 2000}}", "2000 is not between -1000 and 1000"),
            ("services: {w: {image: i, mem_limit: lots}}", "must be a size"),
            ("services: {w: {image: i, stop_grace_period: 10}}", "must be a duration"),
            ("services: {w: {image: i, command: \"a 'b\"}}", "is no command line: a closing ' is missing"),
            ("services: {w: {image: i, networks: [n]}}", "\"n\" is not among the networks"),
            ("services: {w: {image: i, volumes: ['v:/v']}}", "services.w.volumes[0]: \"v\" is not among the volumes"),
            ("services: {w: {image: i, volumes: ['v:v']}, v: {image: i}}\nvolumes: {v: }", "must be an absolute path"),
            ("services: {w: {image: i, volumes: ['/a:/b:/c:/d']}}", "must be [SOURCE:]TARGET"),
            ("services: {w: {image: i, volumes: ['/a:/b:zz']}}", "the option \"zz\""),
            ("services: {w: {image: i, secrets: [s]}}", "\"s\" is not among the secrets"),
            ("services: {w: {image: i, configs: [s]}}", "\"s\" is not among the configs"),
            ("services: {w: {image: i, depends_on: [s]}}", "\"s\" is not among the services"),
            ("services: {w: {image: i, depends_on: {w2: {condition: x}}}, w2: {image: i}}", "\"x\" is none of"),
            ("services: {w: {image: i, network_mode: host, networks: [default]}}", "cannot stand together"),
            ("services: {w: {image: i, container_name: c, scale: 2}}", "only one container can have the name c"),
            ("services: {w: {image: i, scale: 2, deploy: {replicas: 3}}}", "leave one of them out"),
            ("services: {w: {image: i, restart: sometimes}}", "none of no, always"),
            ("services: {w: {image: i, healthcheck: {test: [x]}}}", "must begin with NONE, CMD or CMD-SHELL"),
            ("services: {w: {image: i}}\nsecrets: {s: {}}", "one of file, environment, content"),
            (
                "services: {w: {image: i}}\nsecrets: {s: {file: a, content: b}}",
                "file and content cannot stand together"
            ),
            ("services: {w: {image: i}}\nvolumes: {v: {external: true, driver: d}}", "driver cannot be said here"),
            (
                "services: {w: {image: i, env_file: none.env}}",
                "services.w.env_file[0]: the file /p/none.env is not there"
            ),
            ("services: {w: {image: i, extends: {file: no.yaml, service: x}}}", "no such file: no.yaml"),
            ("services: {w: {image: i, extends: x}}", "there is no service \"x\""),
            ("services: {w: {image: i, extends: v}, v: {image: i, extends: w}}", "extends goes round"),
            ("include: [no.yaml]\nservices: {w: {image: i}}", "compose.yaml:1: include: no such file: no.yaml"),
            ("include: [compose.yaml]", "include goes round: compose.yaml → compose.yaml"),
            ("services: {'a b': {image: i}}", "a service's name has"),
            ("name: Foo\nservices: {w: {image: i}}", "compose.yaml:1: name: invalid project name"),
            (
                "services: {w: {image: '${X:?give X}'}}",
                "compose.yaml:1: services.w.image: the variable X must be set: give X"
            ),
            ("services: {w: {image: '${X'}}", "services.w.image: invalid interpolation"),
            ("services: {w: {image: i, environment: [=x]}}", "a name is missing before ="),
            ("services: {w: {image: i, environment: {A: [x]}}}", "services.w.environment.A: must be"),
            ("services: {w: {image: i, ulimits: {nofile: x}}}", "services.w.ulimits.nofile"),
            (
                "services: {w: {image: i, develop: {watch: [{path: .}]}}}",
                "services.w.develop.watch[0]: action is missing"
            ),
            (
                "services: {w: {image: i, configs: [{source: c, mode: 9999}]}}\nconfigs: {c: {content: x}}",
                "must be permissions"
            ),
            ("services: {w: {image: i, ipc: 'service:x'}}", "there is no service \"x\""),
        ]
        for (text, part) in cases {
            let said = complaint(text)
            #expect(said.contains(part), "\(text)\n→ \(said)")
            #expect(!said.contains("\n"), "one line: \(said)")
        }
    }

    @Test("services at the top level: the error shows the fix")
    func oldForm() {
        let said = complaint("web:\n  image: nginx\n  ports: ['80:80']\n")
        #expect(said.contains("compose.yaml:1: web: services stand at the top level"))
        #expect(said.contains("\n  services:\n    web:\n      image: nginx"))
    }

    @Test(
        "circles",
        arguments: [
            "depends_on: [b]", "network_mode: 'service:b'", "links: [b]", "volumes_from: [b]", "pid: 'service:b'",
        ])
    func circles(field: String) {
        let said = complaint("services:\n  a:\n    image: i\n    \(field)\n  b:\n    image: i\n    depends_on: [a]")
        #expect(said.contains("in a circle: "))
    }

    @Test("profiles choose; naming a service enables it and what it needs")
    func profiles() throws {
        let text = """
            services:
              a: {image: i}
              b: {image: i, profiles: [x], depends_on: [c]}
              c: {image: i, profiles: [y]}
            """
        #expect(Set(try load(text).services.keys) == ["a"])
        #expect(Set(try load(["compose.yaml": text], profiles: ["x"]).services.keys) == ["a", "b"])
        #expect(Set(try load(["compose.yaml": text], profiles: ["*"]).services.keys) == ["a", "b", "c"])
        #expect(
            Set(try load(["compose.yaml": text], environment: ["COMPOSE_PROFILES": "y,z"]).services.keys) == ["a", "c"])
        #expect(Set(try load(text).enabling(["b"]).services.keys) == ["a", "b", "c"])
        #expect(throws: ComposeFileError.self) { try load(text).enabling(["none"]) }
    }

    @Test("order follows dependencies")
    func order() throws {
        let project = try load(
            "services: {a: {image: i, depends_on: [z, m]}, z: {image: i}, m: {image: i, network_mode: 'service:z'}}")
        #expect(project.order == ["z", "m", "a"])
        #expect(project.closure(of: ["m"]) == ["z", "m"])
    }

    @Test("the name: option, variable, file, directory")
    func names() throws {
        let files = ["compose.yaml": "name: ${N:-fromfile}\nservices: {w: {image: 'i:${COMPOSE_PROJECT_NAME}'}}"]
        #expect(try load(files, name: "given").name == "given")
        #expect(try load(files, environment: ["COMPOSE_PROJECT_NAME": "env"]).name == "env")
        #expect(try load(files).name == "fromfile")
        #expect(try load(files, environment: ["N": "n"]).services["w"]?.image == "i:n")
        #expect(throws: ComposeFileError.self) { try load(files, name: "Big") }
    }

    @Test(".env is below the environment; env_file below environment")
    func environmentOrder() throws {
        let project = try load(
            [
                "compose.yaml": """
                services:
                  w:
                    image: ${TAG}-${ENVIRON}
                    env_file: [a.env, {path: b.env, required: false}, {path: c.env, format: raw}, {path: no.env, required: false}]
                    environment: {A: own, FROM: , GONE: }
                """,
                ".env": "TAG=one\nENVIRON=file\nFROM=dotenv", "a.env": "A=a\nB=a\nC=${TAG}", "b.env": "B=b",
                "c.env": "R='$x'",
            ], environment: ["ENVIRON": "process"])
        let web = try #require(project.services["w"])
        #expect(web.image == "one-process")
        #expect(web.environment == ["A": "own", "B": "b", "C": "one", "R": "'$x'", "FROM": "dotenv"])
    }

    @Test("hashes follow what containers are made of, and nothing else")
    func hashes() throws {
        func hash(_ body: String, _ rest: String = "") throws -> String {
            let project = try load("services:\n  w: {image: i, \(body)}\n  o: {image: i}\n\(rest)")
            return project.hash(of: try #require(project.services["w"]))
        }
        let base = try hash("environment: {A: 1, B: 2}")
        #expect(try hash("environment: [B=2, A=1]") == base)
        #expect(try hash("environment: {A: 1, B: 2}, scale: 3, depends_on: [o], build: .") == base)
        let deployed = try hash("deploy: {replicas: 2, labels: {a: b}}")
        #expect(try hash("deploy: {replicas: 3, labels: {a: b}}") == deployed)
        #expect(try hash("deploy: {replicas: 2, labels: {a: c}}") != deployed)
        #expect(try hash("environment: {A: 1, B: 3}") != base)
        let one = try hash("configs: [c]", "configs: {c: {content: x}}")
        #expect(try hash("configs: [c]", "configs: {c: {content: y}}") != one)
    }

    @Test(
        "permissions: octal with a leading zero or in quotes",
        arguments: [("0440", "0440"), ("\"0440\"", "0440"), ("\"440\"", "0440"), ("288", "0440"), ("0o440", "0440")])
    func modes(text: String, mode: String) throws {
        let project = try load(
            "services: {w: {image: i, configs: [{source: c, mode: \(text)}]}}\nconfigs: {c: {content: x}}")
        #expect(project.services["w"]?.configs.first?.mode == mode)
    }

    @Test("what is left to the engine, and what stands where nothing is said")
    func defaults() throws {
        let web = try service(
            "ports: [\"0:80\", \"90\"]\nvolumes: [{type: bind, source: /a, target: /a}]\n"
                + "networks: {default: {priority: 1}, other: {priority: 1000, gw_priority: 7}}\n"
                + "deploy: {resources: {limits: {memory: 64m, cpus: 0.5, pids: 9}, reservations: {memory: 32m}}}",
            rest: "networks: {other: }\n")
        #expect(web.ports.map(\.published) == [nil, nil])
        #expect(web.mounts.first?.createsHostPath == true)
        #expect(web.networks.map(\.network) == ["other", "default"] && web.networks.first?.gatewayPriority == 7)
        #expect(web.limits.memory == 64 << 20 && web.limits.nanoCPUs == 500_000_000 && web.limits.pids == 9)
        #expect(web.limits.memoryReservation == 32 << 20)
    }

    @Test(
        "two limits of one thing must agree",
        arguments: [
            ("mem_limit: 64m", "limits: {memory: 65m}"), ("cpus: 1", "limits: {cpus: 2}"),
            ("pids_limit: 1", "limits: {pids: 2}"),
            ("mem_reservation: 1m", "reservations: {memory: 2m}"),
        ])
    func limits(old: String, new: String) throws {
        let text = "services:\n  w:\n    image: i\n    \(old)\n    deploy: {resources: {\(new)}}"
        #expect(
            complaint(text).contains("compose.yaml:4: services.w.\(old.prefix { $0 != ":" }): "), "\(complaint(text))")
        #expect(
            complaint("services: {w: {image: i, mem_limit: 64m, deploy: {resources: {limits: {memory: 64m}}}}}")
                == "no complaint")
    }

    @Test("external objects have their own names, the project's are named after it")
    func objectNames() throws {
        let project = try load(
            "services: {w: {image: i}}\nnetworks: {a: , b: {external: true}, c: {name: d}}\nvolumes: {v: {external: true}, u: }"
        )
        #expect(project.networks.mapValues(\.name) == ["a": "p_a", "b": "b", "c": "d", "default": "p_default"])
        #expect(project.volumes.mapValues(\.name) == ["v": "v", "u": "p_u"])
    }

    @Test("variables that are not set are said once")
    func unset() throws {
        let project = try load("services: {w: {image: 'i$X', hostname: '$X${Y:-}'}}")
        #expect(project.warnings == ["the variable X is not set; it is taken as empty"])
    }

    @Test("the normal form is its own normal form")
    func normalForm() throws {
        let text = """
            services:
              w:
                image: i
                build: {context: ., args: [A=1], additional_contexts: {x: ../y, z: docker-image://q}}
                command: echo "$$HOME" 'a b'
                ports: ["80:80", "1000-2000:81", "[::1]:5:6/udp"]
                volumes: [".:/x:ro", "d:/d", "/t"]
                networks: {n: {aliases: [q]}, default: }
                depends_on: {o: {condition: service_healthy, restart: true}}
                configs: [c, {source: c, target: /c, mode: 0440, uid: 1}]
                secrets: [s]
                env_file: a.env
                deploy: {resources: {limits: {cpus: "0.25", memory: 64m}}, restart_policy: {condition: any}}
                develop: {watch: [{path: ./src, action: sync, target: /src, ignore: node_modules/}]}
                ulimits: {nofile: 5}
                extra_hosts: {a: 1.1.1.1}
                healthcheck: {test: curl x, interval: 5s}
              o: {image: o, profiles: [], sysctls: [a.b=1], blkio_config: {weight: 10}, gpus: all}
            volumes: {d: {driver: local, labels: [a=b]}}
            networks: {n: {internal: yes, ipam: {config: [{subnet: 10.0.0.0/24}]}}, e: {external: true}}
            configs: {c: {content: "x\\n$$y"}}
            secrets: {s: {environment: S}}
            """
        let environment = ["S": "secret"]
        let project = try load(["compose.yaml": text, "a.env": "Q=1"], environment: environment)
        let yaml = project.yaml()
        let again = try load(["compose.yaml": yaml], environment: environment)
        #expect(again.yaml() == yaml)
        #expect(again.services["w"]?.command == ["echo", "$HOME", "a b"])
        #expect(
            project.hash(of: try #require(project.services["w"])) == again.hash(of: try #require(again.services["w"])))
    }
}
