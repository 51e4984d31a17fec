/// The compose specification, every field of it.
///
/// Source: compose specification and its JSON schema, as of 2025.
enum Schema {
    static let file = Shape.fields([
        "version": .text,
        "name": .text,
        "include": .replaced(.list(.short(.include, include), .none)),
        "services": .map(service),
        "networks": .map(network),
        "volumes": .map(volume),
        "configs": .map(config),
        "secrets": .map(config),
        "models": .map(model),
    ])

    private static let include = Shape.fields(
        ["path": .textOrTexts, "project_directory": .text, "env_file": .textOrTexts], required: ["path"])

    private static let model = Shape.fields(
        ["name": .text, "model": .text, "context_size": .count, "runtime_flags": .texts], required: ["model"])

    private static let external = Shape.short(.externalFlag, .fields(["external": .bool, "name": .text]))

    static let network = Shape.fields([
        "name": .text, "driver": .text, "driver_opts": .map(.text), "attachable": .bool, "enable_ipv4": .bool,
        "enable_ipv6": .bool, "external": external, "internal": .bool, "labels": .keyValues,
        "ipam": .fields([
            "driver": .text, "options": .map(.text),
            "config": .list(
                .fields(["subnet": .text, "ip_range": .text, "gateway": .text, "aux_addresses": .map(.text)]),
                .allOf(["subnet"])),
        ]),
    ])

    static let volume = Shape.fields([
        "name": .text, "driver": .text, "driver_opts": .map(.text), "external": external, "labels": .keyValues,
    ])

    static let config = Shape.fields([
        "name": .text, "file": .path, "environment": .text, "content": .text, "external": external,
        "labels": .keyValues, "driver": .text, "driver_opts": .map(.text), "template_driver": .text,
    ])

    static let grant = Shape.short(
        .grant,
        .fields(["source": .text, "target": .text, "uid": .text, "gid": .text, "mode": .mode], required: ["source"]))

    static let ulimits = Shape.map(
        .short(.ulimit, .fields(["soft": .integer, "hard": .integer], required: ["soft", "hard"])))

    static let extends = Shape.short(.extends, .fields(["service": .text, "file": .text], required: ["service"]))

    static let build = Shape.short(
        .build,
        .fields([
            "context": .text, "dockerfile": .text, "dockerfile_inline": .text, "entitlements": .texts,
            "args": .keyValues, "ssh": .keyValues, "labels": .keyValues, "cache_from": .texts, "cache_to": .texts,
            "no_cache": .bool, "no_cache_filter": .textOrTexts, "additional_contexts": .keyValues, "network": .text,
            "provenance": .text, "sbom": .text, "pull": .bool, "target": .text, "shm_size": .size,
            "extra_hosts": .short(.hosts, .map(.texts)), "isolation": .text, "privileged": .bool,
            "secrets": .list(grant, .firstOf(["target", "source"])), "tags": .texts, "ulimits": ulimits,
            "platforms": .texts,
        ]))

    static let restartPolicy = Shape.fields([
        "condition": .choice(["none", "on-failure", "any"]), "delay": .duration, "max_attempts": .count,
        "window": .duration,
    ])

    private static let reservedDevice = Shape.fields(
        [
            "capabilities": .texts, "count": .text, "device_ids": .texts, "driver": .text, "options": .keyValues,
        ], required: ["capabilities"])

    private static let updateConfig = Shape.fields([
        "parallelism": .count, "delay": .duration, "failure_action": .text, "monitor": .duration,
        "max_failure_ratio": .number, "order": .choice(["start-first", "stop-first"]),
    ])

    static let deploy = Shape.fields([
        "mode": .choice(["replicated", "global", "replicated-job", "global-job"]),
        "endpoint_mode": .choice(["vip", "dnsrr"]), "replicas": .count, "labels": .keyValues,
        "rollback_config": updateConfig, "update_config": updateConfig, "restart_policy": restartPolicy,
        "resources": .fields([
            "limits": .fields(["cpus": .number, "memory": .size, "pids": .integer]),
            "reservations": .fields([
                "cpus": .number, "memory": .size, "devices": .list(reservedDevice, .none),
                "generic_resources": .list(
                    .fields(["discrete_resource_spec": .fields(["kind": .text, "value": .number])]), .none),
            ]),
        ]),
        "placement": .fields([
            "constraints": .texts, "preferences": .list(.fields(["spread": .text]), .none),
            "max_replicas_per_node": .count,
        ]),
    ])

    static let healthcheck = Shape.fields([
        "disable": .bool, "interval": .duration, "retries": .count,
        "test": .replaced(.short(.healthTest, .list(.text, .none))),
        "timeout": .duration, "start_period": .duration, "start_interval": .duration,
    ])

    static let hook = Shape.fields(
        [
            "command": .command, "user": .text, "privileged": .bool, "working_dir": .text, "environment": .keyValues,
        ], required: ["command"])

    static let develop = Shape.fields([
        "watch": .list(
            .fields(
                [
                    "path": .path, "target": .text, "ignore": .textOrTexts, "include": .textOrTexts,
                    "initial_sync": .bool, "exec": hook,
                    "action": .choice(["rebuild", "sync", "restart", "sync+restart", "sync+exec"]),
                ], required: ["path", "action"]), .none)
    ])
}
