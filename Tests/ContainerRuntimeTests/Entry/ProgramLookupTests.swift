import Testing

@testable import ContainerRuntime

@Suite("The program of a container")
struct ProgramLookupTests {
    @Test("a name is searched in the container's PATH, a path is taken as it is")
    func candidates() {
        #expect(ProgramLookup.candidates("sh", environment: ["PATH=/a:/b"]) == ["/a/sh", "/b/sh"])
        #expect(ProgramLookup.candidates("./sh", environment: ["PATH=/a"]) == ["./sh"])
        #expect(ProgramLookup.candidates("sh", environment: []).contains("/usr/bin/sh"))
    }

    @Test("empty parts of PATH are not the working directory; the last PATH counts")
    func emptyParts() {
        #expect(ProgramLookup.candidates("sh", environment: ["PATH=/x", "PATH=::/a:"]) == ["/a/sh"])
    }

    @Test("errors say what engines look for")
    func words() {
        #expect(throws: RuntimeError(.programNotFound, "exec: \"no-such\": executable file not found in $PATH")) {
            try ProgramLookup.find("no-such", environment: ["PATH=/nowhere"])
        }
        #expect(throws: RuntimeError(.programNotFound, "exec: \"/no/such\": stat /no/such: no such file or directory"))
        {
            try ProgramLookup.find("/no/such", environment: [])
        }
        #expect(throws: RuntimeError.self) { try ProgramLookup.find("/etc", environment: []) }
    }

    @Test(
        "homes",
        arguments: [
            ("root:x:0:0:root:/root:/bin/sh\nme:x:1000:1000::/home/me:\n", UInt32(1000), "/home/me"),
            ("bad line\n:::\nme:x:7:7:::\nx:x:7:7::/late:\n", 7, nil),
            ("me:x:7:7::relative:\n", 7, nil),
            ("", 0, nil),
        ])
    func homes(file: String, uid: UInt32, home: String?) {
        #expect(HomeDirectory.find(uid, in: Array(file.utf8)) == home)
    }
}
