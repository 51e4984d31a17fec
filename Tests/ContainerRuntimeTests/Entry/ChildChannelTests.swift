import LinuxKernel
import Testing

@testable import ContainerRuntime

/// docs/protocols/init.md: what the runtime and the process that it makes say to each other.
@Suite("The line to a process on its way in")
struct ChildChannelTests {
    static let messages: [ChildMessage] = [
        .mounted, .ready, .listener(1234), .failed(RuntimeError(.invalidInput, "no such file")),
    ]

    @Test("words arrive as they were said", arguments: messages)
    func words(_ message: ChildMessage) throws {
        let pair = try ChildChannel.pair()
        let child = ChildChannel(socket: pair.first)
        let parent = ChildChannel(socket: pair.second)
        try child.tell(message)
        #expect(try parent.hearChild() == message)
        try parent.tell(.start)
        #expect(try child.hear() == .start)
    }

    @Test("why a process failed is heard though it left a word of ours unread")
    func lastWord() throws {
        let pair = try ChildChannel.pair()
        let parent = ChildChannel(socket: pair.second)
        let reason = RuntimeError(.fault, "mounting the root")
        try parent.tell(.proceed)
        try Self.fail(ChildChannel(socket: pair.first), reason)
        #expect(try parent.hearChild() == .failed(reason))
        #expect(try parent.hearChild() == nil)
    }

    /// Says why, and lets go of its end.
    private static func fail(_ child: consuming ChildChannel, _ reason: RuntimeError) throws {
        try child.tell(.failed(reason))
    }
}
