import Netlink
import Testing

@Suite struct ValueTests {
    @Test(
        "addresses",
        arguments: [
            ("0.0.0.0", "0.0.0.0"), ("10.1.2.255", "10.1.2.255"), ("::", "::"), ("::1", "::1"), ("1::", "1::"),
            ("2001:DB8::0:1", "2001:db8::1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("::ffff:10.0.0.1", "::ffff:10.0.0.1"), ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
            ("fe80::1:0:0:1", "fe80::1:0:0:1"),
            ("::10.0.0.1", "::a00:1"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ])
    func addresses(text: String, printed: String) {
        #expect(IPAddress(text)?.description == printed)
        #expect(IPAddress(text).flatMap { IPAddress(bytes: $0.bytes) } == IPAddress(printed))
    }

    @Test(
        "no addresses",
        arguments: [
            "", ".", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.+4", " 1.2.3.4", "1.2.3.4 ", ":", ":::",
            "1:", ":1",
            "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "::1%eth0", "1:2:3:4:5:6:7:8::", "+1::",
            "::1.2.3",
            "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "٣.1.1.1", "1::2::", "::1::",
        ])
    func noAddresses(text: String) { #expect(IPAddress(text) == nil) }

    @Test(
        "networks",
        arguments: [
            ("10.1.2.3/8", "10.0.0.0/8", "10.255.255.255"), ("10.1.2.3/32", "10.1.2.3/32", "10.1.2.3"),
            ("10.1.2.3/0", "0.0.0.0/0", "255.255.255.255"), ("fd00::1:2/64", "fd00::/64", "fd00::ffff:ffff:ffff:ffff"),
            ("fd00:1::/28", "fd00::/28", "fd00:f:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("1::2/65", "1::/65", "1::7fff:ffff:ffff:ffff"),
            ("::1/128", "::1/128", "::1"), ("1::1/0", "::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ])
    func networks(text: String, network: String, last: String) throws {
        let value = try #require(IPNetwork(text))
        #expect(value.description == text)
        #expect(value.network.description == network)
        #expect(value.last.description == last)
        #expect(value.contains(value.last) && value.contains(value.address))
    }

    @Test(
        "no networks",
        arguments: ["1.2.3.4", "1.2.3.4/33", "::/129", "1.2.3.4/", "1.2.3.4/+8", "1.2.3.4/8/8", "/8", "1.2.3.4/256"])
    func noNetworks(text: String) { #expect(IPNetwork(text) == nil) }

    @Test func membership() throws {
        let network = try #require(IPNetwork("10.0.0.0/24"))
        #expect(network.contains(try #require(IPAddress("10.0.0.9"))))
        #expect(!network.contains(try #require(IPAddress("10.0.1.9"))))
        #expect(!IPNetwork.any4.contains(try #require(IPAddress("::1"))))
    }

    @Test("interface names", arguments: ["lo", "eth0", "a.b", "veth-x@y", "fifteen-bytes-1", "...", "ünï"])
    func names(text: String) throws { #expect(try InterfaceName(text).text == text) }

    @Test(
        "no interface names",
        arguments: ["", ".", "..", "a b", "a/b", "a:b", "sixteen-bytes-16", "a\0", "a\n", "\u{7f}"])
    func noNames(text: String) {
        #expect(throws: InvalidInterfaceName(text: text)) { try InterfaceName(text) }
    }

    @Test func hardwareAddresses() {
        #expect(HardwareAddress("02:42:ac:11:00:0F")?.description == "02:42:ac:11:00:0f")
        for text in ["", "02:42:ac:11:00", "02:42:ac:11:00:0g", "2:42:ac:11:00:0f", "+2:42:ac:11:00:0f"] {
            #expect(HardwareAddress(text) == nil)
        }
    }
}
