import OCISpec
import Testing

@testable import Registry

struct FieldTests {
    @Test(
        "Link",
        arguments: [
            (#"</v2/x/tags/list?n=2&last=b>; rel="next""#, "/v2/x/tags/list?n=2&last=b"),
            ("<a>; rel=prev, <b>; title=\"x, y\"; rel=\"last next\"", "b"), ("<a>;rel=NEXT", "a"), ("<a>", nil),
            ("a; rel=next", nil), ("<a; rel=next", nil), ("", nil), ("<>; rel=next", nil), ("<a>;;rel=next", "a"),
        ])
    func link(field: String, target: String?) { #expect(LinkField.next(field) == target) }

    @Test("Content-Range")
    func range() {
        #expect(ContentRange("bytes 0-9/10").map { [$0.first, $0.last, $0.total ?? -1] } == [0, 9, 10])
        #expect(ContentRange("Bytes 5-9/*").map { [$0.first, $0.last, $0.total ?? -1] } == [5, 9, -1])
        for field in [
            "", "bytes", "bytes */10", "bytes 9-5/10", "bytes 0-10/10", "bytes -1-5/10", "bytes 0-9", "items 0-9/10",
            "bytes 0-9999999999999999999/*", "bytes 0-9223372036854775807/*", "bytes +0-9/10", "bytes 0-9/10/10",
        ] { #expect(ContentRange(field) == nil, "\(field)") }
        #expect(ContentRange.lastOfUpload("0-99") == 99)
        #expect(ContentRange.lastOfUpload("bytes=0-99") == 99)
        #expect(ContentRange.lastOfUpload("1-99") == nil)
    }

    @Test("when to come back")
    func retry() {
        func time(_ fields: [String: String]) -> Int64? { RetryTime.seconds({ fields[$0] }, now: 1_000_000) }
        #expect(time(["retry-after": "120"]) == 1_000_120)
        #expect(time(["retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"]) == 784_111_777)
        #expect(time(["ratelimit-reset": "30;w=60"]) == 1_000_030)
        #expect(time(["x-ratelimit-reset": "1800000000"]) == 1_800_000_000)
        #expect(time([:]) == nil && time(["retry-after": "soon"]) == nil)
        #expect(time(["retry-after": "99999999999999999999"]) == nil)
        #expect(RetryTime.text(784_111_777) == "1994-11-06 08:49:37 UTC")
    }

    @Test("waits grow, and not for ever")
    func backoff() {
        let backoff = Backoff()
        for failures in 1..<100 {
            let delay = backoff.delay(after: failures)
            #expect(delay >= backoff.first / 2 && delay <= backoff.longest)
        }
        #expect(backoff.delay(after: 50) >= backoff.longest / 2)
    }

    @Test(
        "addresses",
        arguments: [
            ("https://Example.COM", "https://example.com/"), ("http://h:80/a?b=c#d", "http://h/a?b=c"),
            ("https://h:8443?x", "https://h:8443/?x"), ("https://[::1]:5000/a|b", "https://[::1]:5000/a%7Cb"),
            ("ftp://h/", nil), ("https://", nil), ("https:///a", nil), ("https://u@h/", nil), ("https://h:0/", nil),
            ("https://h:x/", nil), ("https://h/a b", nil), ("https://h/a\\b", nil), ("https://h/%zz", nil),
            ("https://h/ä", nil), ("https://h\\@g/", nil), ("https://h%2f/", nil), ("//h/", nil), ("", nil),
        ])
    func address(text: String, result: String?) { #expect(WebAddress(text)?.text == result) }

    @Test(
        "addresses from addresses",
        arguments: [
            ("/b?c", "https://h/b?c"), ("b", "https://h/a/b"), ("?x=y", "https://h/a/list?x=y"),
            ("//g/b", "https://g/b"), ("http://g", "http://g/"), ("", "https://h/a/list?n=1"), ("../b", nil),
            ("a/../../b", nil), ("javascript:x", nil), ("file:///etc", nil), ("b:c", nil),
            ("./b:c", "https://h/a/./b:c"),
        ])
    func resolve(reference: String, result: String?) throws {
        let base = try #require(WebAddress("https://h/a/list?n=1"))
        #expect(base.resolving(reference)?.text == result)
    }

    @Test("this machine")
    func loopback() {
        let isLoopback = { (host: String) in WebAddress("http://\(host)/")?.origin.isLoopback }
        for host in ["localhost", "127.0.0.1", "127.255.0.3:80", "[::1]:5000", "LOCALHOST"] {
            #expect(isLoopback(host) == true, "\(host)")
        }
        for host in ["127.0.0.1.example.com", "localhost.example.com", "128.0.0.1", "127.1", "127.0.0.256", "[::2]"] {
            #expect(isLoopback(host) == false, "\(host)")
        }
    }

    @Test("whatever a server sends in these fields, nothing traps", arguments: 0..<4)
    func fuzz(part: Int) {
        var random = Repeatable(state: UInt64(part) + 1)
        let seeds = [
            #"Bearer realm="https://a/b",service="c \" d",scope="repository:x:pull""#, "Basic realm=x, Digest a=b",
            #"</v2/x?n=1>; rel="next", <y>; rel=prev"#, "bytes 0-99/100", "Sun, 06 Nov 1994 08:49:37 GMT",
            "https://user:pw@[::1]:5000/a/b?c=d#e", "\u{0}\u{7f}%41\\;;==\"\"<<>>,,",
        ].map { Array($0.utf8) }
        for _ in 0..<20_000 {
            var bytes = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                let at = Int.random(in: 0...bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0 where at < bytes.count: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(at..<min(bytes.count, at + 5))
                case 2:
                    bytes.insert(contentsOf: seeds[Int.random(in: 0..<seeds.count, using: &random)].prefix(9), at: at)
                default: bytes.insert(UInt8(ascii: "\""), at: at)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            for challenge in Challenge.parse(text) { #expect(!challenge.scheme.isEmpty) }
            _ = LinkField.next(text)
            _ = ContentRange(text)
            _ = ContentRange.lastOfUpload(text)
            _ = RetryTime.seconds({ _ in text }, now: 1)
            if let address = WebAddress(text) {
                #expect(WebAddress(address.text) == address)
                _ = address.resolving(text)
            }
            #expect(!printable(text).contains { $0.isNewline || $0 == "\u{1b}" || $0 == "\u{0}" })
        }
    }
}

/// Steele, Lea and Flood's SplitMix64, so that a failure can be repeated.
struct Repeatable: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
