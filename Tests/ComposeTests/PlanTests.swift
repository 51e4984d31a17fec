import Testing

@testable import Compose

@Suite("What up decides")
struct PlanTests {
    private func container(
        _ service: String, _ number: Int, hash: String = "h", image: String = "i", runs: Bool = true,
        oneOff: Bool = false
    ) -> Existing {
        Existing(
            id: "\(service)\(number)\(oneOff ? "run" : "")", name: "p-\(service)-\(number)", service: service,
            number: number, hash: hash, image: image, isRunning: runs, isOneOff: oneOff)
    }

    private func wish(_ service: String, _ count: Int = 1, hash: String = "h", joins: [String] = []) -> Plan.Wish {
        Plan.Wish(service: service, count: count, hash: hash, image: "i", joins: joins)
    }

    @Test("from nothing: all are made, numbered from 1")
    func fresh() {
        let plan = Plan([wish("a", 2), wish("b")], existing: [], known: ["a", "b"])
        #expect(plan.parts.map(\.creations) == [[1, 2], [1]])
        #expect(plan.parts.allSatisfy { $0.removals.isEmpty && $0.starts.isEmpty && $0.replaced.isEmpty })
    }

    @Test("what is right is kept, or started if it does not run")
    func unchanged() {
        let plan = Plan(
            [wish("a"), wish("b")], existing: [container("a", 1), container("b", 1, runs: false)], known: ["a", "b"])
        #expect(plan.parts[0].kept.map(\.id) == ["a1"] && plan.parts[0].changesNothing)
        #expect(plan.parts[1].starts.map(\.id) == ["b1"])
    }

    @Test("only what changed is made anew: its definition or its image")
    func changed() {
        let existing = [container("a", 1, hash: "old"), container("b", 1), container("c", 1, image: "old")]
        let plan = Plan([wish("a"), wish("b"), wish("c")], existing: existing, known: ["a", "b", "c"])
        #expect(plan.parts[0].creations == [1] && plan.parts[0].removals.map(\.id) == ["a1"])
        #expect(plan.parts[0].replaced[1]?.id == "a1")
        #expect(plan.parts[1].changesNothing)
        #expect(plan.parts[2].creations == [1])
    }

    @Test("who lives in the namespaces of a container that is made anew is made anew")
    func joins() {
        let existing = [container("a", 1, hash: "old"), container("b", 1)]
        let plan = Plan([wish("a"), wish("b", joins: ["a"])], existing: existing, known: ["a", "b"])
        #expect(plan.parts[1].creations == [1])
    }

    @Test("who is to be started again with a dependency is, if that is made anew, and so on from one to the next")
    func restarts() {
        let existing = ["a", "b", "c", "d"].map { container($0, 1, hash: $0 == "a" ? "old" : "h") }
        let wishes = [
            wish("a"), Plan.Wish(service: "b", count: 1, hash: "h", image: "i", restartsWith: ["a"]),
            Plan.Wish(service: "c", count: 1, hash: "h", image: "i", restartsWith: ["b"]), wish("d"),
        ]
        let plan = Plan(wishes, existing: existing, known: ["a", "b", "c", "d"])
        #expect(plan.parts.map { $0.restarts.map(\.id) } == [[], ["b1"], ["c1"], []])
        #expect(plan.parts[1].kept.isEmpty && !plan.parts[1].changesNothing && plan.parts[3].changesNothing)
        // What is new was never needed by a container that runs, and nothing changes without a change.
        let fresh = Plan(wishes, existing: Array(existing.dropFirst()), known: ["a", "b", "c", "d"])
        #expect(fresh.parts[1].restarts.isEmpty && fresh.parts[1].kept.map(\.id) == ["b1"])
    }

    @Test("scale: up fills gaps, down takes the highest numbers")
    func scale() {
        let gap = [container("a", 1), container("a", 3)]
        #expect(Plan([wish("a", 3)], existing: gap, known: ["a"]).parts[0].creations == [2])
        let down = Plan([wish("a", 1)], existing: gap, known: ["a"]).parts[0]
        #expect(down.kept.map(\.id) == ["a1"] && down.removals.map(\.id) == ["a3"] && down.creations.isEmpty)
        #expect(Plan([wish("a", 0)], existing: gap, known: ["a"]).parts[0].removals.count == 2)
    }

    @Test("always and never")
    func recreation() {
        let existing = [container("a", 1), container("b", 1, hash: "old")]
        let always = Plan(
            [wish("a"), wish("b")], existing: existing, known: ["a", "b"], recreation: .always, forced: ["a"])
        #expect(always.parts[0].creations == [1])
        #expect(always.parts[1].creations == [1])
        let never = Plan([wish("a"), wish("b")], existing: existing, known: ["a", "b"], recreation: .never)
        #expect(never.parts.allSatisfy { $0.changesNothing })
    }

    @Test("containers of run are nobody's, and those of services that are gone are orphans")
    func others() {
        let existing = [container("a", 1, oneOff: true), container("gone", 1)]
        let plan = Plan([wish("a")], existing: existing, known: ["a"])
        #expect(plan.parts[0].creations == [1] && plan.parts[0].removals.isEmpty)
        #expect(plan.orphans.map(\.id) == ["gone1"])
    }

    @Test("after a crash: two of one number, and one without")
    func crash() {
        let existing = [
            Existing(id: "x", name: "x", service: "a", number: 1, hash: "h", image: "i", isRunning: true),
            Existing(id: "y", name: "y", service: "a", number: 1, hash: "h", image: "i", isRunning: true),
            Existing(id: "z", name: "z", service: "a", number: 0, hash: "h", image: "i", isRunning: true),
        ]
        let part = Plan([wish("a", 2)], existing: existing, known: ["a"]).parts[0]
        #expect(part.kept.map(\.id) == ["x"] || part.kept.map(\.id) == ["y"] || part.kept.map(\.id) == ["z"])
        #expect(part.kept.count + part.creations.count == 2)
    }

    @Test("patterns of watched names")
    func patterns() {
        #expect(GlobPattern("node_modules/").matches("a/node_modules/x.js"))
        #expect(GlobPattern("*.swp").matches("a/b/.x.swp"))
        #expect(!GlobPattern("./a/*.c").matches("b/a/x.c"))
        #expect(GlobPattern("a/**/c").matches("a/b/d/c"))
        #expect(GlobPattern("a/*.c").matches("a/x.c"))
        #expect(!GlobPattern("a/*.c").matches("a/b/x.c"))
        #expect(GlobPattern("**").matches("a"))
    }

    @Test("what needs nothing of each other is ended at once, what needs something before that")
    func groups() {
        let containers = ["a", "b", "c", "d", "e"].map { container($0, 1) }
        let needs = ["a": ["b"], "b": ["gone"], "gone": ["c"], "c": [], "d": [], "e": ["d", "elsewhere"]]
        let groups = ComposeRunner.groups(containers, needs: needs).map { Set($0.map(\.service)) }
        #expect(groups == [["c", "d"], ["e"], ["b"], ["a"]])
        // Without the files, labels say it; a circle in them ends.
        let strangers = [("x", ["y"]), ("y", []), ("p", ["q"]), ("q", ["p"])].map { name, needs in
            Existing(
                id: name, name: name, service: name, number: 1, hash: "", image: "", isRunning: true, needs: needs)
        }
        let found = ComposeRunner.groups(strangers, needs: [:]).flatMap { $0.map(\.service) }
        #expect(found.count == 4)
        #expect(found.firstIndex(of: "y") ?? 9 < found.firstIndex(of: "x") ?? 0)
    }
}
