import LinuxKernel
import MonitorProtocol
import Testing

@testable import Monitor

@Suite("Hand-over to a fresh image")
struct HandoverTests {
    @Test("all of it comes back")
    func roundTrip() {
        var handover = Handover(
            pid: 4711, started: Timestamp(seconds: 1_795_231_102, nanoseconds: 7), runDirectory: 3, listener: 4)
        #expect(Handover(handover.text) == handover)
        handover.earlierKills = .max >> 1
        (handover.client, handover.input, handover.output, handover.error) = (5, 6, 7, 8)
        (handover.terminal, handover.memoryEvents, handover.score) = (9, 10, -1000)
        #expect(Handover(handover.text) == handover)
        #expect(handover.descriptors == [3, 4, 5, 6, 7, 8, 9, 10])
    }

    @Test(
        "damaged", arguments: ["", "pid=1", "pid=2,seconds=1,nanoseconds=2,kills=-1,run=3,listener=4", "pid", "pid=x"])
    func damaged(text: String) {
        #expect(Handover(text) == nil)
    }
}
