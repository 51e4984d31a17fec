import OCISpec
import Testing

/// SHA-256 is tested with the archives that it was written for.
struct ContentHashTests {
    @Test(
        "SHA-512: values of FIPS 180-4",
        arguments: [
            (
                "",
                "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
            ),
            (
                "abc",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
            ),
            (
                "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
                "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"
            ),
        ])
    func known(text: String, hex: String) {
        let digest = ContentHash.digest(.sha512, of: Array(text.utf8))
        #expect(digest.algorithm == .sha512)
        #expect(digest.hex == hex)
    }

    @Test("pieces of any length give the same", arguments: Digest.Algorithm.allCases)
    func pieces(algorithm: Digest.Algorithm) {
        for length in 0..<300 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            var hash = ContentHash(algorithm)
            let cut = length * 2 / 3
            bytes[..<cut].withUnsafeBytes { hash.update($0) }
            bytes[cut...].withUnsafeBytes { hash.update($0) }
            #expect(hash.finish() == ContentHash.digest(algorithm, of: bytes))
        }
    }

    @Test(
        "every length around two blocks: the hash of all hashes",
        arguments: [
            (Digest.Algorithm.sha256, "d5238871a46ac4a1a75ac3fb19d645b0b3b9e5f35f5f720e2b240d605c6b694e"),
            (
                .sha512,
                "30d6c78a55e1f152f00703601a37b39b96c6c8fa2b3e66fb9c8182466b108d39d5dd84827c69cadb4376853da7ec31ea83a0a7a0e5a713bac426e0f0ceea8424"
            ),
        ])
    func lengths(algorithm: Digest.Algorithm, hex: String) {
        var all = ContentHash(algorithm)
        for length in 0..<300 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7 + length) }
            let digits = Array(ContentHash.digest(algorithm, of: bytes).hex.utf8)
            let hash = stride(from: 0, to: digits.count, by: 2).compactMap {
                UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
            }
            hash.withUnsafeBytes { all.update($0) }
        }
        #expect(all.finish().hex == hex)
    }
}
