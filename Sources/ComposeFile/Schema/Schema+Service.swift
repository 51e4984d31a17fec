extension Schema {
    static let service = Shape.fields(
        process.merging(kernel) { one, _ in one }.merging(surroundings) { one, _ in one })

    /// What runs, and when.
    private static let process: [String: Shape] = [
        "image": .text, "build": build, "command": .command, "entrypoint": .command, "working_dir": .text,
        "user": .text, "group_add": .texts, "environment": .keyValues,
        "env_file": .short(
            .envFile,
            .list(
                .fields(["path": .path, "required": .bool, "format": .choice(["raw"])], required: ["path"]),
                .allOf(["path"]))),
        "stdin_open": .bool, "tty": .bool, "init": .bool, "attach": .bool, "scale": .count, "restart": .text,
        "stop_signal": .text, "stop_grace_period": .duration, "profiles": .texts, "labels": .keyValues,
        "label_file": .short(.textOrList, .list(.path, .value)), "annotations": .keyValues,
        "container_name": .text, "platform": .text, "pull_policy": .text, "pull_refresh_after": .text,
        "runtime": .text, "healthcheck": healthcheck,
        "depends_on": .short(
            .dependsOn,
            .map(
                .fields([
                    "condition": .choice([
                        "service_started", "service_healthy", "service_completed_successfully",
                    ]), "restart": .bool, "required": .bool,
                ]))),
        "deploy": deploy, "develop": develop, "extends": .replaced(extends), "post_start": .list(hook, .none),
        "pre_stop": .list(hook, .none),
        "provider": .fields(["type": .text, "options": .any], required: ["type"]),
        "models": .any, "use_api_socket": .bool,
    ]

    private static let rate = Shape.list(
        .fields(["path": .text, "rate": .size], required: ["path", "rate"]), .allOf(["path"]))

    /// What the kernel is told about it.
    private static let kernel: [String: Shape] = [
        "blkio_config": .fields([
            "device_read_bps": rate, "device_read_iops": rate, "device_write_bps": rate, "device_write_iops": rate,
            "weight": .integer,
            "weight_device": .list(
                .fields(["path": .text, "weight": .integer], required: ["path", "weight"]), .allOf(["path"])),
        ]),
        "cap_add": .texts, "cap_drop": .texts, "cgroup": .choice(["host", "private"]), "cgroup_parent": .text,
        "cpu_count": .count, "cpu_percent": .number, "cpu_period": .short(.throttle, .integer),
        "cpu_quota": .short(.throttle, .integer), "cpu_rt_period": .short(.throttle, .integer),
        "cpu_rt_runtime": .short(.throttle, .integer), "cpu_shares": .integer, "cpus": .number, "cpuset": .text,
        "credential_spec": .fields(["config": .text, "file": .text, "registry": .text]),
        "device_cgroup_rules": .texts,
        "devices": .list(
            .short(
                .device, .fields(["source": .text, "target": .text, "permissions": .text], required: ["source"])),
            .firstOf(["target", "source"])),
        "gpus": .short(.gpus, .list(.any, .none)), "ipc": .text, "isolation": .text, "mem_limit": .size,
        "mem_reservation": .size, "mem_swappiness": .integer(0...100), "memswap_limit": .size,
        "oom_kill_disable": .bool, "oom_score_adj": .integer(-1000...1000), "pid": .text, "pids_limit": .integer,
        "privileged": .bool, "read_only": .bool, "security_opt": .texts, "shm_size": .size,
        "storage_opt": .map(.text), "sysctls": .keyValues, "ulimits": ulimits, "userns_mode": .text, "uts": .text,
    ]

    static let mount = Shape.short(
        .mount,
        .fields(
            [
                "type": .choice(["bind", "volume", "tmpfs", "cluster", "npipe", "image"]), "source": .text,
                "target": .text, "read_only": .bool, "consistency": .text,
                "bind": .fields([
                    "propagation": .text, "create_host_path": .bool, "selinux": .choice(["z", "Z"]),
                    "recursive": .choice(["enabled", "disabled", "writable", "readonly"]),
                ]),
                "volume": .fields(["nocopy": .bool, "subpath": .text, "labels": .keyValues]),
                "tmpfs": .fields(["size": .size, "mode": .mode]), "image": .fields(["subpath": .text]),
            ], required: ["type", "target"]))

    static let port = Shape.fields(
        [
            "name": .text, "mode": .text, "host_ip": .text, "target": .integer(1...65535), "published": .text,
            "protocol": .text, "app_protocol": .text,
        ], required: ["target"])

    /// Networks, mounts and what else it sees.
    private static let surroundings: [String: Shape] = [
        "ports": .short(.ports, .list(port, .allOf(["host_ip", "target", "published", "protocol"]))),
        "expose": .texts, "hostname": .text, "domainname": .text, "dns": .textOrTexts, "dns_opt": .texts,
        "dns_search": .textOrTexts, "extra_hosts": .short(.hosts, .map(.texts)), "links": .texts,
        "external_links": .texts, "mac_address": .text, "network_mode": .text,
        "networks": .short(
            .networks,
            .map(
                .fields([
                    "aliases": .texts, "interface_name": .text, "ipv4_address": .text, "ipv6_address": .text,
                    "link_local_ips": .texts, "mac_address": .text, "driver_opts": .map(.text), "priority": .number,
                    "gw_priority": .number,
                ]))),
        "volumes": .list(mount, .allOf(["target"])), "volumes_from": .texts, "tmpfs": .textOrTexts,
        "configs": .list(grant, .firstOf(["target", "source"])),
        "secrets": .list(grant, .firstOf(["target", "source"])),
        "logging": .driver(.fields(["driver": .text, "options": .map(.text)])),
    ]
}
