import OCISpec
import Testing

/// A change to a document and the problem that it makes.
struct Wrong: Sendable, CustomTestStringConvertible {
    let path: String
    let value: JSONValue?
    let message: String

    init(_ path: String, _ value: JSONValue?, _ message: String) {
        self.path = path
        self.value = value
        self.message = message
    }

    var testDescription: String { message }

    func expect() throws {
        let config = try RuntimeConfig(json: try Corpus.json("full").setting(path, value))
        let error = #expect(throws: SpecError.self) { try config.validate() }
        #expect(error?.description == message)
    }
}

struct ValidationTests {
    @Test(
        "the document itself",
        arguments: [
            Wrong("ociVersion", "1.0", #"ociVersion: "1.0" is not a version 1 of the specification"#),
            Wrong("ociVersion", "2.0.0", #"ociVersion: "2.0.0" is not a version 1 of the specification"#),
            Wrong("root", nil, "root: missing"),
            Wrong("root.path", "", "root.path: must not be empty"),
            Wrong("annotations", ["": "x"], "annotations: a key is empty"),
            Wrong("linux.namespaces[4]", ["type": "pid"], "linux.namespaces[4].type: pid is given twice"),
            Wrong(
                "hostname", .string(String(repeating: "h", count: 65)),
                "hostname: has 65 bytes, at most 64 are possible"),
            Wrong("mounts[0].destination", "", "mounts[0].destination: must not be empty"),
            Wrong(
                "mounts[2].gidMappings", nil,
                "mounts[2].gidMappings: missing, uidMappings and gidMappings come together"),
            Wrong(
                "mounts[2].uidMappings[0].hostID", .integer(0xFFFF_FFFF),
                "mounts[2].uidMappings[0]: reaches beyond the last id, 4294967295"),
            Wrong("hooks.prestart[0].path", "bin/x", #"hooks.prestart[0].path: "bin/x" is not an absolute path"#),
            Wrong("hooks.poststop[0].timeout", 0, "hooks.poststop[0].timeout: 0 is not above 0"),
            Wrong("hooks.poststop[0].env[0]", "X", #"hooks.poststop[0].env[0]: "X" is not NAME=value"#),
        ])
    func document(wrong: Wrong) throws { try wrong.expect() }

    @Test(
        "the process",
        arguments: [
            Wrong("process.cwd", "", #"process.cwd: "" is not an absolute path"#),
            Wrong("process.cwd", "work", #"process.cwd: "work" is not an absolute path"#),
            Wrong("process.args", [], "process.args: must not be empty"),
            Wrong("process.env[1]", "PATH", #"process.env[1]: "PATH" is not NAME=value"#),
            Wrong("process.env[1]", "=x", #"process.env[1]: "=x" has no name before '='"#),
            Wrong("process.user.uid", .integer(0xFFFF_FFFF), "process.user.uid: 4294967295 is not an id"),
            Wrong(
                "process.user.additionalGids[1]", .integer(0xFFFF_FFFF),
                "process.user.additionalGids[1]: 4294967295 is not an id"),
            Wrong("process.user.umask", 512, "process.user.umask: 512 is above 511 (octal 777)"),
            Wrong("process.consoleSize.width", 65536, "process.consoleSize.width: 65536 is not from 0 to 65535"),
            Wrong("process.rlimits[1].type", "RLIMIT_NOFILE", "process.rlimits[1].type: RLIMIT_NOFILE is given twice"),
            Wrong("process.rlimits[0].soft", 1025, "process.rlimits[0].soft: 1025 is above the hard limit, 1024"),
            Wrong("process.oomScoreAdj", 1001, "process.oomScoreAdj: 1001 is not from -1000 to 1000"),
            Wrong("process.apparmorProfile", "a\nb", #"process.apparmorProfile: "a\nb" contains a control character"#),
            Wrong(
                "process.scheduler.policy", "SCHED_ISO", "process.scheduler.policy: SCHED_ISO is not supported by Linux"
            ),
            Wrong(
                "process.scheduler.policy", "SCHED_OTHER", "process.scheduler.runtime: needs the policy SCHED_DEADLINE"),
            Wrong("process.scheduler", ["policy": "SCHED_FIFO"], "process.scheduler.priority: 0 is not from 1 to 99"),
            Wrong(
                "process.scheduler", ["policy": "SCHED_BATCH", "nice": 20],
                "process.scheduler.nice: 20 is not from -20 to 19"),
            Wrong(
                "process.scheduler", ["policy": "SCHED_OTHER", "priority": 1],
                "process.scheduler.priority: needs the policy SCHED_FIFO or SCHED_RR"),
            Wrong(
                "process.scheduler", ["policy": "SCHED_DEADLINE"],
                "process.scheduler.runtime: missing, SCHED_DEADLINE needs it"),
            Wrong("process.ioPriority.priority", 8, "process.ioPriority.priority: 8 is not from 0 to 7"),
            Wrong(
                "process.execCPUAffinity.final", "3-1",
                #"process.execCPUAffinity.final: "3-1" is not a list such as 0-3,7"#),
        ])
    func process(wrong: Wrong) throws { try wrong.expect() }

    @Test(
        "namespaces and what needs them",
        arguments: [
            Wrong("linux.namespaces[0].path", "a", #"linux.namespaces[0].path: "a" is not an absolute path"#),
            Wrong("linux.uidMappings", nil, "linux.uidMappings: missing, a new user namespace needs them"),
            Wrong("linux.uidMappings[0].size", 0, "linux.uidMappings[0].size: must not be 0"),
            Wrong(
                "linux.uidMappings[1]", ["containerID": 31999, "hostID": 90000, "size": 1],
                "linux.uidMappings[1]: overlaps with an earlier one"),
            Wrong(
                "linux.gidMappings[1]", ["containerID": 40000, "hostID": 1005, "size": 1],
                "linux.gidMappings[1]: overlaps with an earlier one"),
            Wrong(
                "linux.namespaces", [["type": "mount"]], "linux.uidMappings: needs a user namespace in linux.namespaces"
            ),
            Wrong(
                "linux.namespaces", [["type": "user"]], "linux.timeOffsets: needs a time namespace in linux.namespaces"),
            Wrong(
                "linux.namespaces", [["type": "user"], ["type": "time"]],
                "linux.netDevices: needs a network namespace in linux.namespaces"),
            Wrong(
                "linux.namespaces", [["type": "user"], ["type": "time"], ["type": "network"]],
                "linux.maskedPaths: needs a mount namespace in linux.namespaces"),
            Wrong(
                "linux.namespaces", [["type": "user"], ["type": "time"], ["type": "network"], ["type": "mount"]],
                "hostname: needs a uts namespace in linux.namespaces"),
            Wrong(
                "linux.namespaces",
                [["type": "user"], ["type": "time"], ["type": "network"], ["type": "mount"], ["type": "uts"]],
                #"linux.sysctl["kernel.msgmax"]: needs a namespace of the type ipc in linux.namespaces"#),
            Wrong(
                "linux.namespaces[7].path", "/proc/1/ns/time",
                "linux.timeOffsets: the clocks of a time namespace that is joined cannot be changed"),
            Wrong(
                "linux.timeOffsets", ["realtime": [:]], #"linux.timeOffsets["realtime"]: not a clock with an offset"#),
            Wrong(
                "linux.timeOffsets.boottime.nanosecs", 1_000_000_000,
                #"linux.timeOffsets["boottime"]: 1000000000 nanoseconds are a second or more"#),
            Wrong(
                "linux.netDevices", ["a/b": [:]], #"linux.netDevices["a/b"]: not the name of a network interface"#),
            Wrong(
                "linux.netDevices.eth1.name", "sixteen-letters-",
                #"linux.netDevices["eth1"].name: "sixteen-letters-" cannot name a network interface"#),
            Wrong("linux.maskedPaths[0]", "proc", #"linux.maskedPaths[0]: "proc" is not an absolute path"#),
            Wrong("linux.readonlyPaths[0]", "", #"linux.readonlyPaths[0]: "" is not an absolute path"#),
        ])
    func namespaces(wrong: Wrong) throws { try wrong.expect() }

    @Test(
        "resources and devices",
        arguments: [
            Wrong("linux.cgroupsPath", "/a/../../b", #"linux.cgroupsPath: "/a/../../b" contains '..'"#),
            Wrong("linux.cgroupsPath", "..", #"linux.cgroupsPath: ".." contains '..'"#),
            Wrong("linux.devices[0].path", "dev/x", #"linux.devices[0].path: "dev/x" is not an absolute path"#),
            Wrong("linux.devices[0].major", 4096, "linux.devices[0].major: 4096 is not from 0 to 4095"),
            Wrong("linux.devices[0].minor", -1, "linux.devices[0].minor: -1 is not from 0 to 1048575"),
            Wrong(
                "linux.resources.devices[0].access", "rx",
                #"linux.resources.devices[0].access: "rx" is not made of r, w and m"#),
            Wrong(
                "linux.resources.devices[1].minor", -2, "linux.resources.devices[1].minor: -2 is not from -1 to 1048575"
            ),
            Wrong(
                "linux.resources.memory.swappiness", 101, "linux.resources.memory.swappiness: 101 is not from 0 to 100"),
            Wrong(
                "linux.resources.memory.swap", 1,
                "linux.resources.memory.swap: 1 is below the limit of memory alone, 536870912"),
            Wrong("linux.resources.cpu.burst", 1_000_001, "linux.resources.cpu.burst: 1000001 is above quota, 1000000"),
            Wrong("linux.resources.cpu.cpus", "0-", #"linux.resources.cpu.cpus: "0-" is not a list such as 0-3,7"#),
            Wrong("linux.resources.cpu.idle", 2, "linux.resources.cpu.idle: 2 is not from 0 to 1"),
            Wrong("linux.resources.blockIO.weight", 9, "linux.resources.blockIO.weight: 9 is not from 10 to 1000"),
            Wrong(
                "linux.resources.blockIO.weightDevice[0]", ["major": 1, "minor": 2],
                "linux.resources.blockIO.weightDevice[0].weight: weight or leafWeight must be given"),
            Wrong(
                "linux.resources.hugepageLimits[0].pageSize", "../2MB",
                #"linux.resources.hugepageLimits[0].pageSize: "../2MB" is not a size such as 2MB"#),
            Wrong(
                "linux.resources.network.priorities[0].name", "eth0 5",
                #"linux.resources.network.priorities[0].name: "eth0 5" cannot name a network interface"#),
            Wrong("linux.resources.rdma", ["a b": [:]], #"linux.resources.rdma["a b"]: not the name of a device"#),
            Wrong(
                "linux.resources.rdma", ["a": [:]],
                #"linux.resources.rdma["a"]: hcaHandles or hcaObjects must be given"#),
            Wrong(
                "linux.resources.unified", ["../memory.max": "1"],
                #"linux.resources.unified["../memory.max"]: "../memory.max" is not a file name"#),
            Wrong(
                "linux.resources.unified", ["memory": "1"],
                #"linux.resources.unified["memory"]: not the name of a file of a controller, such as memory.max"#),
            Wrong("linux.intelRdt.closID", "..", #"linux.intelRdt.closID: ".." is not a file name"#),
            Wrong("linux.intelRdt.closID", "a/b", #"linux.intelRdt.closID: "a/b" is not a file name"#),
            Wrong("linux.intelRdt.memBwSchema", "L3:", #"linux.intelRdt.memBwSchema: "L3:" does not begin with MB:"#),
            Wrong(
                "linux.intelRdt.schemata[0]", "a\nb",
                #"linux.intelRdt.schemata[0]: "a\nb" contains a control character"#),
            Wrong("linux.memoryPolicy.nodes", nil, "linux.memoryPolicy.nodes: missing, MPOL_INTERLEAVE needs them"),
            Wrong(
                "linux.memoryPolicy.mode", "MPOL_LOCAL", "linux.memoryPolicy.nodes: must not be given with MPOL_LOCAL"),
        ])
    func resources(wrong: Wrong) throws { try wrong.expect() }

    @Test(
        "seccomp",
        arguments: [
            Wrong(
                "linux.seccomp.defaultAction", "SCMP_ACT_ALLOW",
                "linux.seccomp.defaultErrnoRet: SCMP_ACT_ALLOW has no error number"),
            Wrong(
                "linux.seccomp", ["defaultAction": "SCMP_ACT_NOTIFY"],
                "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be the default"),
            Wrong(
                "linux.seccomp.defaultErrnoRet", 65536, "linux.seccomp.defaultErrnoRet: 65536 is not from 0 to 65535"),
            Wrong("linux.seccomp.listenerPath", nil, "linux.seccomp.listenerMetadata: needs listenerPath"),
            Wrong("linux.seccomp.syscalls[0].names", [], "linux.seccomp.syscalls[0].names: must not be empty"),
            Wrong(
                "linux.seccomp.syscalls[0].errnoRet", 1,
                "linux.seccomp.syscalls[0].errnoRet: SCMP_ACT_ALLOW has no error number"),
            Wrong(
                "linux.seccomp.syscalls[1].args[1].index", 6,
                "linux.seccomp.syscalls[1].args[1].index: 6 is not from 0 to 5"),
            Wrong(
                "linux.seccomp",
                ["defaultAction": "SCMP_ACT_ALLOW", "syscalls": [["names": ["a"], "action": "SCMP_ACT_NOTIFY"]]],
                "linux.seccomp.syscalls[0].action: SCMP_ACT_NOTIFY needs listenerPath"),
        ])
    func seccomp(wrong: Wrong) throws { try wrong.expect() }

    @Test(
        "sysctls",
        arguments: [
            Wrong(
                "linux.sysctl", ["kernel.core_pattern": "x"],
                "kernel.core_pattern|shared with the host, not part of a namespace"),
            Wrong(
                "linux.sysctl", ["vm.swappiness": "1"], "vm.swappiness|shared with the host, not part of a namespace"),
            Wrong("linux.sysctl", ["net": "1"], "net|shared with the host, not part of a namespace"),
            Wrong("linux.sysctl", ["net/../kernel/x": "1"], "net/../kernel/x|not the name of a kernel parameter"),
            Wrong("linux.sysctl", ["net.ipv4./.x": "1"], "net.ipv4./.x|not the name of a kernel parameter"),
            Wrong("linux.sysctl", ["net..x": "1"], "net..x|not the name of a kernel parameter"),
            Wrong("linux.sysctl", ["/net/x": "1"], "/net/x|not the name of a kernel parameter"),
            Wrong("linux.sysctl", ["": "1"], "|not the name of a kernel parameter"),
            Wrong("linux.sysctl", ["kernel.hostname": "x"], "kernel.hostname|use the field hostname"),
            Wrong("linux.sysctl", ["kernel/domainname": "x"], "kernel/domainname|differs from the field domainname"),
        ])
    func sysctls(wrong: Wrong) throws {
        let parts = wrong.message.split(separator: "|", omittingEmptySubsequences: false)
        try Wrong(wrong.path, wrong.value, "linux.sysctl[\"\(parts[0])\"]: \(parts[1])").expect()
    }

    @Test("a mapped mount without mappings needs a user namespace")
    func mappedMount() throws {
        let json = try Corpus.json("minimal").setting(
            "mounts", [["destination": "/a", "options": ["bind", "ridmap"]]])
        let error = #expect(throws: SpecError.self) { try RuntimeConfig(json: json).validate() }
        #expect(
            error?.description == "mounts[0].options: ridmap needs uidMappings and gidMappings or a user namespace")
    }

    @Test("a process may be absent, and a destination relative")
    func allowed() throws {
        try RuntimeConfig(
            ociVersion: "1.3.0-rc.1+build.05", root: RuntimeConfig.Root(path: "/"),
            mounts: [RuntimeConfig.Mount(destination: "data")]
        ).validate()
    }
}
