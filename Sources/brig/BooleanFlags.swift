import ArgumentParser

/// A command with flags that are on unless said otherwise.
protocol HasFlagsThatAreOn: ParsableCommand {
    /// What turns each off, by its name without dashes.
    static var wordsThatTurnOff: [String: String] { get }
}

/// Docker's flags take a value, `--build=false`; ArgumentParser's do not. Looked at only where a command line is otherwise wrong.
enum BooleanFlags {
    /// The command that the words mean, with `--build=true` read as `--build` and without `--build=false`, the first ones first:
    /// what comes behind a command's own options may be another program's.
    ///
    /// - Returns: `nil` if there is no such flag among the words.
    /// - Throws: What is wrong all the same.
    static func parse(_ type: any ParsableCommand.Type, _ words: [String]) throws -> (any ParsableCommand)? {
        var words = words
        var index = 0
        var problem: (any Error)?
        while index < words.count, words[index] != "--" {
            guard let (name, value) = taken(words[index]), isFlag(words[index], of: type) else {
                index += 1
                continue
            }
            let off = (type as? any HasFlagsThatAreOn.Type)?.wordsThatTurnOff[String(name.dropFirst(2))]
            if let word = value ? name : off {
                words[index] = word
                index += 1
            } else {
                words.remove(at: index)
            }
            do {
                return try type.parseAsRoot(words)
            } catch {
                problem = error
            }
        }
        if let problem { throw problem }
        return nil
    }

    private static func taken(_ word: String) -> (name: String, value: Bool)? {
        let halves = word.split(separator: "=", maxSplits: 1).map(String.init)
        guard word.hasPrefix("--"), halves.count == 2, let value = FlagValues.boolean(halves[1]) else { return nil }
        return (halves[0], value)
    }

    /// Only ArgumentParser knows which of a command's words take a value, and it tells in words alone.
    private static func isFlag(_ word: String, of type: any ParsableCommand.Type) -> Bool {
        do {
            _ = try type.parseAsRoot([word])
            return false
        } catch {
            return type.message(for: error).contains("does not take any value")
        }
    }
}
