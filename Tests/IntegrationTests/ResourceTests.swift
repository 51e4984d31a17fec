import Foundation
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

        /// The first of these files that a hierarchy has for the container, and what it says.
        private func file(_ workspace: Workspace, _ names: String...) -> String? {
            for hierarchy in Machine.hierarchies {
                for name in names {
                    let path = "\(hierarchy)\(workspace.cgroup)/c/\(name)"
                    if FileManager.default.fileExists(atPath: path) {
                        return contents(path).trimmingCharacters(in: .whitespacesAndNewlines)
                    }
                }
            }
            return nil
        }

        @Test(
            "limits of huge pages stand in the kernel's file", .enabled(if: Self.hasHugePages, "no controller hugetlb"))
        func hugePages() throws {
            try withWorkspace { workspace in
                workspace.config["linux.resources.hugepageLimits"] = [["pageSize": "2MB", "limit": 4_194_304]]
                try workspace.startContainer()
                #expect(file(workspace, "hugetlb.2MB.limit_in_bytes", "hugetlb.2MB.max") == "4194304")
                let update = try workspace.runtime(
                    "update", "--resources", "-", workspace.id,
                    input: #"{"hugepageLimits":[{"pageSize":"2MB","limit":2097152}]}"#)
                #expect(update.code == 0, "\(update.summary)")
                #expect(file(workspace, "hugetlb.2MB.limit_in_bytes", "hugetlb.2MB.max") == "2097152")
            }
        }

        static let hasHugePages =
            FileManager.default.fileExists(atPath: "/sys/kernel/mm/hugepages/hugepages-2048kB")
            && (FileManager.default.fileExists(atPath: "/sys/fs/cgroup/hugetlb")
                || ["", "/unified"].contains {
                    contents("/sys/fs/cgroup\($0)/cgroup.controllers").split { " \n".contains($0) }.contains("hugetlb")
                })

        /// A block device of this machine, as `major:minor`.
        static let disk = ((try? FileManager.default.contentsOfDirectory(atPath: "/sys/block")) ?? []).sorted()
            .map { contents("/sys/block/\($0)/dev").trimmingCharacters(in: .whitespacesAndNewlines) }
            .first { $0.contains(":") }

        @Test("throttles of block devices stand in the kernel's files", .enabled(if: disk != nil, "no block device"))
        func throttles() throws {
            try withWorkspace { workspace in
                let disk = try #require(Self.disk)
                let numbers = disk.split(separator: ":").compactMap { Int64($0) }
                func limit(_ rate: Int64) -> JSONValue {
                    [["major": .integer(numbers[0]), "minor": .integer(numbers[1]), "rate": .integer(rate)]]
                }
                workspace.config["linux.resources.blockIO"] = [
                    "throttleReadBpsDevice": limit(1_048_576), "throttleWriteBpsDevice": limit(2_097_152),
                    "throttleReadIOPSDevice": limit(100), "throttleWriteIOPSDevice": limit(200),
                ]
                try workspace.startContainer()
                if Machine.hasUnifiedCgroups {
                    #expect(file(workspace, "io.max") == "\(disk) rbps=1048576 wbps=2097152 riops=100 wiops=200")
                } else {
                    #expect(file(workspace, "blkio.throttle.read_bps_device") == "\(disk) 1048576")
                    #expect(file(workspace, "blkio.throttle.write_bps_device") == "\(disk) 2097152")
                    #expect(file(workspace, "blkio.throttle.read_iops_device") == "\(disk) 100")
                    #expect(file(workspace, "blkio.throttle.write_iops_device") == "\(disk) 200")
                }
            }
        }

        @Test("what this machine has no device or controller for is refused in one line")
        func absent() throws {
            for resources: JSONValue in [
                ["rdma": ["mlx_absent0": ["hcaHandles": 1]]], ["unified": ["absent.max": "1"]],
                ["hugepageLimits": [["pageSize": "3MB", "limit": 1]]],
            ] {
                try Case(
                    "refused limit", run: ["true"], .refused(""),
                    change: { config, _ in config["linux.resources"] = resources }
                ).check()
            }
        }

        @Test("update keeps what it does not know of the config", .enabled(if: !Machine.isReference))
        func unknownMembers() throws {
            try withWorkspace { workspace in
                workspace.config["x.extension"] = ["kept": true]
                workspace.config["linux.resources"] = ["pids": ["limit": 10, "x": 1], "x": ["y": []]]
                try workspace.startContainer()
                #expect(try workspace.runtime("update", "--pids-limit", "44", workspace.id).code == 0)
                let kept = Config(
                    json: try JSONValue(
                        parsing: contents("\(workspace.stateRoot)/\(workspace.id)/config.json"), sizeLimit: 1 << 20))
                var expected = workspace.config
                expected["linux.resources.pids.limit"] = 44
                for path in ["x", "linux.resources.pids", "linux.resources.x", "process", "mounts"] {
                    #expect(kept[path] == expected[path], "\(path)")
                }
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
