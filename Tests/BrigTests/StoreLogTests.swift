import LinuxKernel
import Testing

@Suite("what commands leave beside the store", .drivesBrig)
struct StoreLogTests {
    @Test("commands that each change one thing do not make the store's log longer and longer")
    func oneChangeEach() throws {
        let fixture = try BrigFixture()
        let label = "text=" + String(repeating: "x", count: 100_000)
        for number in 1...30 {
            #expect(try fixture.brig("volume", "create", "--label", label, "v\(number)").status == 0)
        }
        // 3 MB were written. The log is cut when it is longer than one.
        let log = try OwnedDescriptor(open: "\(fixture.directory)/root/brig.db-wal", .pathOnly)
        #expect(try log.status().size < 3 << 19)
        #expect(try fixture.brig("volume", "ls", "-q").output.split(separator: "\n").count == 30)
    }
}
