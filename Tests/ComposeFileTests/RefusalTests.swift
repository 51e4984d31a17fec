import ComposeFile
import Testing

/// What the specification has and Brig does not: said where it stands, before anything is done.
@Suite("Fields that are not carried out")
struct RefusalTests {
    private static let cases: [(fields: String, rest: String, place: String)] = [
        ("gpus: all", "", "compose.yaml:4: services.w.gpus: is not supported"),
        ("provider: {type: x}", "", "services.w.provider: "),
        ("models: [m]", "models: {m: {model: x}}", "services.w.models: "),
        ("credential_spec: {file: f}", "", "services.w.credential_spec: "),
        ("use_api_socket: true", "", "services.w.use_api_socket: "),
        ("storage_opt: {size: 1g}", "", "compose.yaml:4: services.w.storage_opt: "),
        ("isolation: hyperv", "", "services.w.isolation: is for Windows"),
        ("cpu_count: 2", "", "services.w.cpu_count: "), ("cpu_percent: 50", "", "services.w.cpu_percent: "),
        (
            "deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}", "",
            "services.w.deploy.resources.reservations.devices: "
        ),
        (
            "deploy: {resources: {reservations: {generic_resources: [{discrete_resource_spec: {kind: g, value: 1}}]}}}",
            "",
            "services.w.deploy.resources.reservations.generic_resources: needs a swarm"
        ),
        ("networks: {n: {interface_name: eth7}}", "networks: {n: }", "services.w.networks.n.interface_name: "),
        ("networks: {n: {link_local_ips: [1.2.3.4]}}", "networks: {n: }", "services.w.networks.n.link_local_ips: "),
        ("networks: {n: {driver_opts: {a: b}}}", "networks: {n: }", "services.w.networks.n.driver_opts: "),
        ("networks: [n]", "networks: {n: {enable_ipv4: false}}", "compose.yaml:5: networks.n.enable_ipv4: "),
        ("networks: [n]", "networks: {n: {ipam: {driver: other}}}", "networks.n.ipam.driver: "),
        ("networks: [n]", "networks: {n: {ipam: {options: {a: b}}}}", "networks.n.ipam.options: "),
        ("volumes: ['v:/v']", "volumes: {v: {driver: nfs}}", "compose.yaml:5: volumes.v.driver: "),
        ("configs: [c]", "configs: {c: {external: true}}", "compose.yaml:5: configs.c.external: "),
        ("secrets: [s]", "secrets: {s: {external: true}}", "secrets.s.external: "),
        ("secrets: [s]", "secrets: {s: {file: /f, driver: d}}", "secrets.s.driver: needs a swarm"),
        ("configs: [c]", "configs: {c: {file: /f, template_driver: golang}}", "configs.c.template_driver: "),
    ]

    @Test("each is refused with its place", arguments: cases)
    func refused(fields: String, rest: String, place: String) throws {
        let project = try load("services:\n  w:\n    image: i\n    \(fields)\n\(rest)")
        let said = project.refusal(of: ["w"])?.description ?? "nothing"
        #expect(said.contains(place), "\(said)")
        #expect(said.hasPrefix("compose.yaml:"), "\(said)")
        // Others can be run, and `config` shows everything.
        #expect(project.refusal(of: []) == nil && !project.yaml().isEmpty)
    }

    @Test(
        "what asks for nothing is no reason",
        arguments: [
            "gpus: []", "use_api_socket: false", "storage_opt: {}", "isolation: default", "cpu_count: 0",
            "networks: {default: {priority: 3, gw_priority: 2}}", "external_links: [a]", "blkio_config: {weight: 10}",
        ])
    func taken(fields: String) throws {
        #expect(try load("services:\n  w:\n    image: i\n    \(fields)").refusal(of: ["w"]) == nil)
    }

    @Test("what is a swarm's does nothing, and that is said")
    func idle() throws {
        let project = try load(
            """
            services:
              w:
                image: i
                deploy:
                  mode: global
                  placement: {constraints: [node.role == manager]}
                  update_config: {parallelism: 2}
                  rollback_config: {parallelism: 2}
                  endpoint_mode: vip
                  restart_policy: {condition: any, delay: 5s, window: 10s}
                  resources: {reservations: {cpus: 0.5, memory: 10m}}
              v: {image: i, deploy: {mode: replicated, replicas: 2}}
            """)
        let said = project.idleFields(of: ["v", "w"])
        #expect(said.count == 8, "\(said)")
        #expect(said.contains { $0.hasPrefix("compose.yaml:6: services.w.deploy.placement does nothing") }, "\(said)")
    }

    @Test(
        "pull policies",
        arguments: [
            ("always", Service.PullPolicy.always), ("never", .never), ("missing", .missing),
            ("if_not_present", .missing),
            ("build", .build), ("daily", .after(86_400_000_000_000)), ("weekly", .after(604_800_000_000_000)),
            ("every_1h30m", .after(5_400_000_000_000)), ("every_2d", .after(172_800_000_000_000)),
        ])
    func policies(text: String, policy: Service.PullPolicy) throws {
        #expect(try service("pull_policy: \(text)").pullPolicy == policy)
    }

    @Test("other words are no pull policy", arguments: ["sometimes", "every_", "every_x", "refresh", "Always"])
    func noPolicies(text: String) {
        #expect(
            complaint("services:\n  w:\n    image: i\n    pull_policy: \(text)").contains(
                "compose.yaml:4: services.w.pull_policy: \"\(text)\" is none of always"))
    }

    @Test(
        "watch rules that cannot work",
        arguments: [
            ("action: rebuild", "rebuild needs build"), ("action: sync", "sync needs target"),
            ("action: sync+restart", "sync+restart needs target"),
            ("action: sync+exec, target: /t", "sync+exec needs exec"),
        ])
    func watches(rule: String, message: String) {
        #expect(
            complaint("services:\n  w:\n    image: i\n    develop: {watch: [{path: ., \(rule)}]}").contains(
                "compose.yaml:4: services.w.develop.watch[0]: \(message)"))
    }
}
