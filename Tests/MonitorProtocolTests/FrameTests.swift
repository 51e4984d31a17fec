import LinuxKernel
import MonitorProtocol
import Testing

@Suite("Frames of the attach protocol")
struct FrameTests {
    static let record = ExitRecord(
        exitCode: 137, signal: 9, oomKilled: true, startedAt: Timestamp(seconds: 1, nanoseconds: 500_000_000),
        finishedAt: Timestamp(seconds: 2))

    @Test("the wire form, byte by byte")
    func wire() throws {
        // kind, three zeros, length in big-endian order, payload
        #expect(MonitorMessage.standardOutput([0x68, 0x69]).encoded == [1, 0, 0, 0, 0, 0, 0, 2, 0x68, 0x69])
        #expect(MonitorMessage.standardError([0x21]).encoded == [2, 0, 0, 0, 0, 0, 0, 1, 0x21])
        #expect(ClientMessage.input([]).encoded == [0, 0, 0, 0, 0, 0, 0, 0])
        #expect(ClientMessage.endOfInput.encoded == [6, 0, 0, 0, 0, 0, 0, 0])
        #expect(
            ClientMessage.resize(WindowSize(rows: 24, columns: 300)).encoded == [7, 0, 0, 0, 0, 0, 0, 4, 0, 24, 1, 44])
        #expect(MonitorMessage.started(pid: 7).encoded == [3, 0, 0, 0, 0, 0, 0, 9] + Array("{\"pid\":7}".utf8))
        #expect(
            String(decoding: Self.record.json, as: UTF8.self)
                == "{\"exitCode\":137,\"signal\":9,\"oomKilled\":true,"
                + "\"startedAt\":\"1970-01-01T00:00:01.5Z\",\"finishedAt\":\"1970-01-01T00:00:02Z\"}")
    }

    static let monitorMessages: [MonitorMessage] = [
        .standardOutput([]), .standardOutput([0, 255, 10]), .standardError(Array(repeating: 65, count: 65_536)),
        .started(pid: 4_194_304), .failed(StartFailure(kind: .notFound, message: "exec \"/x\"\n\u{1}: ünknown")),
        .exited(record), .dropped(bytes: 1 << 40), .executed(code: 127),
        .exited(
            ExitRecord(
                exitCode: 0, signal: nil, oomKilled: false, startedAt: Timestamp(seconds: 0),
                finishedAt: Timestamp(seconds: 0))),
    ]
    static let clientMessages: [ClientMessage] =
        [
            .input([1, 2, 3]), .endOfInput, .resize(WindowSize(rows: 65_535, columns: 0)), .input([]),
            .claim, .cleaned,
        ] + (ExecName(String(repeating: "0f", count: 32).utf8).map { [.execute($0)] } ?? [])

    @Test("pieces of any size give the same messages", arguments: [1, 2, 3, 7, 8, 9, 1000, 1 << 20])
    func pieces(size: Int) throws {
        let stream = Self.monitorMessages.flatMap(\.encoded)
        var decoder = FrameDecoder(from: .monitor)
        var frames: [Frame] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            frames += try decoder.feed(Array(stream[start..<min(start + size, stream.count)]))
        }
        #expect(decoder.isAtBoundary)
        #expect(try frames.map { try MonitorMessage($0) } == Self.monitorMessages)
        #expect(frames.flatMap(\.encoded) == stream)
    }

    @Test("a client's messages come back")
    func client() throws {
        var decoder = FrameDecoder(from: .client)
        let frames = try decoder.feed(Self.clientMessages.flatMap(\.encoded))
        #expect(try frames.map { try ClientMessage($0) } == Self.clientMessages)
    }

    @Test("long output becomes several frames")
    func split() throws {
        let bytes = [UInt8](repeating: 7, count: 150_000)
        var decoder = FrameDecoder(from: .monitor)
        let frames = try decoder.feed(MonitorMessage.standardOutput(bytes).encoded)
        #expect(frames.map(\.payload.count) == [65_536, 65_536, 18_928])
        #expect(frames.flatMap(\.payload) == bytes)
    }

    static let refused: [([UInt8], FrameError)] = [
        ([13, 0, 0, 0, 0, 0, 0, 0], .unknownKind(13)), ([11, 0, 0, 0, 0, 0, 0, 63], .badLength(.execute, 63)),
        ([12, 0, 0, 0, 0, 0, 0, 2], .wrongSender(.executed)),
        ([1, 0, 0, 0, 0, 0, 0, 0], .wrongSender(.standardOutput)),
        ([0, 0, 1, 0, 0, 0, 0, 0], .reservedBytesUsed),
        ([0, 0, 0, 0, 0, 1, 0, 1], .badLength(.input, 65_537)),
        ([0, 0, 0, 0, 255, 255, 255, 255], .badLength(.input, .max)),
        ([6, 0, 0, 0, 0, 0, 0, 1], .badLength(.endOfInput, 1)),
        ([7, 0, 0, 0, 0, 0, 0, 3], .badLength(.resize, 3)),
        ([9, 0, 0, 0, 0, 0, 0, 1], .badLength(.claim, 1)),
    ]

    @Test("what is not of the protocol is refused, and stays so", arguments: refused)
    func refusals(bytes: [UInt8], error: FrameError) {
        var decoder = FrameDecoder(from: .client)
        #expect(throws: error) { try decoder.feed(bytes) }
        #expect(throws: error) { try decoder.feed(ClientMessage.endOfInput.encoded) }
    }

    @Test(
        "payloads that are not what their kind promises",
        arguments: [FrameKind.started, .failed, .exited, .dropped, .executed])
    func payloads(kind: FrameKind) throws {
        for text in ["{}", "[]", "{\"pid\":\"1\"}", "{\"pid\":99999999999}", "{\"droppedBytes\":-1}"] {
            let frame = try Frame(kind, Array(text.utf8))
            #expect(throws: FrameError.badPayload(kind)) { try MonitorMessage(frame) }
        }
    }

    @Test("ten thousand damaged streams: an error or frames, never more")
    func fuzz() {
        var random = SeededGenerator(state: 2)
        let seeds = [
            Self.monitorMessages.filter { $0.encoded.count < 1000 }.flatMap(\.encoded),
            Self.clientMessages.flatMap(\.encoded),
        ]
        for round in 0..<10_000 {
            let sender: FrameSender = round.isMultiple(of: 2) ? .monitor : .client
            var bytes = seeds[round % 2]
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: bytes.remove(at: place)
                default: bytes.insert(UInt8.random(in: 0...9, using: &random), at: place)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            var decoder = FrameDecoder(from: sender)
            var rest = bytes[...]
            while !rest.isEmpty {
                let size = Int.random(in: 1...rest.count, using: &random)
                guard let frames = try? decoder.feed(Array(rest.prefix(size))) else { break }
                for frame in frames {
                    #expect(frame.kind.sender == sender)
                    #expect(frame.kind.payloadSizes.contains(frame.payload.count))
                    // A damaged payload may be refused; either answer is right.
                    _ = try? MonitorMessage(frame)
                    _ = try? ClientMessage(frame)
                }
                rest = rest.dropFirst(size)
            }
        }
    }
}

/// SplitMix64: the same numbers in each run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
