/// A command line taken apart as a shell would, without variables and patterns.
package enum ShellWords {
    package struct Problem: Error, Equatable { package let message: String }

    /// - Throws: `Problem` if a quote is not closed.
    package static func split(_ text: String) throws(Problem) -> [String] {
        var words: [String] = []
        var word: String.UnicodeScalarView?
        var quote: Unicode.Scalar?
        var scalars = text.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            switch (quote, scalar) {
            case (nil, " "), (nil, "\t"), (nil, "\n"), (nil, "\r"):
                if let done = word { words.append(String(done)) }
                word = nil
            case (nil, "'"), (nil, "\""):
                quote = scalar
                word = word ?? String.UnicodeScalarView()
            case ("'"?, "'"), ("\""?, "\""): quote = nil
            case (nil, "\\"):
                guard let next = scalars.next() else { throw Problem(message: "it ends with a backslash") }
                if next != "\n" { word = (word ?? String.UnicodeScalarView()) + [next] }
            case ("\""?, "\\"):
                guard let next = scalars.next() else { throw Problem(message: "a closing \" is missing") }
                if !"\"\\$`\n".unicodeScalars.contains(next) { word?.append("\\") }
                if next != "\n" { word?.append(next) }
            default: word = (word ?? String.UnicodeScalarView()) + [scalar]
            }
        }
        if let quote { throw Problem(message: "a closing \(quote) is missing") }
        if let word { words.append(String(word)) }
        return words
    }
}
