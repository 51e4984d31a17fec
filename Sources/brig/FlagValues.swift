/// Docker's flags take a value: `--quiet=false`, `-H=0`. ArgumentParser's do not, so the commands on images get them without.
enum FlagValues {
    /// A command's flags, long names and letters, and those that are on unless said otherwise.
    private struct Flags {
        let names: Set<String>
        let letters: Set<String>
        let on: [String: String]

        init(_ names: Set<String>, _ letters: Set<String>, on: [String: String] = [:]) {
            (self.names, self.letters, self.on) = (names, letters, on)
        }
    }

    private static let commands: [String: Flags] = [
        "images": list, "ls": list, "list": list,
        "pull": Flags(["quiet", "all-tags"], ["q", "a"]), "push": Flags(["quiet", "all-tags"], ["q", "a"]),
        "rmi": remove, "rm": remove, "remove": remove,
        "load": Flags(["quiet"], ["q"]), "prune": Flags(["all", "force"], ["a", "f"]),
        "history": Flags(["quiet", "no-trunc"], ["q"], on: ["human": "--no-human", "H": "--no-human"]),
        "commit": Flags([], [], on: ["pause": "--no-pause", "p": "--no-pause"]),
    ]
    private static let list = Flags(["quiet", "all", "no-trunc", "digests"], ["q", "a"])
    private static let remove = Flags(["force", "no-prune"], ["f"])

    /// The words of a command line with `--quiet=true` as `--quiet`, and without `--quiet=false`.
    static func removed(from words: [String]) -> [String] {
        guard let flags = flags(of: words) else { return words }
        var result: [String] = []
        for (index, word) in words.enumerated() {
            if word == "--" { return result + words[index...] }
            let halves = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard halves.count == 2, let value = boolean(halves[1]) else {
                result.append(word)
                continue
            }
            let isLong = halves[0].hasPrefix("--")
            let name = String(halves[0].drop { $0 == "-" })
            if let off = flags.on[name], word.hasPrefix("-"), isLong == (name.count > 1) {
                if !value { result.append(off) }
            } else if word.hasPrefix("-"), (isLong ? flags.names : flags.letters).contains(name) {
                if value { result.append(halves[0]) }
            } else {
                result.append(word)
            }
        }
        return result
    }

    private static func flags(of words: [String]) -> Flags? {
        guard let first = words.first else { return nil }
        if first == "image" || first == "container", words.count > 1 {
            // Of containers only those that are commands on images as well.
            return first == "image" || words[1] == "commit" ? commands[words[1]] : nil
        }
        return ["ls", "list", "rm", "remove", "prune"].contains(first) ? nil : commands[first]
    }

    /// What Go's `strconv.ParseBool` takes.
    static func boolean(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }
}
