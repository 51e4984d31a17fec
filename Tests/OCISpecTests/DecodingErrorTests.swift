import OCISpec
import Testing

struct DecodingErrorTests {
    @Test(
        "a field of the wrong type is named, with what was expected and found",
        arguments: [
            ("ociVersion", nil, "ociVersion: missing"),
            ("ociVersion", 1, "ociVersion: expected a string, found 1"),
            ("process.cwd", nil, "process.cwd: missing"),
            ("process.cwd", ["x"], "process.cwd: expected a string, found an array"),
            ("process.terminal", "yes", #"process.terminal: expected true or false, found "yes""#),
            ("process.args", "sh", #"process.args: expected an array, found "sh""#),
            ("process.args[1]", .null, "process.args[1]: expected a string, found null"),
            ("process.args[1]", "a\0b", "process.args[1]: contains a NUL character"),
            ("process.user.uid", -1, "process.user.uid: expected an integer from 0 to 4294967295, found -1"),
            ("process.user.uid", .double(1.5), "process.user.uid: expected an unsigned integer, found 1.5"),
            ("process.user.uid", .double(1), "process.user.uid: expected an unsigned integer, found 1.0"),
            ("process.user.uid", "root", #"process.user.uid: expected an unsigned integer, found "root""#),
            (
                "process.rlimits[1].hard", "many",
                #"process.rlimits[1].hard: expected an unsigned integer, found "many""#
            ),
            (
                "process.rlimits[1].hard", .double(1e20),
                "process.rlimits[1].hard: expected an unsigned integer, found 1e+20"
            ),
            (
                "process.ioPriority.class", "IOPRIO_CLASS_NONE",
                "process.ioPriority.class: expected one of IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE, "
                    + #"found "IOPRIO_CLASS_NONE""#
            ),
            ("mounts", [:], "mounts: expected an array, found an object"),
            ("mounts[2].uidMappings[0].size", nil, "mounts[2].uidMappings[0].size: missing"),
            ("hooks.poststop[0].timeout", true, "hooks.poststop[0].timeout: expected an integer, found true"),
            ("annotations.x", 1, #"annotations["x"]: expected a string, found 1"#),
            (
                "linux.namespaces[0].type", "net",
                "linux.namespaces[0].type: expected one of pid, network, mount, ipc, uts, user, cgroup, time, "
                    + #"found "net""#
            ),
            ("linux.devices[0].minor", nil, "linux.devices[0].minor: missing"),
            (
                "linux.resources.memory.limit", .unsigned(1 << 63),
                "linux.resources.memory.limit: expected an integer from -9223372036854775808 to 9223372036854775807, "
                    + "found 9223372036854775808"
            ),
            (
                "linux.resources.blockIO.weight", 65536,
                "linux.resources.blockIO.weight: expected an integer from 0 to 65535, found 65536"
            ),
            ("linux.resources.rdma.x", 0, #"linux.resources.rdma["x"]: expected an object, found 0"#),
            ("linux.seccomp.defaultAction", nil, "linux.seccomp.defaultAction: missing"),
            ("linux.seccomp.syscalls[0].names[1]", 5, "linux.seccomp.syscalls[0].names[1]: expected a string, found 5"),
            (
                "linux.timeOffsets.boottime.secs", "1",
                #"linux.timeOffsets["boottime"].secs: expected an integer, found "1""#
            ),
            ("linux", "yes", #"linux: expected an object, found "yes""#),
        ] as [(String, JSONValue?, String)])
    func wrongType(path: String, value: JSONValue?, message: String) throws {
        let json = try Corpus.json("full").setting(path, value)
        let error = #expect(throws: SpecError.self) { try RuntimeConfig(json: json) }
        #expect(error?.description == message)
    }

    @Test("a document that is no object")
    func noObject() {
        #expect(throws: SpecError.field(path: "", problem: "expected an object, found an array")) {
            try RuntimeConfig(json: [])
        }
    }

    @Test("names that only look like one from the list are refused")
    func lookalike() throws {
        let json = try Corpus.json("full").setting("linux.seccomp.defaultAction", "SCMP_ACT_\u{212a}ILL")
        let error = #expect(throws: SpecError.self) { try RuntimeConfig(json: json) }
        #expect(error?.description.hasPrefix("linux.seccomp.defaultAction: expected one of SCMP_ACT_KILL, ") == true)
        let process = try Corpus.json("process").setting("process.\u{212a}", 1)
        _ = try RuntimeConfig(json: process)
    }

    @Test("found texts are shown on one line, shortened, and cannot steer a terminal")
    func shownText() throws {
        let long = String(repeating: "x", count: 100)
        let error = #expect(throws: SpecError.self) {
            try RuntimeConfig(json: ["ociVersion": "1.0.0", "process": .string(long)])
        }
        #expect(
            error?.description == "process: expected an object, found \"\(String(repeating: "x", count: 60))\"…")
        let escape = #expect(throws: SpecError.self) {
            try RuntimeConfig(json: ["ociVersion": "1.0.0", "process": "\u{1b}[31m\n\u{9b}1m\u{202e}"])
        }
        #expect(
            escape?.description == #"process: expected an object, found "\u001b[31m\n\u009b1m\u202e""#)
    }
}
