import LinuxKernel
import Testing

/// Disks that are full or read-only, and a journal: hosts that a test makes for itself.
@Suite(.drivesBrig(with: "bash", "ip", "unshare", "python3"))
struct DiskTests {
    @Test("the driver journald: Docker's fields, and a journal that goes away and comes back")
    func journal() throws {
        let lines = try HostScript.lines("journal.sh", ["-mn"], try BrigFixture())
        func entry(_ tag: String, _ name: String, _ message: String, _ priority: Int, part: Bool = false) -> String {
            (name == "web" ? "" : "A_B='1' ") + "CONTAINER_NAME='\(name)' "
                + (part ? "CONTAINER_PARTIAL_MESSAGE='true' " : "") + "CONTAINER_TAG='\(tag)' IMAGE_NAME='box' "
                + "MESSAGE='\(message)' PRIORITY='\(priority)' SYSLOG_IDENTIFIER='\(tag)' "
                + (name == "web" ? "" : "XY='two\\nlines' ") + "ids='True' time='True'"
        }
        let properties = "{{.ID}}, {{.FullID}}, {{.Name}}"
        #expect(
            lines == [
                "no journal: brig: log driver journald is not supported: no journal runs on this host, as "
                    + "/run/systemd/journal/socket is not there: use json-file, local or none; 125",
                entry("ID", "web", "err", 3), entry("ID", "web", "out", 6), entry("ID", "web", "rest", 6),
                entry("tagged/box", "tagged", "16384 bytes", 6, part: true),
                entry("tagged/box", "tagged", "3616 bytes", 6),
                "[brig] 5 bytes of output are missing here: connection refused", "found", "0", "left: ",
                "wrong tag: brig: invalid log opt tag {{.Nope}}: what stands in braces is one of \(properties)",
                "wrong max-size: brig: unknown log opt 'max-size' for journald log driver",
                "wrong labels-regex: brig: invalid log opt labels-regex: (",
            ])
    }

    private static let hasJournald = ["/lib/systemd/systemd-journald", "/usr/bin/journalctl"].allSatisfy {
        (try? OwnedDescriptor(open: $0, .pathOnly)) != nil
    }

    @Test(
        "logs of the driver journald come out of the journal, whole, followed, by time and from the end",
        .enabled(if: hasJournald, "needs systemd-journald and journalctl, which make test does not install"))
    func journalLogs() throws {
        let lines = try HostScript.lines("journal-logs.sh", ["-mn"], try BrigFixture())
        if lines == ["journald does not run here"] { try Test.cancel("systemd-journald does not start here") }
        #expect(
            lines == [
                "out: line 1 line 2 line 3", "err: bad", "tail: 2", "followed:     6 20030", "last: last",
                "bytes: ff 01 0a", "since: 3, until: 3", "timestamps: 1",
                "long: bounded 4000 0", "tail: 3 from 39997 until: 1000 from 0 since: 100 from 39900",
                "tail until: 5 from 9995 tail since: 20 from 39980",
            ])
    }

    @Test("a full disk and a read-only one: one line, nothing half made, and what frees or ends works")
    func fullDisk() throws {
        let lines = try HostScript.lines("full-disk.sh", ["-mn"], try BrigFixture())
        let full = "1, 1 line, no space left on device"
        let readOnly = "1, 1 line, read-only file system"
        #expect(
            lines == [
                "-- full",
                "create box: \(full)", "run --rm box true: 125\(full.dropFirst())",
                "run -d --network one -p 8080:80 box sleep 1000: 125\(full.dropFirst())",
                "volume create more: \(full)", "network create two: \(full)", "import image.tar.gz other: \(full)",
                "tag box other: \(full)", "commit web copy: \(full)", "rename web other: \(full)",
                "cp image.tar.gz web:/tmp/: \(full)", "cp web: : \(full)",
                "ps: 0", "images: 0", "inspect: 0", "logs: 0", "exec: 0", "df: 0",
                "half made: ",
                "-- a little room",
                "load -q -i large.tar: \(full)", "pull -q localhost:5000/large: \(full)",
                "import tree.tar other: \(full)",
                // Where in the Dockerfile it is, in three lines, and what it is.
                "build -q -t built context: 1, 4 line, no space left on device",
                "volume import fresh tree.tar: \(full)", "cp context/big end:/big: \(full)",
                "cp context/tree end:/tree: \(full)", "in the container: ",
                "big is copied", "commit end copy: \(full)",
                "half made: ", "web goes on: running", "pause: 0", "unpause: 0", "wait: 0", "end: 7", "stop: 0",
                "web: exited, done: exited, end: exited 7",
                "rm: 0", "volume rm: 0", "network prune: 0", "rm -f: 0", "image prune: 0",
                "-- room again",
                "start: 0",
                "the log says what is missing: bytes of output are missing here: no space left on device",
                "run: 0", "repair: 0",
                "-- read-only",
                "ps -a: 0", "images: 0", "inspect web: 0", "logs --tail 1 web: 0", "volume ls: 0", "network ls: 0",
                "system df: 0", "info: 0", "events --since 1h --until 0s: 0", "exec web true: 0", "top web: 0",
                "port web: 0", "diff web: 0",
                "create box: \(readOnly)", "run --rm box true: 125\(readOnly.dropFirst())",
                "volume create more: \(readOnly)", "network create two: \(readOnly)",
                "import image.tar.gz other: \(readOnly)", "rename web other: \(readOnly)", "stop -t 0 web: \(readOnly)",
                "rm -f web: \(readOnly)", "system repair: 0",
                "-- writable again",
                "web: running", "rm -f: 0", "run: 0", "repair: 0", "rm network: 0", "left: ",
            ])
    }
}
