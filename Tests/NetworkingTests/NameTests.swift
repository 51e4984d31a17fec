import Netlink
import Testing

@testable import Networking

@Suite("Questions for names")
struct NameTests {
    /// A query as glibc sends it: number 0x1234, recursion wanted.
    static func query(_ name: String, _ type: UInt16 = 1, options: [UInt8] = []) -> [UInt8] {
        let labels = name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        return [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, options.isEmpty ? 0 : 1] + labels + [0, 0, UInt8(type), 0, 1]
            + options
    }

    /// OPT: root, type 41, 1232 bytes, no flags, no data.
    static let options: [UInt8] = [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]

    static func table() throws -> NameTable {
        var table = NameTable()
        table.networks["back"] = .init(subnets: [
            try #require(IPNetwork("10.1.0.0/24")), try #require(IPNetwork("fd01::/64")),
        ])
        table.networks["shut"] = .init(subnets: [try #require(IPNetwork("10.2.0.0/24"))])
        func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
        table.add(["web", "all", "aaaaaaaaaaaa"], [try address("10.1.0.2"), try address("fd01::2")], in: "back")
        table.add(["Web2", "all"], [try address("10.1.0.3")], in: "back")
        table.add(["vault"], [try address("10.2.0.2")], in: "shut")
        table.containers["a"] = .init(forwards: true, servers: [], networks: ["back"])
        table.containers["a"]?.links["db"] = "web2"
        table.containers["b"] = .init(forwards: false, servers: [try address("192.0.2.53")], networks: ["shut"])
        return table
    }

    func decide(_ name: String, _ type: UInt16 = 1, from id: String = "a", turn: Int = 0) throws -> NameDecision {
        try Self.table().decide(try DomainQuery(parsing: Self.query(name, type)), from: id, turn: turn)
    }

    @Test("a query is read: name, type, size")
    func reading() throws {
        let query = try DomainQuery(parsing: Self.query("WEB.Back", 28, options: Self.options))
        #expect(query.id == 0x1234 && query.wantsRecursion && query.type == .aaaa && query.recordClass == 1)
        #expect(query.name.text == "web.back")
        #expect(query.datagramLimit == 1232 && query.hasOptions)
        #expect(try DomainQuery(parsing: Self.query("a")).datagramLimit == 512)
    }

    @Test("what is no query is refused, or not answered at all")
    func refused() throws {
        func refusal(_ bytes: [UInt8]) -> DomainQuery.Refusal? {
            do throws(DomainQuery.Refusal) {
                _ = try DomainQuery(parsing: bytes)
                return nil
            } catch {
                return error
            }
        }
        let good = Self.query("web")
        #expect(refusal([]) == .silent)
        #expect(refusal([1]) == .silent)
        var answer = good
        answer[2] |= 0x80
        #expect(refusal(answer) == .silent)
        #expect(refusal(Array(good.prefix(11))) == .code(0x1234, .malformed))
        #expect(refusal(Array(good.dropLast())) == .code(0x1234, .malformed))
        var status = good
        status[2] = 0x10
        #expect(refusal(status) == .code(0x1234, .notImplemented))
        var two = good
        two[5] = 2
        #expect(refusal(two) == .code(0x1234, .malformed))
        var pointer = good
        pointer[12] = 0xc0
        #expect(refusal(pointer) == .code(0x1234, .malformed))
        #expect(refusal(Self.query(String(repeating: "a", count: 64))) == .code(0x1234, .malformed))
    }

    @Test("no bytes make the reader fail in another way")
    func fuzz() throws {
        var generator = SeededGenerator(state: 7)
        let seeds = [
            Self.query("web"), Self.query("2.0.1.10.in-addr.arpa", 12), Self.query("a.b.c", 28, options: Self.options),
        ]
        let table = try Self.table()
        for round in 0..<30_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator)))
                case 1: bytes.append(.random(in: 0...255, using: &generator))
                default:
                    guard !bytes.isEmpty else { continue }
                    bytes[.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
                }
            }
            guard let query = try? DomainQuery(parsing: bytes) else { continue }
            if case .answer(let code, let records) = table.decide(query, from: "a", turn: round) {
                let message = DomainAnswer.message(to: query, code, records: records, limit: query.datagramLimit)
                #expect(message.count <= query.datagramLimit && message.count >= 12)
                #expect(DomainAnswer.matches(message, id: query.id, question: query.question))
            }
            _ = DomainAnswer.matches(bytes, id: query.id, question: query.question)
        }
    }

    @Test("an answer byte by byte")
    func answer() throws {
        let query = try DomainQuery(parsing: Self.query("Web"))
        let message = DomainAnswer.message(to: query, .success, records: [[10, 1, 0, 2]], limit: 512)
        #expect(
            message == [
                0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0,  // an answer, recursion wanted and there; one and one
                3, 0x57, 0x65, 0x62, 0, 0, 1, 0, 1,  // the question as it came
                0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 1, 0, 2,  // its name, A, IN, 5 seconds, the address
            ])
        // What does not fit is left out, with the word that it was.
        let many = DomainAnswer.message(
            to: query, .success, records: [[UInt8]](repeating: [10, 1, 0, 2], count: 100), limit: 512)
        #expect(many.count <= 512 && many[2] & 2 == 2)
        let options = DomainAnswer.message(
            to: try DomainQuery(parsing: Self.query("Web", options: Self.options)), .noSuchName, limit: 512)
        #expect(options.suffix(11) == [0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0] && options[3] == 0x83)
    }

    @Test("names, aliases, links and names with their network's behind them")
    func names() throws {
        let web = NameDecision.answer(.success, records: [[10, 1, 0, 2]])
        #expect(try decide("web") == web)
        #expect(try decide("WEB.back") == web)
        #expect(try decide("aaaaaaaaaaaa") == web)
        #expect(try decide("web2") == .answer(.success, records: [[10, 1, 0, 3]]))
        #expect(try decide("db") == .answer(.success, records: [[10, 1, 0, 3]]))
        #expect(
            try decide("web", 28) == .answer(.success, records: [[0xfd, 1] + [UInt8](repeating: 0, count: 13) + [2]]))
        // Known, but without such a record: nobody outside is asked.
        #expect(try decide("web2", 28) == .answer(.success, records: []))
        #expect(try decide("web", 15) == .answer(.success, records: []))
        // Names of other networks, and those of others' links, are not known.
        #expect(try decide("vault") == .forward)
        #expect(try decide("db", from: "b") == .answer(.failure, records: []))
        #expect(try decide("example.org") == .forward)
        #expect(try decide("example.org", from: "b") == .answer(.failure, records: []))
        #expect(try decide("web", from: "stranger") == .answer(.refused, records: []))
    }

    @Test("several containers of one alias take turns")
    func roundRobin() throws {
        let (first, second): ([UInt8], [UInt8]) = ([10, 1, 0, 2], [10, 1, 0, 3])
        #expect(try decide("all", turn: 0) == .answer(.success, records: [first, second]))
        #expect(try decide("all", turn: 1) == .answer(.success, records: [second, first]))
        #expect(try decide("all", turn: .min) != .forward)
    }

    @Test("addresses are asked for their names")
    func pointers() throws {
        let web = try #require(DomainName("web.back"))
        #expect(try decide("2.0.1.10.in-addr.arpa", 12) == .answer(.success, records: [web.encoded]))
        let six = "2" + String(repeating: ".0", count: 27) + ".1.0.d.f.ip6.arpa"
        #expect(try decide(six, 12) == .answer(.success, records: [web.encoded]))
        #expect(try decide("9.0.1.10.in-addr.arpa", 12) == .answer(.noSuchName, records: []))
        #expect(try decide("9.9.9.9.in-addr.arpa", 12) == .forward)
        #expect(try decide("2.0.1.10.in-addr.arpa", 12, from: "b") == .answer(.failure, records: []))
        #expect(DomainName("1.2.3.in-addr.arpa")?.reversedAddress == nil)
        #expect(DomainName("1.2.3.400.in-addr.arpa")?.reversedAddress == nil)
    }

    @Test("a table goes from one process to another")
    func table() throws {
        let table = try Self.table()
        #expect(NameTable(parsing: table.text) == table)
        _ = NameTable(parsing: "network\nname x\naddress a b c d\ncontainer\nlink 1 2\n\nfoo bar")
    }
}

/// Numbers that are the same each time.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
