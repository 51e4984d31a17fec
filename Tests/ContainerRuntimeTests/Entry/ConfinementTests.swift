import Capabilities
import OCISpec
import Seccomp
import Testing

@testable import ContainerRuntime

@Suite("The order in which a process is confined")
struct ConfinementTests {
    private func confinement(noNewPrivileges: Bool, filter: Bool, groups: [UInt32] = []) throws -> Confinement {
        let program = filter ? try Compiler.compile(Profile(defaultAction: .allow)) : nil
        return Confinement(
            user: RuntimeConfig.Process.User(uid: 7, gid: 8, additionalGids: groups), noNewPrivileges: noNewPrivileges,
            capabilities: CapabilityPlan(granting: []), filter: program, filterWantsListener: false,
            mayChangeGroups: true)
    }

    @Test("with no_new_privs the filter is loaded last, after start")
    func filterLast() throws {
        let value = try confinement(noNewPrivileges: true, filter: true)
        #expect(value.stepsBeforeStart == [.setNoNewPrivileges, .dropBoundingSet, .becomeUser, .restrictCapabilities])
        #expect(value.stepsAfterStart == [.loadFilter])
    }

    @Test("without, it is loaded while there is still the privilege to")
    func filterFirst() throws {
        let value = try confinement(noNewPrivileges: false, filter: true)
        #expect(value.stepsBeforeStart == [.loadFilter, .dropBoundingSet, .becomeUser, .restrictCapabilities])
        #expect(value.stepsAfterStart.isEmpty)
    }

    @Test("the primary group is always among the supplementary ones")
    func groups() throws {
        #expect(try confinement(noNewPrivileges: true, filter: false).groups == [8])
        #expect(try confinement(noNewPrivileges: true, filter: false, groups: [1, 8]).groups == [1, 8])
        #expect(try confinement(noNewPrivileges: true, filter: false, groups: [1]).groups == [8, 1])
    }
}
