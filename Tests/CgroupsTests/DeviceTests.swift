import Testing

@testable import Cgroups

/// Runs device programs as the kernel does: the few instructions that they are made of, and no others.
struct DeviceMachine {
    /// - Returns: Whether the program allows the access; `nil` if it does what the kernel's verifier refuses.
    static func run(
        _ program: DeviceProgram, _ type: DeviceType, major: UInt32, minor: UInt32, _ access: DeviceAccess
    ) -> Bool? {
        var registers = [UInt64](repeating: 0, count: 11)
        let context: [UInt64] = [
            UInt64(access.rawValue) << 16 | (type == .block ? 1 : 2), UInt64(major), UInt64(minor),
        ]
        var at = 0
        while at < program.instructions.count {
            let word = program.instructions[at].encoded
            let to = Int(word >> 8 & 0xf)
            let from = Int(word >> 12 & 0xf)
            let offset = Int(Int16(truncatingIfNeeded: word >> 16))
            let number = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: word >> 32)))
            at += 1
            switch word & 0xff {
            case 0x61:
                guard from == 1, offset % 4 == 0, context.indices.contains(offset / 4) else { return nil }
                registers[to] = context[offset / 4] & 0xffff_ffff
            case 0x54: registers[to] = registers[to] & number & 0xffff_ffff
            case 0x74: registers[to] = (registers[to] & 0xffff_ffff) >> number
            case 0xb7: registers[to] = number
            case 0xbf: registers[to] = registers[from]
            case 0x55: if registers[to] != number { at += offset }
            case 0x15: if registers[to] == number { at += offset }
            case 0x95: return registers[0] != 0
            default: return nil
            }
        }
        return nil
    }

    /// Whether every instruction can be reached and every path ends, as the kernel's verifier demands.
    static func isWellFormed(_ program: DeviceProgram) -> Bool {
        var reached: Set<Int> = []
        var open = [0]
        while let at = open.popLast() {
            guard program.instructions.indices.contains(at) else { return false }
            guard reached.insert(at).inserted else { continue }
            let word = program.instructions[at].encoded
            let offset = Int(Int16(truncatingIfNeeded: word >> 16))
            guard offset >= 0 else { return false }
            switch word & 0xff {
            case 0x95: break
            case 0x55, 0x15: open += [at + 1, at + 1 + offset]
            default: open.append(at + 1)
            }
        }
        return reached.count == program.instructions.count
    }
}

/// v1's devices controller as security/device_cgroup.c has it.
struct KernelDeviceList {
    var allowsByDefault = true
    var exceptions: [DeviceList.Device: DeviceAccess] = [:]

    mutating func write(_ step: DeviceList.Step) {
        if step.line == "a" {
            allowsByDefault = step.allow
            exceptions = [:]
            return
        }
        let words = step.line.split(separator: " ")
        let numbers = words[1].split(separator: ":")
        let device = DeviceList.Device(
            type: words[0] == "c" ? .character : .block, major: UInt32(numbers[0]), minor: UInt32(numbers[1]))
        let access = DeviceAccess(letters: String(words[2])) ?? []
        if step.allow == allowsByDefault {
            let left = (exceptions[device] ?? []).subtracting(access)
            exceptions[device] = left.isEmpty ? nil : left
        } else {
            exceptions[device, default: []].formUnion(access)
        }
    }

    func allows(_ type: DeviceType, major: UInt32, minor: UInt32, _ access: DeviceAccess) -> Bool {
        let device = DeviceList.Device(type: type, major: major, minor: minor)
        if allowsByDefault {
            return !exceptions.contains { $0.key.covers(device) && !$0.value.isDisjoint(with: access) }
        }
        return exceptions.contains { $0.key.covers(device) && $0.value.isSuperset(of: access) }
    }

    var listing: String {
        allowsByDefault
            ? "a *:* rwm\n" : exceptions.map { "\($0.key.text) \($0.value.letters)\n" }.joined()
    }
}

/// Numbers that are the same in each run.
struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

@Suite("Devices")
struct DeviceTests {
    static let accesses = (1...7).map { DeviceAccess(rawValue: $0) }

    private func rule(_ random: inout Random) -> DeviceRule {
        let numbers: [UInt32?] = [nil, 1, 3, 5, 136]
        return DeviceRule(
            allow: Bool.random(using: &random), [nil, .character, .block].randomElement(using: &random) ?? nil,
            major: numbers.randomElement(using: &random) ?? nil, minor: numbers.randomElement(using: &random) ?? nil,
            DeviceAccess(rawValue: UInt8.random(in: 1...7, using: &random)))
    }

    /// Each question that tells the rules above apart.
    private func forEachQuestion(_ body: (DeviceType, UInt32, UInt32, DeviceAccess) -> Void) {
        for type in DeviceType.allCases {
            for major: UInt32 in [1, 3, 7] {
                for minor: UInt32 in [1, 3, 9] {
                    for access in DeviceTests.accesses { body(type, major, minor, access) }
                }
            }
        }
    }

    @Test("the last rule about an access decides")
    func decide() {
        let rules = DeviceRules([
            DeviceRule(allow: true, .character, major: 1, [.read, .write]),
            DeviceRule(allow: false, .character, major: 1, minor: 5, .write),
            DeviceRule(allow: true, .character, major: 1, minor: 5, .mknod),
        ])
        func ask(_ minor: UInt32, _ access: DeviceAccess) -> Bool {
            rules.decide(.character, major: 1, minor: minor, access)
        }
        #expect(ask(3, [.read, .write]))
        #expect(!ask(3, .mknod))
        #expect(ask(5, .read))
        #expect(!ask(5, [.read, .write]))
        #expect(ask(5, [.read, .mknod]))
        #expect(!rules.decide(.block, major: 1, minor: 3, .read))
        #expect(!DeviceRules([]).decide(.character, major: 1, minor: 3, .read))
    }

