import Testing

@testable import Engine

@Suite("Values at the border")
struct ValueTests {
    @Test(
        "sizes",
        arguments: [
            ("0", 0), ("8000000", 8_000_000), ("512m", 512 << 20), ("1g", 1 << 30), ("1.5G", 3 << 29), ("4kb", 4096),
            ("1KiB", 1024), ("10b", 10),
        ])
    func sizes(text: String, bytes: Int64) throws {
        #expect(try Quantity.bytes(text, option: "--memory") == bytes)
    }

    @Test("no sizes", arguments: ["", "m", "-1", "1x", "1 000", "9999999999g", "1.2.3", "0x10", "١"])
    func badSizes(text: String) {
        #expect(throws: EngineError.self) { try Quantity.bytes(text, option: "--memory") }
    }

    @Test(
        "processors",
        arguments: [("1", 1_000_000_000), ("1.5", 1_500_000_000), (".25", 250_000_000), ("0.000000001", 1)])
    func processors(text: String, nano: Int64) throws { #expect(try Quantity.nanoCPUs(text) == nano) }

    @Test("no processors", arguments: ["", ".", "-1", "1,5", "1e3", "0.0000000001", "99999999999999"])
    func badProcessors(text: String) { #expect(throws: EngineError.self) { try Quantity.nanoCPUs(text) } }

    @Test("user numbers stay numbers")
    func users() throws {
        #expect(try UserSpec("1000") == UserSpec(user: .number(1000), group: nil))
        #expect(try UserSpec("www-data:33") == UserSpec(user: .name("www-data"), group: .number(33)))
        #expect(try UserSpec(":5") == UserSpec(user: .number(0), group: .number(5)))
        #expect(try UserSpec("a:") == UserSpec(user: .name("a"), group: nil))
        #expect(try UserSpec("machine$").user == .name("machine$"))
    }

    @Test(
        "numbers out of range and names that no file has are refused",
        arguments: [
            "2147483648", "4294967296", "18446744073709551616", "-1", "a:-1", "a b", "a:b:c", "a\n", "", "../x", "$",
        ])
    func badUsers(text: String) { #expect(throws: EngineError.self) { try UserSpec(text) } }

    @Test("host names", arguments: ["a", "db.example.org", "my_host", "A-1"])
    func hostnames(text: String) throws { #expect(try Hostname(text).text == text) }

    @Test(
        "no host names",
        arguments: ["", "-a", "a-", "a..b", ".a", "a b", "a\n127.0.0.1 x", String(repeating: "a", count: 65)])
    func badHostnames(text: String) { #expect(throws: EngineError.self) { try Hostname(text) } }

    @Test("environment entries keep every byte of the value but NUL")
    func environment() throws {
        let entry = try EnvironmentEntry("A=b=c\n d")
        #expect(entry.key == "A")
        #expect(entry.value == "b=c\n d")
        #expect(throws: EngineError.self) { try EnvironmentEntry("A") }
        #expect(throws: EngineError.self) { try EnvironmentEntry("=b") }
        #expect(throws: EngineError.self) { try EnvironmentEntry("A=b\0c") }
        #expect(throws: EngineError.self) { try EnvironmentEntry("A\nB=c") }
    }

    @Test("volumes")
    func volumes() throws {
        let plain = try VolumeBinding("/srv/data/:/data", workingDirectory: "/")
        #expect(plain.source == "/srv/data")
        #expect(plain.destination == "/data")
        #expect(!plain.isReadOnly)
        #expect(plain.propagation == .rprivate)
        let relative = try VolumeBinding("./x/../y:/data:ro,rslave,z", workingDirectory: "/home/me")
        #expect(relative.source == "/home/me/y")
        #expect(relative.isReadOnly)
        #expect(relative.propagation == .rslave)
        #expect(relative.description == "/home/me/y:/data:ro,rslave,z")
        #expect(try VolumeBinding("name:/b:nocopy", workingDirectory: "/").isVolume)
        #expect(try VolumeBinding.parse("/data/", workingDirectory: "/") == .anonymous("/data"))
        #expect(throws: EngineError.self) { try VolumeBinding.parse("/proc", workingDirectory: "/") }
        #expect(try VolumeBinding("/sys/fs/cgroup:/sys/fs/cgroup:ro", workingDirectory: "/").isReadOnly)
    }

    @Test(
        "no volumes",
        arguments: [
            "", "/a:", ":/a", "/a:b", "/a:/", "/a:/b/..", "/a:/b:rx", "/a:/b:ro,rw", "/a:/b:ro:x", "n:/b", "na/me:/b",
            "/b",
            "/../a:/b", "/a:/proc", "/a:/proc/sys", "/a:/sys", "/a:/x/../proc/self", "/a:/dev", "/a:/dev/null",
            "/a:/b\n/c",
        ])
    func badVolumes(text: String) {
        #expect(throws: EngineError.self) { try VolumeBinding(text, workingDirectory: "/w") }
    }

    @Test("security options")
    func security() throws {
        let all = try SecurityOptions([
            "no-new-privileges", "seccomp=/p.json", "apparmor=unconfined", "systempaths=unconfined",
        ])
        #expect(all.noNewPrivileges)
        #expect(all.seccomp == .file("/p.json"))
        #expect(all.appArmorProfile == "unconfined")
        #expect(all.unmaskedSystemPaths)
        #expect(try SecurityOptions(["seccomp:unconfined"]).seccomp == .unconfined)
        for bad in ["", "seccomp", "x=y", "no-new-privileges=maybe", "apparmor=a b"] {
            #expect(throws: EngineError.self) { try SecurityOptions([bad]) }
        }
    }

    @Test("user limits")
    func userLimits() throws {
        #expect(try UserLimit("nofile=1024:2048") == UserLimit(name: "nofile", soft: 1024, hard: 2048))
        #expect(try UserLimit("core=0") == UserLimit(name: "core", soft: 0, hard: 0))
        #expect(try UserLimit("memlock=-1") == UserLimit(name: "memlock", soft: -1, hard: -1))
        for bad in ["nofile", "x=1", "nofile=2:1", "nofile=-1:5", "nofile=", "nofile=1:2:3", "nofile=-2", "nofile=a"] {
            #expect(throws: EngineError.self) { try UserLimit(bad) }
        }
    }
}
