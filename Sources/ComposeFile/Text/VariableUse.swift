/// A variable that a compose file speaks of, for `config --variables`.
public struct VariableUse: Equatable, Sendable {
    /// Without `$` and braces.
    public let name: String
    /// Without a value there is an error (`:?`, `?`).
    public var isRequired = false
    /// What stands behind `:-` or `-`.
    public var fallback = ""
    /// What stands behind `:+` or `+`.
    public var alternative = ""

    /// The variables of a text in which nothing has been put in yet; what is no variable is passed over.
    static func all(in text: String) -> [VariableUse] {
        var reader = Reader(characters: Array(text.unicodeScalars))
        return reader.uses(depth: 0)
    }

    private struct Reader {
        let characters: [Unicode.Scalar]
        var position = 0

        mutating func uses(depth: Int) -> [VariableUse] {
            var result: [VariableUse] = []
            while position < characters.count {
                let scalar = characters[position]
                position += 1
                guard scalar == "$", position < characters.count else { continue }
                if characters[position] == "$" {
                    position += 1
                } else if characters[position] == "{" {
                    position += 1
                    result += braced(depth: depth)
                } else {
                    let name = name()
                    if !name.isEmpty { result.append(VariableUse(name: name)) }
                }
            }
            return result
        }

        private mutating func name() -> String {
            var result = String.UnicodeScalarView()
            while position < characters.count, Interpolation.isNameLetter(characters[position], isFirst: result.isEmpty)
            {
                result.append(characters[position])
                position += 1
            }
            return String(result)
        }

        /// What stands up to the brace that closes this one, which is passed.
        private mutating func word() -> String {
            var open = 0
            var result = String.UnicodeScalarView()
            while position < characters.count {
                let scalar = characters[position]
                position += 1
                if scalar == "}", open == 0 { break }
                open += scalar == "{" ? 1 : scalar == "}" ? -1 : 0
                result.append(scalar)
            }
            return String(result)
        }

        private mutating func braced(depth: Int) -> [VariableUse] {
            let name = name()
            guard !name.isEmpty, depth <= Interpolation.maximumDepth else { return [] }
            var use = VariableUse(name: name)
            var rest = word()
            if rest.hasPrefix(":") { rest.removeFirst() }
            let operation = rest.first
            if operation != nil { rest.removeFirst() }
            switch operation {
            case "-"?: use.fallback = rest
            case "+"?: use.alternative = rest
            case "?"?: use.isRequired = true
            default: return [use]
            }
            var inner = Reader(characters: Array(rest.unicodeScalars))
            return [use] + inner.uses(depth: depth + 1)
        }
    }
}

extension Project {
    /// The variables of files that were read without putting them in, by name.
    public var variableUses: [VariableUse] {
        var result: [String: VariableUse] = [:]
        func visit(_ node: Node) {
            switch node.value {
            case .text(let text, _):
                for use in VariableUse.all(in: text) {
                    guard var known = result[use.name] else {
                        result[use.name] = use
                        continue
                    }
                    known.isRequired = known.isRequired || use.isRequired
                    if known.fallback.isEmpty { known.fallback = use.fallback }
                    if known.alternative.isEmpty { known.alternative = use.alternative }
                    result[use.name] = known
                }
            case .list(let list): list.forEach(visit)
            case .map(let map): map.pairs.forEach { visit($0.node) }
            default: break
            }
        }
        visit(tree)
        return result.values.sorted { $0.name < $1.name }
    }
}
