import OCISpec
import TestSupport
import Testing

/// One limit, and the files of the kernel that must show it.
struct Limit: Sendable, CustomTestStringConvertible {
    let resources: JSONValue
    let controller: String
    let v1: String
    let v2: String
    let shown: [String]
    let shown2: [String]
    let flags: [String]

    /// - Parameter flags: What `update` takes for the same.
    init(
        _ resources: JSONValue, _ controller: String, v1: String, _ shown: String..., v2: String, _ shown2: String,
        update flags: [String] = []
    ) {
        (self.resources, self.controller, self.v1, self.v2) = (resources, controller, v1, v2)
        (self.shown, self.shown2, self.flags) = (shown, [shown2], flags)
    }

    var testDescription: String { "\(controller): \(v2)" }
    var expected: [String] { Machine.hasUnifiedCgroups ? shown2 : shown }
}

extension Integration {
    /// config-linux.md: resources; the limits are read back from the kernel's files.
    @Suite("Resources")
    struct ResourceTests {
        static let limits: [Limit] = [
            Limit(
                ["memory": ["limit": 67_108_864]], "memory", v1: "memory.limit_in_bytes", "67108864", v2: "memory.max",
                "67108864", update: ["--memory", "67108864"]),
            Limit(
                ["memory": ["reservation": 33_554_432]], "memory", v1: "memory.soft_limit_in_bytes", "33554432",
                v2: "memory.low", "33554432", update: ["--memory-reservation", "33554432"]),
            Limit(
                // runc 1.1 converts linearly; since then 1024 shares are the default weight, 100.
                ["cpu": ["shares": 512]], "cpu", v1: "cpu.shares", "512", v2: "cpu.weight",
                Machine.isReference ? "20" : "59",
                update: ["--cpu-share", "512"]),
            Limit(
                ["cpu": ["quota": 50000, "period": 200_000]], "cpu", v1: "cpu.cfs_quota_us", "50000", v2: "cpu.max",
                "50000 200000", update: ["--cpu-quota", "50000", "--cpu-period", "200000"]),
            Limit(
                ["cpu": ["cpus": "0"]], "cpuset", v1: "cpuset.cpus", "0", v2: "cpuset.cpus", "0",
                update: ["--cpuset-cpus", "0"]),
            Limit(
                ["cpu": ["mems": "0"]], "cpuset", v1: "cpuset.mems", "0", v2: "cpuset.mems", "0",
                update: ["--cpuset-mems", "0"]),
            Limit(
                ["pids": ["limit": 33]], "pids", v1: "pids.max", "33", v2: "pids.max", "33",
                update: ["--pids-limit", "33"]),
        ]

        @Test("a limit of the bundle stands in the kernel's file", arguments: Self.limits)
        func created(_ limit: Limit) throws {
            try withWorkspace { workspace in
                workspace.config["linux.resources"] = limit.resources
                try workspace.startContainer()
                let shown = workspace.limit(limit.controller, v1: limit.v1, v2: limit.v2)
                #expect(limit.expected.contains(shown), "\(limit.testDescription): \(shown)")
            }
        }

        @Test("update changes it", arguments: Self.limits.filter { !$0.flags.isEmpty })
        func updated(_ limit: Limit) throws {
            try withWorkspace { workspace in
                try workspace.startContainer()
                let words = limit.flags + [workspace.id]
                let outcome = try run(
                    [Machine.runtime, "--root", workspace.stateRoot, "update"] + words, in: workspace.bundle)
                #expect(outcome.code == 0, "\(outcome.summary)")
                let shown = workspace.limit(limit.controller, v1: limit.v1, v2: limit.v2)
                #expect(limit.expected.contains(shown), "\(limit.testDescription): \(shown)")
            }
        }

        @Test("update reads a document from standard input")
        func document() throws {
            try withWorkspace { workspace in
                try workspace.startContainer()
                let outcome = try workspace.runtime(
                    "update", "--resources", "-", workspace.id, input: #"{"pids":{"limit":44}}"#)
                #expect(outcome.code == 0, "\(outcome.summary)")
                #expect(workspace.limit("pids", v1: "pids.max", v2: "pids.max") == "44")
            }
        }

        @Test("unified values on v2", .enabled(if: Machine.hasUnifiedCgroups))
        func unified() throws {
            try withWorkspace { workspace in
                workspace.config["linux.resources.unified"] = ["memory.high": "50331648", "pids.max": "55"]
                try workspace.startContainer()
                #expect(workspace.limit("", v1: "", v2: "memory.high") == "50331648")
                #expect(workspace.limit("", v1: "", v2: "pids.max") == "55")
            }
        }

        @Test("the pids limit holds")
        func forks() throws {
            try withWorkspace { workspace in
                workspace.config["linux.resources.pids"] = ["limit": 5]
                let outcome = try workspace.runContainer([
                    "/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8; do sleep 2 & done; wait",
                ])
                #expect(outcome.code != 0 && outcome.errors.contains("fork"), "\(outcome.summary)")
            }
        }

        @Test("the memory limit holds")
        func memory() throws {
            try withWorkspace { workspace in
                workspace.config["linux.resources.memory"] = ["limit": 16_777_216, "swap": 16_777_216]
                let outcome = try workspace.runContainer(["/bin/probe", "eat", "64"])
                #expect(outcome.code == 137, "\(outcome.summary)")
            }
        }

        @Test("a relative cgroupsPath, and none")
        func paths() throws {
            for path: JSONValue? in [.string("brig-it-relative"), nil] {
                try withWorkspace { workspace in
                    workspace.config["linux.cgroupsPath"] = path
                    let outcome = try workspace.runContainer()
                    let report = try Report(outcome)
                    #expect(
                        report["cgroup"].contains(path == nil ? workspace.id : "brig-it-relative"), "\(outcome.summary)"
                    )
                }
            }
        }

        @Test(
            "a limit that the kernel refuses",
            arguments: [
                ["cpu": ["cpus": "4000"]], ["memory": ["limit": 4096], "cpu": ["quota": 1]],
            ] as [JSONValue])
        func refused(_ resources: JSONValue) throws {
            try Case(
                "refused limit", run: ["true"], .refused(""),
                change: { config, _ in
                    config["linux.resources"] = resources
                }
            ).check()
        }
    }
}
