import Netlink
import Testing

@testable import Networking

@Suite struct PortSpecificationTests {
    private func wish(
        _ container: UInt16, _ host: ClosedRange<UInt16>? = nil, _ address: String? = nil,
        _ transport: TransportProtocol = .tcp
    ) -> PortWish {
        PortWish(
            hostAddress: address.flatMap { IPAddress($0) }, hostPorts: host, containerPort: container,
            transport: transport)
    }

    @Test func single() throws {
        #expect(try PortWish.parse("80") == [wish(80)])
        #expect(try PortWish.parse("8080:80") == [wish(80, 8080...8080)])
        #expect(try PortWish.parse("8080:80/UDP") == [wish(80, 8080...8080, nil, .udp)])
        #expect(try PortWish.parse("127.0.0.1:8080:80") == [wish(80, 8080...8080, "127.0.0.1")])
        #expect(try PortWish.parse("127.0.0.1::80") == [wish(80, nil, "127.0.0.1")])
        #expect(try PortWish.parse("0.0.0.0:8080:80") == [wish(80, 8080...8080)])
        #expect(try PortWish.parse("[::1]:8080:80/sctp") == [wish(80, 8080...8080, "::1", .sctp)])
    }

    @Test("the short way reads what the long one does, or leaves it alone")
    func plain() throws {
        for (port, host) in [("80/tcp", "8080"), ("65535/udp", "1"), ("80/tcp", "")] {
            #expect(try [PortWish(plain: port, at: host)] == PortWish.parse("\(host.isEmpty ? "" : host + ":")\(port)"))
        }
        for (port, host) in [
            ("80", "80"), ("80/sctp", "80"), ("80/TCP", "80"), ("0/tcp", "80"), ("080/tcp", "80"), ("65536/tcp", "80"),
            ("/tcp", "80"), ("80/tcp", "0"), ("80/tcp", "65536"), ("80/tcp", "1-2"), ("80/tcp", " 1"), ("80/tcp", "+1"),
            ("80-81/tcp", "80"), ("80/tcp", "٣"), ("", ""), ("tcp", "1"),
        ] {
            #expect(PortWish(plain: port, at: host) == nil, "\(port) at \(host)")
        }
    }

    @Test func ranges() throws {
        #expect(try PortWish.parse("7000-7001:80-81") == [wish(80, 7000...7000), wish(81, 7001...7001)])
        #expect(try PortWish.parse("7000-7001:80") == [wish(80, 7000...7001)])
        #expect(try PortWish.parse("80-82").map(\.containerPort) == [80, 81, 82])
        #expect(try PortWish.parse("65535").map(\.containerPort) == [65535])
        #expect(try PortWish.parse("1-65535").count == 65535)
    }

    @Test(
        "no ports",
        arguments: [
            "", ":", "0", "65536", "-1", "80-", "-80", "80-79", "+80", "8080:", "a", "80/", "80/icmp", "80/tcp/udp",
            "7000-7002:80-81", "1.2.3:80:80", "1.2.3.4:80", "[::1]", "[::1]80", "[::1]:80", "[::1:80:80",
            "[1.2.3.4]:80:80",
            "1:2:3:4", "[::1]:1:2:3", "٨٠", "80 ", "123456:80",
        ])
    func invalid(text: String) { #expect(throws: NetworkingError.self) { try PortWish.parse(text) } }
}
