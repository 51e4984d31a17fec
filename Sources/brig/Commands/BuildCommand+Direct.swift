/// What builds are mostly given is read without ArgumentParser, which takes longer for this command than an unchanged build of
/// thirty steps. All else, and whatever is wrong, is the grammar's.
extension BuildCommand: DirectCommand {
    static func taking(_ words: [String]) -> Self? {
        var command = unset
        var contexts: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("-"), word != "-" else {
                contexts.append(word)
                continue
            }
            if command.turnsOn(word) { continue }
            var (name, value) = (word, String?.none)
            if word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
                (name, value) = (String(word[..<equals]), String(word[word.index(after: equals)...]))
            } else if let next = rest.popFirst(), !next.hasPrefix("-") {
                value = next
            }
            guard let value, !value.isEmpty, command.set(name, value) else { return nil }
        }
        guard contexts.count == 1 else { return nil }
        command.context = contexts[0]
        return command
    }

    private mutating func turnsOn(_ word: String) -> Bool {
        switch word {
        case "-q", "--quiet": quiet = true
        case "--no-cache": noCache = true
        case "--pull": pull = true
        case "--explain": explain = true
        default: return false
        }
        return true
    }

    private mutating func set(_ name: String, _ value: String) -> Bool {
        switch name {
        case "-t", "--tag": tag.append(value)
        case "-f", "--file": file = value
        case "--target": target = value
        case "--build-arg": buildArg.append(value)
        case "--label": label.append(value)
        case "--network", "--net": network = value
        case "--platform": platform = value
        case "--iidfile": iidfile = value
        case "--progress":
            guard let style = try? BuildDisplay.Style(option: value) else { return false }
            progress = style
        default: return false
        }
        return true
    }

    /// As the grammar has it where nothing is said. Each property must be given its value here: none can be read before.
    private static var unset: Self {
        var command = Self()
        (command.tag, command.buildArg, command.noCacheFilter, command.secret, command.ssh) = ([], [], [], [], [])
        (command.label, command.output, command.cacheFrom, command.cacheTo, command.addHost) = ([], [], [], [], [])
        (command.ulimit, command.buildContext, command.allow) = ([], [], [])
        (command.file, command.target, command.platform, command.iidfile) = (nil, nil, nil, nil)
        (command.memory, command.memorySwap, command.shmSize, command.cpus) = (nil, nil, nil, nil)
        (command.network, command.progress, command.context) = ("default", .auto, "")
        (command.noCache, command.pull, command.quiet, command.squash) = (false, false, false, false)
        (command.explain, command.rm, command.forceRm) = (false, false, false)
        (command.load, command.compress, command.push, command.metadataFile) = (false, false, false, nil)
        (command.limits, command.accepted) = (.unset, .unset)
        return command
    }
}
