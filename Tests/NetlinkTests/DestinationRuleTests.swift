import LinuxKernel
import Testing

@testable import Netlink

/// Which connections rules send elsewhere, as they are read back from the kernel.
@Suite struct DestinationRuleTests {
    private static func cell(_ number: UInt32) -> RuleRegister { RuleRegister(cell: number) }

    private static let isTCP: [RuleExpression] = [.load(.transportProtocol, to: cell(0)), .equals(cell(0), [6])]
    private static let port: RuleExpression = .payload(.transport, offset: 2, length: 2, to: cell(1))

    @Test("a rule with its own port, one with a map, and what is none", .enabled(if: isPrivileged, "needs root"))
    func readBack() async {
        await #expect(processExitsWith: .success) {
            inNewNamespace {
                let cell = DestinationRuleTests.cell
                let name = try #require(RuleName("published"))
                let map = RuleSet(
                    "ports", key: [.ipv4Address, .transportProtocol, .port], value: [.ipv4Address, .port])
                let chain = RuleChain(
                    "incoming", .nat, .prerouting, priority: -100,
                    [
                        Rule(
                            "one port",
                            DestinationRuleTests.isTCP + [
                                DestinationRuleTests.port, .equals(cell(1), [0x1f, 0x90]),
                                .value([10, 0, 0, 2], to: cell(4)), .value([0, 80], to: cell(5)),
                                .destinationTranslation(family: 2, address: cell(4), port: cell(5)),
                            ]),
                        Rule(
                            "a map",
                            [
                                .load(.family, to: cell(0)), .equals(cell(0), [2]),
                                .payload(.network, offset: 16, length: 4, to: cell(0)),
                                .load(.transportProtocol, to: cell(1)),
                                .payload(.transport, offset: 2, length: 2, to: cell(2)),
                                .map(cell(0), by: "ports", to: cell(0)),
                                .destinationTranslation(family: 2, address: cell(0), port: cell(1)),
                            ]),
                        Rule("no translation", DestinationRuleTests.isTCP + [.verdict(.accept)]),
                    ])
                var transaction = RuleTransaction(.inet, name)
                transaction.replace(with: RuleTable(.inet, name, sets: [map], chains: [chain]))
                transaction.add(
                    [
                        RuleElement(
                            key: [192, 0, 2, 1, 17, 0, 0, 0, 0, 53, 0, 0], value: [10, 0, 0, 3, 0x14, 0xe9, 0, 0])
                    ], to: "ports")
                var socket = try RuleSocket()
                try socket.commit(transaction, "make a table")
                let rules = try socket.destinationRules()
                #expect(rules.count == 2)
                let own = try #require(rules.first { $0.element.isEmpty })
                #expect(own.table == "published" && own.chain == "incoming" && own.family == .inet && own.handle > 0)
                #expect(own.transport == 6 && own.ports == 8080...8080 && own.address == nil)
                #expect(own.target == IPAddress("10.0.0.2") && own.targetPort == 80)
                let mapped = try #require(rules.first { $0.element == "ports" })
                #expect(mapped.transport == 17 && mapped.ports == 53...53)
                #expect(mapped.address == IPAddress("192.0.2.1") && mapped.target == IPAddress("10.0.0.3"))
                #expect(mapped.targetPort == 5353)
            }
        }
    }

    /// An expression as the kernel lists it.
    private func expression(_ name: String, _ data: (inout MessageWriter) -> Void) throws -> Attribute {
        var writer = MessageWriter(number: 0, [])
        writer.nested(1) {
            $0.attribute(1, text: name)
            $0.nested(2, data)
        }
        return try #require(try Attribute.list(writer.finished(sequence: 0)[16...]).first)
    }

    /// What iptables 1.8 writes for `-d 127.0.0.1 -p udp --dport 5353 -j DNAT --to-destination 172.17.0.2:53`.
    @Test("iptables' own target")
    func extensions() throws {
        var reading = RegisterReading(family: .ip4)
        try reading.take(
            expression("payload") {
                for (type, value) in [(1, 1), (2, 1), (3, 16), (4, 4)] as [(UInt16, UInt32)] {
                    $0.bigEndian(type, value)
                }
            })
        try reading.take(
            expression("cmp") {
                $0.bigEndian(1, 1)
                $0.bigEndian(2, 0)
                $0.value(3, [127, 0, 0, 1])
            })
        try reading.take(
            expression("match") {
                $0.attribute(1, text: "udp")
                $0.attribute(3, bytes: [0, 0, 255, 255, 0xe9, 0x14, 0xe9, 0x14, 0, 0])
            })
        try reading.take(expression("counter") { $0.attribute(1, UInt64(0)) })
        let address: [UInt8] = [172, 17, 0, 2] + [UInt8](repeating: 0, count: 12)
        try reading.take(
            expression("target") {
                $0.attribute(1, text: "DNAT")
                $0.bigEndian(2, 2)
                $0.attribute(3, bytes: [3, 0, 0, 0] + address + address + [0, 53, 0, 53, 0, 0])
            })
        #expect(reading.address == IPAddress("127.0.0.1"))
        #expect(reading.transport == 17 && reading.ports == 5353...5353)
        #expect(reading.targets.map(\.address) == [IPAddress("172.17.0.2")])
        #expect(reading.targets.map(\.port) == [53])
    }

    @Test("what is too short is refused, what is unknown is forgotten, and nothing traps")
    func garbled() throws {
        var reading = RegisterReading(family: .ip4)
        #expect(throws: MalformedMessage.self) {
            try reading.take(
                expression("target") {
                    $0.attribute(1, text: "DNAT")
                    $0.attribute(3, bytes: [1, 0, 0, 0])
                })
        }
        for name in ["meta", "payload", "immediate", "cmp", "range", "lookup", "nat"] {
            try reading.take(expression(name) { _ in })
            for register in [0, 1, 23, 4_000_000_000] as [UInt32] {
                try? reading.take(
                    expression(name) {
                        for type in 1...6 as ClosedRange<UInt16> { $0.bigEndian(type, register) }
                    })
            }
        }
        #expect(reading.targets.isEmpty && reading.ports == nil)
    }
}
