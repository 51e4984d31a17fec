import Capabilities
import Testing

@Suite struct FileCapabilityTests {
    /// What setcap of libcap 2.66 wrote for `cap_net_raw,cap_chown=eip`.
    static let version2: [UInt8] = [
        0x01, 0x00, 0x00, 0x02,  // version 2, effective
        0x01, 0x20, 0x00, 0x00,  // permitted, 0 to 31: 0 and 13
        0x01, 0x20, 0x00, 0x00,  // inheritable, 0 to 31
        0x00, 0x00, 0x00, 0x00,  // permitted, 32 to 63
        0x00, 0x00, 0x00, 0x00,  // inheritable, 32 to 63
    ]

    @Test func version2ReadsAndWrites() throws {
        let set = CapabilitySet([.chown, .netRaw])
        let expected = FileCapabilities(permitted: set, inheritable: set, effective: true)
        #expect(try FileCapabilities(attribute: Self.version2) == expected)
        #expect(expected.attributeBytes == Self.version2)
        #expect(CapabilityState(expected).description == "cap_chown,cap_net_raw=eip")
    }

    @Test func version3HasARootID() throws {
        let file = FileCapabilities(permitted: CapabilitySet([.bpf]), rootID: 1000)
        let bytes = file.attributeBytes
        #expect(bytes == [0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0xe8, 3, 0, 0])
        #expect(try FileCapabilities(attribute: bytes) == file)
    }

    @Test func version1HasOneWord() throws {
        #expect(
            try FileCapabilities(attribute: [0, 0, 0, 1, 0x20, 0, 0, 0, 0, 0, 0, 0])
                == FileCapabilities(permitted: CapabilitySet([.kill])))
    }

    @Test(
        "malformed attributes",
        arguments: [
            [], [0], [0, 0, 0, 2], [0, 0, 0, 4] + [UInt8](repeating: 0, count: 16),
            version2 + [0], Array(version2.dropLast()),
        ] as [[UInt8]])
    func malformed(bytes: [UInt8]) {
        #expect(throws: MalformedFileCapabilities.self) { try FileCapabilities(attribute: bytes) }
    }

    // The right sides are what getcap of libcap 2.66 printed after setcap with the left ones.
    @Test(
        "texts as the kernel tools have them",
        arguments: [
            ("cap_net_raw+ep", "cap_net_raw=ep"), ("cap_net_raw,cap_chown=eip", "cap_chown,cap_net_raw=eip"),
            ("=ep", "=ep"), ("all=p", "=p"), ("=i cap_kill-i", "=i cap_kill-i"), ("cap_kill+i", "cap_kill=i"),
            ("=", "="),
            ("CAP_kill=p 45+p", "cap_kill=p 45+p"), ("cap_kill=", "="), ("", "="),
            ("=ep cap_sys_resource-ep", "=ep cap_sys_resource-ep"), ("cap_kill=e+i-e", "cap_kill=i"),
            ("cap_chown=eip cap_net_raw+p", "cap_chown=eip cap_net_raw+p"), ("5=p", "cap_kill=p"),
            ("all,45+p", "=p 45+p"),
        ])
    func texts(text: String, expected: String) throws {
        let state = try CapabilityState(parsing: text)
        #expect(state.description == expected)
        #expect(try CapabilityState(parsing: state.description) == state)
    }

    @Test(
        "no texts",
        arguments: [
            ("cap_kill", InvalidCapabilityText.noOperator(clause: "cap_kill")),
            ("cap_x+p", .unknownCapability("cap_x")),
            ("kill+p", .unknownCapability("kill")), ("cap_kill+x", .unknownFlag(clause: "cap_kill+x")),
            ("+p", .incomplete(clause: "+p")), ("cap_kill+", .incomplete(clause: "cap_kill+")),
            ("cap_kill,,cap_chown=p", .unknownCapability("")), ("64+p", .unknownCapability("64")),
        ])
    func noTexts(text: String, error: InvalidCapabilityText) {
        #expect(throws: error) { try CapabilityState(parsing: text) }
    }

    @Test func oneEffectiveBit() throws {
        #expect(throws: InvalidCapabilityText.unevenEffective) {
            try CapabilityState(parsing: "cap_kill=p cap_chown=ep").file()
        }
        #expect(try CapabilityState(parsing: "cap_kill=ep").file(rootID: 5).rootID == 5)
    }
}
