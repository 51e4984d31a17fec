internal import Engine

/// `--chmod`: an octal number, or changes as chmod(1) takes them.
struct ModeChange: Equatable, Sendable {
    private enum Form: Equatable {
        case number(UInt32)
        case changes([Change])
    }

    private struct Change: Equatable {
        /// Of user, group, others: shifts 6, 3, 0.
        var who: [UInt32]
        var operation: Character
        var letters: String
    }

    private let form: Form

    /// - Throws: `EngineError` of kind `invalidInput`.
    init(_ text: String) throws(EngineError) {
        let invalid = EngineError(
            .invalidInput, "--chmod is a number such as 0755 or changes such as u=rwX,go=rX, not \"\(text)\"")
        if let number = UInt32(text, radix: 8) {
            guard number <= 0o7777 else { throw invalid }
            form = .number(number)
            return
        }
        var changes: [Change] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let who = part.prefix { "ugoa".contains($0) }
            var rest = part[who.endIndex...]
            guard !rest.isEmpty else { throw invalid }
            while let operation = rest.popFirst() {
                guard "+-=".contains(operation) else { throw invalid }
                let letters = rest.prefix { "rwxXst".contains($0) }
                rest = rest[letters.endIndex...]
                var shifts: [UInt32] = []
                if who.isEmpty || who.contains("a") || who.contains("u") { shifts.append(6) }
                if who.isEmpty || who.contains("a") || who.contains("g") { shifts.append(3) }
                if who.isEmpty || who.contains("a") || who.contains("o") { shifts.append(0) }
                changes.append(Change(who: shifts, operation: operation, letters: String(letters)))
            }
        }
        form = .changes(changes)
    }

    /// The mode of a file that had `mode`.
    func apply(to mode: UInt32, isDirectory: Bool) -> UInt32 {
        switch form {
        case .number(let number): return number
        case .changes(let changes):
            var mode = mode
            for change in changes {
                var bits: UInt32 = 0
                var mask: UInt32 = 0
                for shift in change.who {
                    mask |= 7 << shift
                    for letter in change.letters {
                        switch letter {
                        case "r": bits |= 4 << shift
                        case "w": bits |= 2 << shift
                        case "x": bits |= 1 << shift
                        case "X": if isDirectory || mode & 0o111 != 0 { bits |= 1 << shift }
                        case "s": bits |= shift == 6 ? 0o4000 : shift == 3 ? 0o2000 : 0
                        default: bits |= 0o1000
                        }
                    }
                }
                switch change.operation {
                case "+": mode |= bits
                case "-": mode &= ~bits
                default: mode = mode & ~mask | bits
                }
            }
            return mode & 0o7777
        }
    }
}
