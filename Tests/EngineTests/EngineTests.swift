import LinuxKernel
import MonitorProtocol
import OCISpec
import Seccomp
import Testing

@testable import Engine

@Suite("Parts of the use cases")
struct EngineTests {
    @Test("locations are absolute and below /")
    func locations() throws {
        #expect(try EngineLocations(root: "/a//b/", runRoot: "/c").root == "/a/b")
        for bad in ["", "a", "/", "/a/../b", "/a\nb", "."] {
            #expect(throws: EngineError.self) { try EngineLocations(root: bad) }
        }
    }

    @Test("what was made is taken back in reverse order, and what cannot be is told")
    func undo() {
        var done: [Int] = []
        let undo = Undo()
        undo.add("one") { done.append(1) }
        undo.add("two") { throw EngineError(.fault, "broken") }
        undo.add("three") { done.append(3) }
        let error = undo.run(after: EngineError(.conflict, "x"))
        #expect(done == [3, 1])
        #expect(error == EngineError(.conflict, "x (not undone: two: broken)"))
        undo.add("four") { done.append(4) }
        undo.keepAll()
        #expect(undo.run(after: error) == error)
        #expect(done == [3, 1])
    }

    @Test(
        "durations as Docker says them",
        arguments: [
            (-5, "Less than a second"), (0, "Less than a second"), (1, "1 second"), (59, "59 seconds"),
            (60, "About a minute"),
            (119, "About a minute"), (120, "2 minutes"), (3599, "59 minutes"), (3600, "About an hour"),
            (7200, "2 hours"), (172_800, "2 days"), (1_209_600, "2 weeks"), (5_184_000, "2 months"),
            (63_072_000, "2 years"),
        ])
    func durations(seconds: Int64, text: String) { #expect(HumanDuration.text(seconds: seconds) == text) }

    @Test("states for people")
    func status() throws {
        let now = Timestamp(seconds: 1_000_000)
        var state = ContainerInspection.State()
        #expect(Engine.status(state, now) == "Created")
        state.status = "running"
        state.startedAt = Timestamp(seconds: 1_000_000 - 120).description
        #expect(Engine.status(state, now) == "Up 2 minutes")
        state.status = "exited"
        state.exitCode = 137
        state.finishedAt = Timestamp(seconds: 1_000_000 - 30).description
        #expect(Engine.status(state, now) == "Exited (137) 30 seconds ago")
    }

    @Test("filters of one kind are alternatives, different kinds all hold")
    func filters() throws {
        let image = try StoreTests.image("a", names: ["mine"])
        var record = try StoreTests.record("ab", image: image.id)
        record.name = ContainerName(unchecked: "web-1")
        var state = ContainerInspection.State()
        state.status = "exited"
        state.exitCode = 3
        func admits(_ texts: String...) throws -> Bool {
            var filter = ContainerFilter()
            for text in texts { try filter.add(text) }
            return filter.admits(record, state)
        }
        #expect(try admits())
        #expect(try admits("name=web", "status=exited"))
        #expect(try admits("name=db", "name=web"))
        #expect(try !admits("name=db", "status=exited"))
        #expect(try admits("exited=3", "id=ab", "ancestor=mine"))
        #expect(try admits("ancestor=mine:latest"))
        #expect(try !admits("exited=0"))
        for bad in ["x", "x=y", "status=busy", "exited=no"] {
            #expect(throws: EngineError.self) { try admits(bad) }
        }
    }

    @Test("the host's resolvers but those on its loopback")
    func resolvers() throws {
        let host = "search a.b\nnameserver 127.0.0.53\nnameserver ::1\nnameserver 10.0.0.1\noptions ndots:2\n"
        func plan(_ mode: String, _ change: (inout HostConfiguration) -> Void = { _ in }) throws -> NetworkPlan {
            var wishes = HostConfiguration()
            wishes.networkMode = mode
            change(&wishes)
            return try NetworkPlan(ContainerConfiguration(), wishes)
        }
        #expect(
            GeneratedFiles.resolvConf(try plan("none"), ofHost: host)
                == "nameserver 10.0.0.1\nsearch a.b\noptions ndots:2\n")
        #expect(GeneratedFiles.resolvConf(try plan("host"), ofHost: host) == host)
        let asked = try plan("bridge") {
            ($0.dns, $0.dnsSearch, $0.dnsOptions) = (["::1", "192.0.2.1"], ["."], ["ndots:5"])
        }
        #expect(
            GeneratedFiles.resolvConf(asked, ofHost: host)
                == "nameserver ::1\nnameserver 192.0.2.1\noptions ndots:5\n")
    }

    @Test("changes to an image")
    func changes() throws {
        var configuration = ImageConfiguration()
        for change in [
            #"CMD ["a", "b c"]"#, "ENTRYPOINT run it", "ENV A=1 B=\"x y\"", "env A 2 3", "LABEL k=v", "USER app:5",
            "WORKDIR /a", "WORKDIR b", "EXPOSE 80 53/udp", "VOLUME /data", "STOPSIGNAL SIGINT",
        ] { try configuration.apply(change: change) }
        #expect(configuration.cmd == ["a", "b c"])
        #expect(configuration.entrypoint == ["/bin/sh", "-c", "run it"])
        #expect(configuration.env == ["B=x y", "A=2 3"])
        #expect(configuration.labels == ["k": "v"])
        #expect(configuration.workingDir == "/a/b")
        #expect(Set(configuration.exposedPorts.keys) == ["80/tcp", "53/udp"])
        for bad in [
            "", "CMD", "RUN x", "ENV A", "EXPOSE x", "EXPOSE 0", "USER -1", "STOPSIGNAL NO", "ENV A=\"x",
            "WORKDIR /../..",
        ] {
            #expect(throws: EngineError.self) { try configuration.apply(change: bad) }
        }
    }

    @Test("the archive of hello begins with a tar header whose sum is right")
    func helloArchive() {
        let bytes = HelloImage.archive(program: [1, 2, 3])
        #expect(bytes.count % 512 == 0)
        let header = Array(bytes.prefix(512))
        #expect(String(decoding: header[257..<262], as: UTF8.self) == "ustar")
        let sum = header.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
        #expect(Int(String(decoding: header[148..<154], as: UTF8.self), radix: 8) == sum)
    }

    @Test("memory of the host")
    func memory() {
        #expect(Engine.totalMemory("MemTotal:       16384 kB\nMemFree: 1 kB\n") == 16_777_216)
        #expect(Engine.totalMemory("") == 0)
    }
}

