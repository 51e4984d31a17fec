import LinuxKernel
import Testing

@Suite struct SignalTests {
    @Test(
        "names and numbers in every spelling",
        arguments: [
            ("9", Int32(9)), ("KILL", 9), ("SIGKILL", 9), ("sigkill", 9), ("kill", 9), ("SIGIOT", 6), ("CLD", 17),
            ("RTMIN", 34), ("SIGRTMIN+3", 37), ("rtmax-1", 63), ("RTMAX", 64), ("64", 64), ("32", 32), ("POLL", 29),
            ("SIGRTMIN+30", 64), ("RTMAX-30", 34),
        ])
    func parsing(text: String, number: Int32) throws {
        #expect(try Signal(parsing: text).rawValue == number)
    }

    @Test(
        "no signal",
        arguments: [
            "", "0", "65", "-1", "+9", "9x", " 9", "SIG", "SIGSIGKILL", "RTMIN+31", "RTMIN+", "RTMAX+1", "RTMIN-1",
            "RTMIN+-1",
            "99999999999999999999", "NOPE", "RTMIN+ 1",
        ])
    func refused(text: String) {
        #expect(throws: InvalidSignal(text: text)) { try Signal(parsing: text) }
    }

    @Test func namesReadBack() throws {
        #expect(Signal.all.count == 62)
        for signal in Signal.all { #expect(try Signal(parsing: signal.name) == signal) }
        #expect(Signal.terminate.name == "SIGTERM")
        #expect(Signal(rawValue: 40)?.name == "SIGRTMIN+6")
        #expect(Signal(rawValue: 65) == nil)
    }

    @Test func setBits() {
        let set: SignalSet = [.hangUp, .terminate]
        #expect(set.bits == 0x4001)
        #expect(set.contains(.terminate) && !set.contains(.kill))
    }
}
