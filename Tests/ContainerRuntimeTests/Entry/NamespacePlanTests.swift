import LinuxKernel
import OCISpec
import Testing

@testable import ContainerRuntime

@Suite("Namespaces of a container")
struct NamespacePlanTests {
    private typealias Namespace = RuntimeConfig.Linux.Namespace

    @Test("cgroup and time namespaces are not made by clone3")
    func madeApart() {
        let plan = NamespacePlan([
            Namespace(type: .pid), Namespace(type: .cgroup), Namespace(type: .time), Namespace(type: .mount),
        ])
        #expect(plan.atClone == [.pid, .mount])
        #expect(plan.new.contains(.cgroup) && plan.new.contains(.time))
    }

    @Test("the process enters what concerns itself, its maker what concerns future children")
    func joined() {
        let plan = NamespacePlan([
            Namespace(type: .network, path: "/n"), Namespace(type: .pid, path: "/p"), Namespace(type: .mount),
        ])
        #expect(plan.joinedByProcess.map(\.kind) == [.network])
        #expect(plan.joinedByMaker.map(\.kind) == [.pid])
    }

    @Test("with a user namespace to join, the maker enters everything")
    func joinedUser() {
        let plan = NamespacePlan([Namespace(type: .network, path: "/n"), Namespace(type: .user, path: "/u")])
        #expect(plan.joinedByMaker.map(\.kind) == [.user, .network])
        #expect(plan.joinedByProcess.isEmpty)
    }

    @Test("an empty path means a new namespace, as in runc")
    func emptyPath() {
        #expect(NamespacePlan([Namespace(type: .ipc, path: "")]).new == [.ipc])
    }
}
