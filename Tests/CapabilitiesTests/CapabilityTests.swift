import Capabilities
import Testing

@Suite struct CapabilityTests {
    @Test(
        "spellings",
        arguments: [
            ("CAP_NET_RAW", Capability.netRaw), ("net_raw", .netRaw), ("cap_chown", .chown),
            ("Checkpoint_Restore", .checkpointRestore),
        ])
    func names(text: String, expected: Capability) { #expect(Capability(name: text) == expected) }

    @Test("no names", arguments: ["", "CAP_", "CAP_CAP_KILL", "kill ", "41", "ALL", "CAP_KİLL"])
    func noNames(text: String) { #expect(Capability(name: text) == nil) }

    @Test func numbers() {
        #expect(Capability.named.count == 41)
        for capability in Capability.named {
            #expect(Capability(name: capability.toolName) == capability)
            #expect(Capability(specName: capability.specName) == capability)
        }
        #expect(Capability(rawValue: 40)?.specName == "CAP_CHECKPOINT_RESTORE")
        #expect(Capability(rawValue: 63)?.toolName == "63")
        #expect(Capability(rawValue: 64) == nil)
        #expect(Capability(specName: "cap_kill") == nil && Capability(specName: "KILL") == nil)
    }

    @Test func dockerDefaultIsTheKnownMask() {
        #expect(CapabilitySet.dockerDefault.hexadecimal == "00000000a80425fb")
        #expect(CapabilitySet.dockerDefault.capabilities.count == 14)
        #expect(
            CapabilitySet(hexadecimal: "0xa80425fb")?.decoded
                == "0x00000000a80425fb=cap_chown,cap_dac_override,cap_fowner,cap_fsetid,cap_kill,cap_setgid,cap_setuid,"
                + "cap_setpcap,cap_net_bind_service,cap_net_raw,cap_sys_chroot,cap_mknod,cap_audit_write,cap_setfcap")
    }

    @Test("no mask", arguments: ["", "0x", "xyz", "11111111111111111", "-1", "+1", "0x+1"])
    func noMask(text: String) { #expect(CapabilitySet(hexadecimal: text) == nil) }

    @Test func specNames() {
        var unknown: [String] = []
        let set = CapabilitySet(specNames: ["CAP_KILL", "CAP_NEW", "kill", "CAP_NEW", "CAP_BPF"], unknown: &unknown)
        #expect(set == CapabilitySet([.kill, .bpf]))
        #expect(unknown == ["CAP_NEW", "kill"])
        #expect(throws: UnknownCapability(name: "x")) { try CapabilitySet(names: ["kill", "x"]) }
    }

    @Test(
        "added and dropped",
        arguments: [
            (["NET_ADMIN"], [], CapabilitySet.dockerDefault.union(CapabilitySet([.netAdmin]))),
            ([], ["ALL"], []), (["kill"], ["all"], CapabilitySet([.kill])),
            (["ALL"], ["CAP_KILL"], CapabilitySet.named.subtracting(CapabilitySet([.kill]))),
            ([], ["KILL"], CapabilitySet.dockerDefault.subtracting(CapabilitySet([.kill]))), (["ALL"], [], .named),
        ] as [([String], [String], CapabilitySet)])
    func adjusted(added: [String], dropped: [String], expected: CapabilitySet) throws {
        #expect(try CapabilitySet.dockerDefault.adjusted(adding: added, dropping: dropped) == expected)
    }

    @Test func sets() {
        #expect(CapabilitySet.all(upTo: .checkpointRestore) == .named)
        #expect(CapabilitySet.named.rawValue == 0x1ff_ffff_ffff)
        #expect(Capability(rawValue: 63).map { CapabilitySet.all(upTo: $0).rawValue } == .max)
    }
}

@Suite struct CapabilityPlanTests {
    @Test func orderForRoot() {
        let plan = CapabilityPlan(granting: .dockerDefault)
        #expect(
            plan.steps(userID: 0) == [
                .dropBounding(keeping: .dockerDefault), .changeUser,
                .set(permitted: .dockerDefault, effective: .dockerDefault, inheritable: []),
            ])
    }

    @Test func orderForAnotherUser() {
        let kill = CapabilitySet([.kill])
        let plan = CapabilityPlan(
            bounding: kill, permitted: kill, effective: kill, inheritable: kill,
            ambient: CapabilitySet([.kill, .chown]))
        #expect(
            plan.steps(userID: 1000) == [
                .dropBounding(keeping: kill), .keepAcrossUserChange, .changeUser,
                .set(permitted: kill, effective: kill, inheritable: kill), .raiseAmbient(kill),
            ])
    }

    @Test func nothingToKeep() {
        #expect(!CapabilityPlan(granting: []).keepsAcross(userID: 1000))
    }
}
