import Testing

@testable import Engine

@Suite("values of options")
struct OptionTextTests {
    @Test("--mount")
    func mount() throws {
        let bind = try MountRequest(
            "type=bind,src=/a/../b,dst=/c,readonly,bind-propagation=rslave,bind-recursive=writable",
            workingDirectory: "/")
        #expect(bind.type == .bind && bind.source == "/b" && bind.target == "/c" && bind.readOnly)
        #expect(bind.bind?.propagation == "rslave" && bind.bind?.readOnlyNonRecursive == true)
        let volume = try MountRequest(
            #"source=data,target=/d,volume-subpath=x/y,"volume-label=a=b,c",volume-nocopy"#, workingDirectory: "/")
        #expect(volume.type == .volume && volume.volume?.labels == ["a": "b,c"] && volume.volume?.noCopy == true)
        let memory = try ContainerMount(
            try MountRequest("type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1770", workingDirectory: "/"))
        #expect(memory.options == ["noexec", "nosuid", "nodev", "size=1048576", "mode=1770"])
        #expect(
            try MountRequest("type=bind,src=./x,dst=/c", workingDirectory: "/home/me").source == "/home/me/x")
        #expect(
            try MountRequest("type=bind,src=/x,dst=/c,idmap=uids=0-1000-1;gids=0-1000-1", workingDirectory: "/")
                .bind?.uidMappings == "0-1000-1")
    }

    @Test(
        "--mount that is wrong",
        arguments: [
            ("type=nope,dst=/a", "mount type unknown: nope"),
            ("type=bind,src=/a", "target is required"),
            ("type=bind,dst=/a", "source is required"),
            ("type=bind,src=a,dst=/a", "invalid mount path: 'a' mount path must be absolute"),
            ("type=bind,src=/a,dst=/b,x=y", "unexpected key 'x' in 'x=y'"),
            ("type=bind,src=/a,dst=/b,x", "invalid field 'x' must be a key=value pair"),
            ("type=bind,src=/a,dst=/b,volume-nocopy", "cannot mix 'volume-*' options with mount type 'bind'"),
            ("type=tmpfs,dst=/b,readonly=maybe", "invalid value for readonly: maybe"),
            ("type=tmpfs,dst=/b,tmpfs-mode=9", "invalid value for tmpfs-mode: 9"),
            (
                "type=bind,src=/a,dst=/b,bind-recursive=readonly",
                "option 'bind-recursive' requires 'readonly' to be specified in conjunction"
            ),
            (#"type=bind,"src=/a"#, "a quote is not closed"),
            ("type=bind,src=/a,dst=/b,idmap=uids=0-1", "invalid range of owners: 0-1"),
        ])
    func badMount(text: String, message: String) {
        #expect(throws: EngineError(.invalidInput, message)) { try MountRequest(text, workingDirectory: "/") }
    }

    @Test("places that a mount does not get", arguments: ["/", "/proc", "/dev/null", "relative", "/sys/x"])
    func badTargets(target: String) {
        for kind in ["tmpfs", "volume,src=data"] {
            #expect(throws: EngineError.self) {
                try ContainerMount(try MountRequest("type=\(kind),dst=\(target)", workingDirectory: "/"))
            }
        }
    }

    @Test("subpaths stay below", arguments: ["../x", "/x", "a/../../x", "a\n"])
    func subpaths(path: String) {
        var request = MountRequest()
        (request.source, request.target) = ("data", "/d")
        request.volume = .init()
        request.volume?.subpath = path
        #expect(throws: EngineError.self) { try ContainerMount(request) }
    }

    @Test("devices")
    func devices() throws {
        let all = try DeviceMapping("/dev/fuse")
        #expect(all.pathInContainer == "/dev/fuse" && all.cgroupPermissions == "rwm")
        #expect(try DeviceMapping("/dev/fuse:r").cgroupPermissions == "r")
        let moved = try DeviceMapping("/dev/fuse:/dev/x:rw")
        #expect(moved.pathInContainer == "/dev/x" && moved.cgroupPermissions == "rw")
        for bad in ["", "fuse", "/dev/a:b", "/dev/a:/b:x", "/dev/a:/b:rw:w", "/dev/../../x:rr"] {
            #expect(throws: EngineError.self) { try DeviceMapping(bad) }
        }
        let rule = try DeviceRule("c 10:* rw")
        #expect(rule.isBlock == false && rule.major == 10 && rule.minor == nil && rule.access == "rw")
        for bad in ["", "c 1:3", "d 1:3 r", "c 1 r", "c -1:3 r", "c 1:3 x", "c 1:3 rwmm"] {
            #expect(throws: EngineError.self) { try DeviceRule(bad) }
        }
        #expect(try ThrottleDevice("/dev/sda:1mb", inBytes: true).rate == 1 << 20)
        #expect(throws: EngineError.self) { try ThrottleDevice("/dev/sda:1mb", inBytes: false) }
        #expect(throws: EngineError.self) { try WeightDevice("/dev/sda:5") }
        #expect(throws: EngineError.self) { try WeightDevice("/tmp/x:50") }
    }

    @Test("times in Go's way")
    func durations() throws {
        #expect(try GoDuration.nanoseconds("1m30s") == 90_000_000_000)
        #expect(try GoDuration.nanoseconds("1.5ms") == 1_500_000)
        #expect(try GoDuration.nanoseconds("-2h") == -7_200_000_000_000)
        #expect(try GoDuration.nanoseconds("0") == 0)
        for bad in ["", "1", "x", "1y", ".s", "9999999999h"] {
            #expect(throws: EngineError.self) { try GoDuration.nanoseconds(bad) }
        }
    }

    @Test("restart policies")
    func restart() throws {
        #expect(try HostConfiguration.RestartPolicy("on-failure:3").maximumRetryCount == 3)
        #expect(try !HostConfiguration.RestartPolicy("no").isActive)
        for bad in ["sometimes", "always:3", "on-failure:x", "on-failure:-1", "on-failure:1:2"] {
            #expect(throws: EngineError.self) { try HostConfiguration.RestartPolicy(bad) }
        }
    }

    @Test("kernel parameters of the container's own namespaces, and no others")
    func sysctls() throws {
        #expect(try SysctlSetting("net.ipv4.ip_forward=1").isForNetwork)
        #expect(try !SysctlSetting("kernel.shmmax=1").isForNetwork)
        for bad in [
            "", "kernel.hostname=x", "kernel.core_pattern=|/x", "vm.swappiness=1", "net.ipv4.ip_forward",
            "net/../kernel/core_pattern=x", "net.a=b\nkernel.x=y", "user.max_user_namespaces=1",
        ] {
            #expect(throws: EngineError.self) { try SysctlSetting(bad) }
        }
    }

    @Test("modes of namespaces")
    func modes() throws {
        #expect(try NamespaceMode("container:db", .pid) == .container("db"))
        #expect(try NamespaceMode("shareable", .ipc) == .shareable)
        for (text, kind) in [
            ("shareable", NamespaceMode.Kind.pid), ("none", .uts), ("container:", .pid), ("container", .ipc),
            ("nope", .cgroup), ("private", .user),
        ] {
            #expect(throws: EngineError.self) { try NamespaceMode(text, kind) }
        }
    }
}