    @Test("programs answer as the rules do")
    func programs() {
        var random = Random(state: 1)
        for _ in 0..<400 {
            let rules = DeviceRules((0..<Int.random(in: 0...7, using: &random)).map { _ in rule(&random) })
            let program = DeviceProgram(rules)
            #expect(DeviceMachine.isWellFormed(program))
            forEachQuestion { type, major, minor, access in
                let answer = DeviceMachine.run(program, type, major: major, minor: minor, access)
                if answer != rules.decide(type, major: major, minor: minor, access) {
                    Issue.record("\(rules) on \(type) \(major):\(minor) \(access.letters): \(answer as Any)")
                }
            }
        }
    }

    @Test("a rule for everything makes those before it unreachable, and they are left out")
    func total() {
        let rules = DeviceRules([DeviceRule(allow: true, .block), DeviceRule(allow: false)])
        #expect(DeviceProgram(rules) == DeviceProgram(DeviceRules([DeviceRule(allow: false)])))
        #expect(DeviceProgram(DeviceRules([DeviceRule(allow: true)])).instructions.count == 8)
    }

    @Test("numbers that no device has")
    func largeNumbers() {
        let rules = DeviceRules([
            DeviceRule(allow: true, .character, major: 0xffff_ffff), DeviceRule(allow: false, minor: 0x8000_0000),
        ])
        #expect(DeviceProgram(rules) == DeviceProgram(DeviceRules([])))
    }

    @Test("what v1 is told answers as the rules do, from any state before")
    func lists() throws {
        var random = Random(state: 2)
        var kernel = KernelDeviceList()
        var taken = 0
        for _ in 0..<2000 {
            var rules = DeviceRules((0..<Int.random(in: 0...5, using: &random)).map { _ in rule(&random) })
            if Bool.random(using: &random) {
                rules.rules.insert(DeviceRule(allow: Bool.random(using: &random)), at: 0)
            }
            // Rules that v1 cannot hold are refused.
            guard let target = try? DeviceList(rules) else { continue }
            taken += 1
            let current = try DeviceList(listing: Array(kernel.listing.utf8), file: "devices.list")
            for step in current.steps(to: target) { kernel.write(step) }
            forEachQuestion { type, major, minor, access in
                let wanted = rules.decide(type, major: major, minor: minor, access)
                let answer = kernel.allows(type, major: major, minor: minor, access)
                // Two overlapping exceptions that each grant a part are less to the kernel than both: it never allows
                // more than was asked for.
                if answer != wanted, answer || !target.hasCrossing {
                    Issue.record("\(rules) on \(type) \(major):\(minor) \(access.letters): \(answer)")
                }
            }
        }
        #expect(taken > 300)
    }

    @Test("what a container's own rules deny behind a rule for all stays denied, also for mknod")
    func denied() {
        let rules = DeviceRules(ofContainer: [
            DeviceRule(allow: true), DeviceRule(allow: false, .character, major: 1, minor: 11),
        ])
        #expect(!rules.decide(.character, major: 1, minor: 11, .mknod))
        #expect(rules.decide(.character, major: 1, minor: 12, .all))
        let closed = DeviceRules(ofContainer: [DeviceRule(allow: false)])
        #expect(closed.decide(.block, major: 8, minor: 0, .mknod) && !closed.decide(.block, major: 8, minor: 0, .read))
        #expect(closed.decide(.character, major: 1, minor: 3, .all))
    }

    @Test("a change of one rule is one write")
    func fewest() throws {
        let defaults = try DeviceList(DeviceRules(DeviceRules.containerDefaults))
        let more = try DeviceList(
            DeviceRules(DeviceRules.containerDefaults + [DeviceRule(allow: true, .character, major: 10, minor: 200)]))
        #expect(defaults.steps(to: more) == [.init(allow: true, line: "c 10:200 rwm")])
        #expect(more.steps(to: defaults) == [.init(allow: false, line: "c 10:200 rwm")])
        #expect(defaults.steps(to: defaults) == [])
        #expect(DeviceList(allowsByDefault: true).steps(to: DeviceList()) == [.init(allow: false, line: "a")])
    }

    @Test("a part of an exception cannot be taken back on v1")
    func impossible() throws {
        let rules = [
            DeviceRule(allow: true, .character, major: 1), DeviceRule(allow: false, .character, major: 1, minor: 3),
        ]
        #expect(throws: CgroupError.self) { try DeviceList(DeviceRules(rules)) }
        // The other way round nothing is taken back.
        #expect(try DeviceList(DeviceRules(rules.reversed())).exceptions.count == 1)
    }

    @Test(
        "what devices.list must not say",
        arguments: ["x 1:3 rwm", "c 1 rwm", "c 1:3", "c 1:3 z", "c a:3 r", "c 1:3: r"])
    func listing(text: String) {
        #expect(throws: CgroupError.self) { try DeviceList(listing: Array(text.utf8), file: "devices.list") }
    }

    @Test("letters of access")
    func letters() {
        #expect(DeviceAccess(letters: "mrw") == .all)
        #expect(DeviceAccess(letters: "") == nil)
        #expect(DeviceAccess(letters: "x") == nil)
        #expect(DeviceAccess.all.letters == "rwm")
    }
}

extension DeviceList {
    /// Whether two exceptions overlap without one covering the other.
    fileprivate var hasCrossing: Bool {
        exceptions.keys.contains { one in
            exceptions.keys.contains { one.meets($0) && !one.covers($0) && !$0.covers(one) }
        }
    }
}