@Suite("Seccomp profiles of users")
struct SeccompFileTests {
    static let context = SeccompContext(capabilities: ["CAP_SYS_ADMIN"], architecture: .x86_64, kernel: (5, 10))

    static func names(_ rules: String) throws -> [[String]] {
        let text = #"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":["# + rules + "]}"
        return try SeccompFile.parse(Array(text.utf8), context).syscalls.map(\.names)
    }

    @Test("rules hold for capabilities, architectures and kernels")
    func conditions() throws {
        let allow = #""action":"SCMP_ACT_ALLOW""#
        #expect(try Self.names(#"{"names":["a"],\#(allow)}"#) == [["a"]])
        #expect(try Self.names(#"{"name":"a",\#(allow)}"#) == [["a"]])
        #expect(try Self.names(#"{"names":["a"],\#(allow),"includes":{"caps":["CAP_SYS_ADMIN"]}}"#) == [["a"]])
        #expect(try Self.names(#"{"names":["a"],\#(allow),"includes":{"caps":["CAP_BPF"]}}"#) == [])
        #expect(try Self.names(#"{"names":["a"],\#(allow),"excludes":{"caps":["CAP_SYS_ADMIN"]}}"#) == [])
        #expect(try Self.names(#"{"names":["a"],\#(allow),"includes":{"arches":["amd64"]}}"#) == [["a"]])
        #expect(try Self.names(#"{"names":["a"],\#(allow),"includes":{"arches":["arm64"]}}"#) == [])
        #expect(try Self.names(#"{"names":["a"],\#(allow),"includes":{"minKernel":"5.10"}}"#) == [["a"]])
        #expect(try Self.names(#"{"names":["a"],\#(allow),"includes":{"minKernel":"5.11"}}"#) == [])
        #expect(
            try Self.names(#"{"names":["a"],\#(allow),"includes":{},"excludes":{},"args":null,"comment":"x"}"#) == [
                ["a"]
            ])
    }

    @Test("what would be misunderstood is an error")
    func errors() {
        for bad in [
            "[]", "{}", "{", #"{"defaultAction":"ALLOW"}"#,
            #"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"name":"b","action":"SCMP_ACT_ALLOW"}]}"#,
            #"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_ALLOW","includes":{"x":1}}]}"#,
            #"{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"],"archMap":[]}"#,
        ] {
            #expect(throws: (any Error).self) { try SeccompFile.parse(Array(bad.utf8), Self.context) }
        }
    }

    @Test("architectures by their family")
    func architectures() throws {
        let text = #"""
            {"defaultAction":"SCMP_ACT_ERRNO","archMap":[{"architecture":"SCMP_ARCH_AARCH64","subArchitectures":["SCMP_ARCH_ARM"]},
            {"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"]}]}
            """#
        let profile = try SeccompFile.parse(Array(text.utf8), Self.context)
        #expect(profile.architectures.map(\.rawValue) == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"])
    }
}

@Suite("Files of a tree that a container shapes")
struct RootFilesTests {
    @Test("links stay inside, and what is no file says nothing")
    func files() throws {
        let directory = try TemporaryDirectory()
        try HostDirectory.make(directory.path + "/root/etc", mode: 0o755)
        try HostDirectory.write("secret".utf8, to: directory.path + "/outside", mode: 0o600)
        try HostDirectory.write("text".utf8, to: directory.path + "/root/etc/real", mode: 0o600)
        let etc = try OwnedDescriptor(open: directory.path + "/root/etc", [.read, .directory])
        try etc.makeSymbolicLink("absolute", to: "/etc/real")
        try etc.makeSymbolicLink("up", to: "../../outside")
        try etc.makeSymbolicLink("host", to: directory.path + "/outside")
        try etc.makeSymbolicLink("loop", to: "loop")
        try etc.makeSymbolicLink("magic", to: "/proc/self/fd/0")
        try etc.makeNode("fifo", .fifo, mode: 0o600)
        let root = try OwnedDescriptor(open: directory.path + "/root", [.pathOnly, .directory])
        for (name, text) in [
            ("real", "text"), ("absolute", "text"), ("up", ""), ("host", ""), ("loop", ""), ("magic", ""), ("fifo", ""),
            ("missing", ""), (".", ""),
        ] { #expect(try RootFiles.text("/etc/\(name)", in: root) == text, "\(name)") }
        #expect(try RootFiles.text("/etc/real/below", in: root) == "")
    }
}
