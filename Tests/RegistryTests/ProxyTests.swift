import Testing

@testable import Registry

@Suite("Proxies of the environment")
struct ProxyTests {
    private func settings(_ environment: [String: String]) throws -> ProxySettings {
        try ProxySettings { environment[$0] }
    }

    private func isProxied(_ address: String, _ settings: ProxySettings) throws -> Bool {
        settings.proxy(for: try #require(WebAddress(address)).origin) != nil
    }

    @Test("small letters before capital ones, unless they say nothing; host, port, name and password")
    func values() throws {
        let both = try settings(["https_proxy": "http://a:1", "HTTPS_PROXY": "b:2", "HTTP_PROXY": "u:p%40x@[::1]:3/"])
        #expect(both.https == .init(host: "a", port: 1, credential: nil))
        #expect(both.http == .init(host: "::1", port: 3, credential: "u:p@x"))
        #expect(
            try settings(["https_proxy": "", "HTTPS_PROXY": "b"]).https == .init(host: "b", port: 80, credential: nil))
        #expect(try settings([:]) == ProxySettings())
    }

    @Test(
        "what cannot be used is refused without its password",
        arguments: ["https://u:s3cret@a:1", "socks5://a", "u:s3cret@", "s3cret@a", "a:99999", "a:1/path", "u:%zz@a"])
    func refused(text: String) throws {
        let error = try #require(throws: RegistryError.self) { try self.settings(["https_proxy": text]) }
        #expect(error.kind == .invalidInput && !error.description.contains("s3cret"))
    }

    @Test(
        "no_proxy",
        arguments: [
            ("", true), ("*", false), ("lan", false), ("reg.lan", false), (".lan", false), ("*.lan", false),
            ("eg.lan", true), ("reg.lan.", true), ("reg.lan:5000", false), ("reg.lan:5001", true), ("LAN", false),
            ("other, lan", false), ("10.0.0.0/8", true), ("/8,:,a/b,::/x", true),
        ])
    func exceptions(text: String, isProxied: Bool) throws {
        let settings = try settings(["https_proxy": "p:1", "no_proxy": text])
        #expect(try self.isProxied("https://reg.lan:5000/v2/", settings) == isProxied)
    }

    @Test(
        "networks and addresses in no_proxy",
        arguments: [
            ("10.1.0.0/16", "10.1.2.3", false), ("10.1.0.0/16", "10.2.0.1", true), ("10.1.2.3", "10.1.2.3", false),
            ("10.1.2.0/23", "10.1.3.9", false), ("10.1.2.3:80", "10.1.2.3", true), ("0.0.0.0/0", "8.8.8.8", false),
            ("fd00::/8", "[fd12::1]", false), ("fd00::/8", "[fe80::1]", true),
            ("2001:db8::1", "[2001:db8:0::1]", false),
        ])
    func networks(text: String, host: String, isProxied: Bool) throws {
        let settings = try settings(["https_proxy": "p:1", "no_proxy": text])
        #expect(try self.isProxied("https://\(host)/", settings) == isProxied)
    }

    @Test("this machine is asked directly; each scheme has its own", arguments: ["localhost", "127.1.2.3", "[::1]"])
    func loopback(host: String) throws {
        let settings = try settings(["http_proxy": "p:1"])
        #expect(try !isProxied("http://\(host):5000/", settings))
        #expect(try isProxied("http://reg.lan/", settings))
        #expect(try !isProxied("https://reg.lan/", settings))
    }
}
