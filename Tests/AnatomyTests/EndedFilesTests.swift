import Foundation
import LinuxKernel
import Testing

@testable import Anatomy

@Suite("the files of a container that has ended")
struct EndedFilesTests {
    @Test("the program is looked for in what the mounts lay over the root, and links stay within")
    func mounts() throws {
        let name = "brig-test-\(CallerIdentity.pid)-\(UInt64.random(in: 0 ... .max))"
        let parent = try OwnedDescriptor(open: "/tmp", [.read, .directory])
        try parent.makeDirectory(name, mode: 0o700)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: "/tmp/\(name)") } }
        let base = try parent.open(name, [.read, .directory])
        for directory in ["root", "root/bin", "root/v", "root/t", "volume", "volume/in"] {
            try base.makeDirectory(directory, mode: 0o755)
        }
        func write(_ path: String, _ text: String, _ mode: UInt32) throws {
            try base.open(path, [.write, .create], mode: mode).write(text)
        }
        try write("root/e", "", 0o644)
        try write("root/t/x", "", 0o755)
        try write("root/bin/sh", "x", 0o755)
        try write("volume/run", "#!/bin/sh\n", 0o755)
        try write("volume/in/run", "#!/nowhere\n", 0o755)
        try base.makeSymbolicLink("root/far", to: "/../../v/../far2")
        try base.makeSymbolicLink("root/far2", to: "v/in/../run")
        try base.makeSymbolicLink("root/loop", to: "loop")
        try base.makeSymbolicLink("volume/back", to: "/bin/sh")
        let files = try EndedFiles(
            root: try base.open("root", [.read, .directory]),
            mounts: [
                .init("/e", source: "/tmp/\(name)/volume/in/run"), .init("/v/", source: "/tmp/\(name)/volume"),
                .init("/t", source: nil),
            ])
        func program(_ name: String) -> EndedContainer.Program {
            .find(name, environment: ["PATH=/nothing:/v"], in: files)
        }
        #expect(program("/e").header == .script(interpreter: "/nowhere"))
        #expect(program("/e").interpreterIsThere == false && program("/e").mode & 0o111 != 0)
        #expect(program("run").path == "/v/run" && program("run").interpreterIsThere == true)
        #expect(program("/far").header == .script(interpreter: "/bin/sh"))
        #expect(program("/v/back").path != nil)
        for missing in ["/t/x", "/loop", "/v/none", "/e/x", "/v/run/.."] { #expect(program(missing).path == nil) }
    }
}
