/// Takes short options apart whose value is joined and holds a `=`, as in `-eKEY=VALUE`: ArgumentParser would take that for
/// a long option with one dash.
public struct JoinedOptions: Sendable {
    /// Letters of the options that take a value.
    private let letters: Set<Character>
    /// Long options that take none.
    private let flags: Set<String>

    public init(letters: String, flags: Set<String>) {
        self.letters = Set(letters)
        self.flags = flags
    }

    /// The same words, those before the first that is no option with their values apart.
    public func separated(_ words: [String]) -> [String] {
        var result: [String] = []
        var rest = words[...]
        while let word = rest.first, word.hasPrefix("-"), word != "--", word != "-" {
            rest.removeFirst()
            var takesNext = false
            if word.hasPrefix("--") {
                result.append(word)
                takesNext = !word.contains("=") && !flags.contains(String(word.dropFirst(2)))
            } else if let letter = word.dropFirst().firstIndex(where: letters.contains) {
                let value = word[word.index(after: letter)...]
                takesNext = value.isEmpty
                if value.contains("="), word.index(after: word.startIndex) == letter {
                    result += ["-\(word[letter])", String(value.hasPrefix("=") ? value.dropFirst() : value)]
                } else {
                    result.append(word)
                }
            } else {
                result.append(word)
            }
            if takesNext, let value = rest.popFirst() { result.append(value) }
        }
        return result + rest
    }
}
