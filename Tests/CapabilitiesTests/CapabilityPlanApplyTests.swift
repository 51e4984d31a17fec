import Capabilities
import LinuxKernel
import Testing

/// Whether this process may change its capabilities freely.
let isPrivileged = CallerIdentity.effectiveUid == 0

/// The sets of the calling thread: what one thread of the test process does, its leader does not show.
func ownSets() throws -> ProcessCapabilities {
    let thread = try readSymbolicLink("/proc/thread-self").split(separator: "/").last.flatMap { Int32($0) }
    return try ProcessCapabilities(of: try #require(thread))
}

// Each in a process of its own, as there is no way back.
@Suite(.enabled(if: isPrivileged)) struct CapabilityPlanApplyTests {
    @Test func anotherUser() async {
        await #expect(processExitsWith: .success) {
            let kept = CapabilitySet([.kill, .chown])
            let ambient = CapabilitySet([.kill])
            let plan = CapabilityPlan(
                bounding: kept, permitted: kept, effective: ambient, inheritable: ambient, ambient: ambient)
            try plan.dropBounding()
            if plan.keepsAcross(userID: 65_534) { try plan.keepAcrossUserChange() }
            try setUserID(65_534)
            #expect(try plan.apply() == [])
            #expect(try ownSets() == plan.sets)
        }
    }

    @Test func nothingLeft() async {
        await #expect(processExitsWith: .success) {
            let plan = CapabilityPlan(granting: [])
            try plan.dropBounding()
            try plan.apply()
            #expect(try ownSets() == plan.sets)
            #expect(throws: SyscallError.self) { try CapabilityPlan(granting: CapabilitySet([.chown])).dropBounding() }
        }
    }

    @Test func whatTheHostLacksIsReported() async {
        await #expect(processExitsWith: .success) {
            let held = CapabilitySet([.kill, .chown, .setpcap])
            try CapabilityPlan(granting: held).apply()
            let asked = CapabilitySet([.kill, .sysAdmin])
            #expect(
                try CapabilityPlan(
                    bounding: asked, permitted: asked, effective: asked, inheritable: asked, ambient: asked
                ).apply() == CapabilitySet([.sysAdmin]))
            #expect(try ownSets().effective == CapabilitySet([.kill]))
            #expect(try ownSets().ambient == CapabilitySet([.kill]))
        }
    }

    @Test func effectiveBeyondPermittedIsRefused() async {
        await #expect(processExitsWith: .success) {
            let plan = CapabilityPlan(bounding: [], permitted: [], effective: CapabilitySet([.kill]))
            #expect(throws: SyscallError.self) { try plan.apply() }
        }
    }

    @Test func fileAttribute() throws {
        let file = try OwnedDescriptor(open: "/tmp", [.temporaryFile, .readWrite])
        #expect(try file.fileCapabilities() == nil)
        let capabilities = FileCapabilities(permitted: CapabilitySet([.netRaw]), effective: true)
        try file.setFileCapabilities(capabilities)
        #expect(try file.fileCapabilities() == capabilities)
        try file.setFileCapabilities(nil)
        #expect(try file.fileCapabilities() == nil)
    }
}
