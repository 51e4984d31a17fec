import Foundation
import LinuxKernel
import Testing

/// `ADD` of files of the web, from a server on the loopback interface of a network namespace of the test's own.
@Suite("Builds and web servers", .drivesBrig(with: "jq", "xz", "bzip2"))
struct BuildAddressTests {
    /// A site with a server beside it.
    private final class Web {
        let site: BuildTests.Site
        let directory: String
        let port: String
        private let process: String

        init() throws {
            site = try BuildTests.Site()
            directory = site.fixture.directory + "/web"
            process = try site.shell(
                """
                mkdir -p ../web/files
                \(BuildCases.directory)/web-server \(directory) > ../web/errors 2>&1 < /dev/null &
                echo $!
                """
            ).trimmingCharacters(in: .whitespacesAndNewlines)
            var port = ""
            for _ in 0..<1200 where port.isEmpty {
                port = (try? readFile(directory + "/port")).map { String(decoding: $0, as: UTF8.self) } ?? ""
                if port.isEmpty { usleep(50_000) }
            }
            self.port = port
        }

        deinit { _ = try? BrigFixture.run("/bin/sh", ["-c", "kill \(process)"]) }

        func put(_ text: String, _ name: String) throws {
            try OwnedDescriptor(open: "\(directory)/files/\(name)", [.write, .create, .truncate], mode: 0o644).write(
                text)
        }

        /// What was asked since the last time.
        func asked() throws -> [String] {
            let lines = try site.shell("cat ../web/log 2> /dev/null; : > ../web/log").split(separator: "\n")
            return lines.map(String.init)
        }

        func build(_ lines: String, _ options: [String] = []) throws -> BrigFixture.Result {
            let text = lines.replacingOccurrences(of: "WEB", with: "http://127.0.0.1:\(port)")
            return try site.build("FROM box\n\(text)\n", ["--network", "none", "-t", "result"] + options)
        }
    }

    private static func digest(_ text: String) throws -> String {
        String(try BrigFixture.run("/bin/sh", ["-c", "printf '\(text)' | sha256sum"]).output.prefix(64))
    }

    @Test("files have their names, owners, modes and times; archives are unpacked on demand")
    func files() throws {
        let web = try Web()
        #expect(!web.port.isEmpty)
        try web.put("hello\n", "a b.txt")
        _ = try web.site.shell("mkdir p; echo packed > p/q; tar -C p -czf ../web/files/p.tgz .")
        let out = web.site.fixture.directory + "/out"
        let built = try web.build(
            """
            ADD WEB/files/a%20b.txt /d/
            ADD --chmod=751 --chown=3:4 WEB/to/files/a%20b.txt?x=1 /named
            ADD WEB/untagged/a%20b.txt WEB/files/p.tgz /several/
            ADD --unpack=true WEB/files/p.tgz /unpacked
            ADD --link --checksum=sha256:\(try Self.digest("hello\\n")) WEB/files/a%20b.txt /linked/
            """, ["-o", "type=local,dest=\(out)"])
        #expect(built.status == 0, "\(built.errors)")
        let found = try web.site.shell(
            """
            cd \(out); find d named several unpacked linked ! -type d -printf '%p %m %U:%G %s %TY\n' | sort
            """)
        #expect(
            found == """
                d/a b.txt 600 0:0 6 1994
                linked/a b.txt 600 0:0 6 1994
                named 751 3:4 6 1994
                several/a b.txt 600 0:0 6 1970
                several/p.tgz 600 0:0 \(try web.site.shell("stat -c %s ../web/files/p.tgz").dropLast()) 1994
                unpacked/q 644 0:0 7 \(try web.site.shell("date +%Y").dropLast())

                """)
        #expect(try web.asked().allSatisfy { $0.hasSuffix(" - -") })
    }

    @Test("an unchanged file is not sent again, a changed one is seen, and a known digest asks nobody")
    func cached() throws {
        let web = try Web()
        try web.put("one", "f")
        let lines = "ADD WEB/files/f /f"
        #expect(try web.build(lines).status == 0)
        _ = try web.asked()
        let again = try web.build(lines, ["--explain"])
        #expect(again.status == 0 && again.errors.contains("hit: the same inputs"), "\(again.errors)")
        let asked = try web.asked()
        #expect(asked.count == 1 && asked[0].hasPrefix("/files/f \""), "\(asked)")

        try web.put("two", "f")
        let changed = try web.build(lines, ["--explain"])
        #expect(changed.status == 0 && changed.errors.contains("/files/f"), "\(changed.errors)")
        #expect(try web.site.brig(["run", "--rm", "--network", "none", "result", "cat", "/f"]).output == "two")

        // Another key, so the file is needed, though the server says that it is what it was.
        _ = try web.asked()
        #expect(try web.build(lines + "2").status == 0)
        #expect(try web.asked().count == 2)
        #expect(try web.site.brig(["run", "--rm", "--network", "none", "result", "cat", "/f2"]).output == "two")

        let known = "ADD --checksum=sha256:\(try Self.digest("two")) WEB/files/f /known"
        #expect(try web.build(known).status == 0)
        _ = try web.asked()
        #expect(try web.build(known).status == 0)
        #expect(try web.asked() == [])
        #expect(try web.build(lines, ["--no-cache"]).status == 0)
        #expect(try web.asked().contains { $0.contains(" - ") })
        #expect(try web.site.brig(["builder", "prune", "-f"]).status == 0)
        #expect(!FileManager.default.fileExists(atPath: web.site.fixture.directory + "/root/build-addresses"))
        #expect(try web.site.brig(["system", "check"]).status == 0)
    }

    @Test("what is wrong ends the build with one line")
    func refused() throws {
        let web = try Web()
        try web.put("x", "f")
        try web.site.write("x", to: "f")
        let wrong = String(repeating: "0", count: 64)
        for (lines, problem) in [
            ("ADD WEB/files/none /", "there is nothing at this address"),
            ("ADD WEB/ /", "says no name for the file"),
            ("ADD WEB/files/%2e%2e%2ff /", "says no name for the file"),
            ("ADD WEB/files/.. /", "says no name for the file"),
            ("ADD WEB/round /f", "redirections in a row"),
            ("ADD WEB/short /f", "ended at byte 4 of 8|closed before the answer was complete"),
            ("ADD --checksum=sha256:\(wrong) WEB/files/f /f", "has the digest sha256:"),
            ("ADD --checksum=sha256:12 WEB/files/f /f", "64 hexadecimal digits"),
            ("ADD --checksum=sha256:\(wrong) f /f", "--checksum is for one source"),
            ("ADD --checksum=sha256:\(wrong) WEB/files/f f /f/", "--checksum is for one source"),
            ("ADD --keep-git-dir WEB/files/f /f", "is for repositories"),
            ("ADD http://somebody:secret@127.0.0.1/f /", "with a user name or password"),
            ("ADD http://127.0.0.1:\(1)/f /", "connection refused"),
            ("ADD http://127.0.0.1:99999/f /", "is not an address"),
        ] {
            let result = try web.build(lines)
            let last = result.errors.split(separator: "\n").last.map(String.init) ?? ""
            #expect(result.status == 1, "\(lines)")
            #expect(
                last.hasPrefix("brig: ") && problem.split(separator: "|").contains { last.contains($0) },
                "\(lines): \(result.errors)")
        }
        #expect(try web.asked().allSatisfy { $0.hasSuffix(" -") })
        #expect(try web.site.brig(["system", "check"]).status == 0)
    }
}
