import Testing

@testable import Monitor

@Suite("The kernel's log")
struct KernelLogTests {
    private static let id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

    private static func line(_ group: String, _ name: String) -> String {
        "6,1234,5678901,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
            + "oom_memcg=\(group),task_memcg=\(group),task=\(name),pid=4711,uid=0\n SUBSYSTEM=x\n"
    }

    @Test("names whom it killed, in this container and below it, whatever the name holds")
    func victims() {
        for group in ["/brig/\(Self.id)", "/brig/\(Self.id)/inner"] {
            for name in ["tail", "a,pid=1,uid=2", ""] {
                let victim = KernelLog.victim(Self.line(group, name), in: Self.id)
                #expect(victim?.name == name && victim?.pid == 4711)
            }
        }
    }

    @Test(
        "other records are not taken for one",
        arguments: [
            line("/brig/other", "tail"), line("/brig/\(id)x", "tail"), "", ";", "6,1,2,-;oom-kill:",
            "6,1,2,-;oom-kill:task=tail,pid=1", "6,1,2,-;eth0: oom-kill:task_memcg=/\(id),task=a,pid=1,uid=0",
            "6,1,2,-;oom-kill:task_memcg=/\(id),task=a,pid=x,uid=0",
        ])
    func others(record: String) {
        #expect(KernelLog.victim(record, in: Self.id) == nil)
    }
}
