import LinuxKernel
import Testing

@Suite("Stamps of files")
struct FileStampTests {
    private func stamp(changed: FileTime) -> FileStamp {
        FileStamp(device: 1, inode: 2, size: 3, mode: 0o100644, modified: FileTime(seconds: 0), changed: changed)
    }

    @Test(
        "a change is settled once the clock has gone on for longer than its steps are",
        arguments: [
            (FileTime(seconds: 100, nanoseconds: 5), Int64(100_000_000_005), false),
            (FileTime(seconds: 100, nanoseconds: 5), 100_100_000_005, false),
            (FileTime(seconds: 100, nanoseconds: 5), 100_100_000_006, true),
            // Whole seconds: a file system that has no more.
            (FileTime(seconds: 100), 101_000_000_000, false),
            (FileTime(seconds: 100), 103_000_000_001, true),
            // A clock that was set back.
            (FileTime(seconds: 200, nanoseconds: 5), 100_000_000_000, false),
            (FileTime(seconds: .max, nanoseconds: 5), .max, false),
            (FileTime(seconds: .min, nanoseconds: 5), .max, false),
        ])
    func settled(changed: FileTime, now: Int64, isSettled: Bool) {
        #expect(stamp(changed: changed).isSettled(at: now) == isSettled)
    }

    @Test("of a file that somebody may write to there is none; each change gives another")
    func writers() throws {
        let directory = "/tmp/stamp-\(UInt64.random(in: 0 ... .max))"
        let parent = try OwnedDescriptor(open: "/tmp", [.read, .directory])
        let name = String(directory.dropFirst("/tmp/".count))
        try parent.makeDirectory(name, mode: 0o700)
        let home = try parent.open(name, [.read, .directory])
        defer { remove(directory) }
        // Elsewhere nobody says who writes, and there is no stamp.
        let types: Set<UInt64> = [0xef53, 0x5846_5342, 0x9123_683e, FileSystemType.tmpfs.rawValue]
        guard types.contains(try home.fileSystemType().rawValue) else { return }
        let writer = try home.open("file", [.write, .create], mode: 0o600)
        try writer.write(Array("one".utf8))
        let reader = try home.open("file", .read)
        let clock = ContinuousClock()
        let limit = clock.now + .seconds(60)
        // Long enough that its age is no reason any more.
        while try !reader.stamped().stamp.isSettled(at: WallClock.nanoseconds), clock.now < limit {
            sleep(for: .milliseconds(10))
        }
        #expect(try reader.settledStamp() == nil)
        _ = consume writer
        let first = try #require(try reader.settledStamp())
        #expect(try reader.settledStamp() == first)
        try home.open("file", .write).write(Array("two".utf8))
        #expect(try reader.stamped().stamp != first)
    }

    private func remove(_ path: String) {
        // Nobody else has anything there.
        guard let parent = try? OwnedDescriptor(open: "/tmp", [.read, .directory]) else { return }
        try? TreeDirectory(parent).removeTree(String(path.dropFirst("/tmp/".count)))
    }
}
