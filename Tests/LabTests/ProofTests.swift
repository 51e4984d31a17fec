import Testing

@testable import Lab

/// Files that a test makes up.
private struct MadeUp: Evidence {
    var files: [String: String] = [:]
    var links: [String: String] = [:]
    var isUnified = false

    func content(_ path: String) -> String? { files[path] }
    func link(_ path: String) -> String? { links[path] }
    func exists(_ path: String) -> Bool { files[path] != nil }
    func cgroup(_ controller: String, _ group: String) -> (path: String, isUnified: Bool) {
        (isUnified ? "/unified/\(group)" : "/\(controller)/\(group)", isUnified)
    }
}

@Suite("Proofs")
struct ProofTests {
    private let done = Outcome(succeeded: true, output: "inside-the-lab\n")
    private let failed = Outcome(succeeded: false, output: "chown: Operation not permitted\n")

    @Test("output counts only from a command that succeeded")
    func output() {
        #expect(Proof.prints("inside").check(done, [:], MadeUp()).holds)
        #expect(!Proof.prints("outside").check(done, [:], MadeUp()).holds)
        #expect(!Proof.prints("chown").check(failed, [:], MadeUp()).holds)
    }

    @Test("a refusal is a failure that says why")
    func refusal() {
        #expect(Proof.refused("not permitted").check(failed, [:], MadeUp()).holds)
        #expect(!Proof.refused("no space").check(failed, [:], MadeUp()).holds)
        #expect(!Proof.refused("inside").check(done, [:], MadeUp()).holds)
    }

    @Test("what was kept fills paths and texts; what cannot be read proves nothing")
    func files() {
        let evidence = MadeUp(files: ["/proc/12/status": "Name:\tsleep\nNSpid:\t12\t1\n"])
        let kept = ["inside": "12"]
        let proof = Proof.file("/proc/$inside/status", has: "NSpid:\t$inside\t1\n")
        #expect(proof.check(done, kept, evidence) == Finding(holds: true, text: "/proc/12/status: NSpid: 12 1"))
        #expect(!proof.check(done, [:], evidence).holds)
        #expect(!Proof.file("/proc/$inside/status", has: "NSpid:\t$inside\t2").check(done, kept, evidence).holds)
        #expect(Proof.lacks("/proc/12/status", "Zombie").check(done, kept, evidence).holds)
        #expect(!Proof.lacks("/proc/12/status", "sleep").check(done, kept, evidence).holds)
        #expect(!Proof.lacks("/proc/13/status", "sleep").check(done, kept, evidence).holds)
        #expect(Proof.absent("/proc/13/status").check(done, kept, evidence).holds)
        #expect(!Proof.absent("/proc/12/status").check(done, kept, evidence).holds)
    }

    @Test("links are compared, and must be there")
    func links() {
        let evidence = MadeUp(links: ["/a": "net:[1]", "/b": "net:[2]", "/c": "net:[1]"])
        #expect(Proof.differ("/a", "/b").check(done, [:], evidence).holds)
        #expect(!Proof.differ("/a", "/c").check(done, [:], evidence).holds)
        #expect(Proof.same("/a", "/c").check(done, [:], evidence).holds)
        #expect(!Proof.same("/a", "/b").check(done, [:], evidence).holds)
        #expect(!Proof.differ("/a", "/none").check(done, [:], evidence).holds)
        #expect(!Proof.same("/none", "/none").check(done, [:], evidence).holds)
    }

    @Test("a control group's file has the name of its version")
    func groups() {
        let proof = Proof.cgroup("memory", group: "g", v1: "memory.limit_in_bytes", v2: "memory.max", has: "42")
        #expect(proof.check(done, [:], MadeUp(files: ["/memory/g/memory.limit_in_bytes": "42\n"])).holds)
        #expect(proof.check(done, [:], MadeUp(files: ["/unified/g/memory.max": "42\n"], isUnified: true)).holds)
        #expect(!proof.check(done, [:], MadeUp(files: ["/memory/g/memory.max": "42\n"])).holds)
    }

    @Test("words that were not kept stay as they are", arguments: ["$", "a$", "$$a", "$1", "é$é"])
    func unfilled(text: String) { #expect(Proof.filled(text, [:]) == text) }
}

@Suite("Lessons")
struct LessonTests {
    @Test("each has a name of its own, proofs for every step, and a step that goes without")
    func shape() {
        #expect(Lesson.all.count >= 12)
        #expect(Set(Lesson.all.map(\.name)).count == Lesson.all.count)
        for lesson in Lesson.all {
            #expect(Lesson.named(lesson.name)?.title == lesson.title)
            #expect(lesson.steps.allSatisfy { !$0.proofs.isEmpty && !$0.command.isEmpty }, "\(lesson.name)")
            #expect(lesson.steps.contains { $0.kind == .without }, "\(lesson.name)")
            #expect(!lesson.idea.contains("  "), "\(lesson.name)")
        }
    }
}
