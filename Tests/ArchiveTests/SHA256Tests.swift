import Archive
import CSHA256
import OCISpec
import Testing

@Suite struct SHA256Tests {
    @Test(
        "values of FIPS 180-4",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func known(text: String, hex: String) { #expect(SHA256Hash.digest(of: text.utf8).hex == hex) }

    @Test func aMillionLetters() {
        var hash = SHA256Hash()
        let part = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
        for _ in 0..<1000 { part.withUnsafeBytes { hash.update($0) } }
        #expect(hash.finish().hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test("pieces of any length give the same", arguments: 0..<130)
    func pieces(length: Int) {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7) }
        for cut in stride(from: 0, through: length, by: 13) {
            var hash = SHA256Hash()
            bytes[..<cut].withUnsafeBytes { hash.update($0) }
            bytes[cut...].withUnsafeBytes { hash.update($0) }
            #expect(hash.finish() == SHA256Hash.digest(of: bytes))
        }
    }

    @Test func theCPUsInstructionsAgree() {
        var random = Repeatable(state: 1)
        let blocks = (0..<64 * 50).map { _ in UInt8.random(in: 0...255, using: &random) }
        var fast = (0..<8).map { _ in UInt32.random(in: 0 ... .max, using: &random) }
        var portable = fast
        csha256_blocks(&fast, blocks, 50)
        csha256_blocks_portable(&portable, blocks, 50)
        #expect(fast == portable)
    }
}
