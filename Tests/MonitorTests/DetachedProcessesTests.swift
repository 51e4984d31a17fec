import LinuxKernel
import MonitorProtocol
import Testing

@testable import Monitor

@Suite("Processes of exec -d")
struct DetachedProcessesTests {
    private func name(_ digit: Character) throws -> ExecName {
        try #require(ExecName(String(repeating: digit, count: 64).utf8))
    }

    @Test("it is told of when the runtime has made it, and of its end afterwards")
    func inOrder() throws {
        var processes = DetachedProcesses()
        let name = try name("a")
        processes.began(10, name, client: 3)
        #expect(processes.isBusy)
        #expect(processes.ended(10, .exited(0)) { $0 == name ? 11 : nil } == [.tell(client: 3, name, code: 0)])
        #expect(!processes.isBusy)
        #expect(processes.ended(12, .exited(1)) { _ in nil } == [])
        #expect(processes.ended(11, .exited(7)) { _ in nil } == [.report(name, code: 7)])
        #expect(processes.ended(11, .exited(7)) { _ in nil } == [])
    }

    @Test("one that has ended before the runtime did")
    func early() throws {
        var processes = DetachedProcesses()
        let (one, other) = (try name("a"), try name("b"))
        processes.began(10, one, client: 3)
        processes.began(20, other, client: 4)
        #expect(processes.ended(21, .signalled(.kill, coreDumped: false)) { _ in nil } == [])
        #expect(processes.ended(10, .exited(127)) { _ in 21 } == [.tell(client: 3, one, code: 127)])
        let steps = processes.ended(20, .exited(0)) { _ in 21 }
        #expect(steps == [.tell(client: 4, other, code: 0), .report(other, code: 137)])
    }

    @Test("the end of the container waits for what writes an end down")
    func reporters() {
        var processes = DetachedProcesses()
        processes.reporters.insert(30)
        #expect(processes.isBusy)
        #expect(processes.ended(30, .exited(0)) { _ in nil } == [])
        #expect(!processes.isBusy)
        processes.packer = 31
        processes.hasMoreToPack = true
        #expect(processes.isBusy)
        #expect(processes.ended(31, .exited(0)) { _ in nil } == [.pack])
        #expect(processes == DetachedProcesses())
    }

    @Test("whoever serves a terminal ends as its program does")
    func serving() throws {
        var processes = DetachedProcesses()
        let name = try name("c")
        processes.began(10, name, client: 3, stays: true)
        #expect(!processes.isBusy && processes.isServing)
        // Orphans come as they like as long as the terminal is served: none of their ends is kept.
        let before = processes
        #expect(processes.ended(99, .exited(0)) { _ in nil } == [] && processes == before)
        #expect(
            processes.ended(10, .exited(3)) { _ in 11 } == [.tell(client: 3, name, code: 0), .report(name, code: 3)])
        processes.began(20, name, client: 4, stays: true)
        #expect(processes.ended(20, .exited(127)) { _ in nil } == [.tell(client: 4, name, code: 127)])
        #expect(processes == DetachedProcesses())
    }

    @Test("names are 64 small hexadecimal digits and nothing else", arguments: ["", "a", "../../etc/passwd"])
    func names(text: String) {
        #expect(ExecName(text.utf8) == nil)
        #expect(ExecName((String(repeating: "a", count: 63) + "A").utf8) == nil)
        #expect(ExecName((String(repeating: "a", count: 63) + "/").utf8) == nil)
    }
}
