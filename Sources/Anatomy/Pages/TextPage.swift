/// A page as text for a terminal.
package struct TextPage: Sendable {
    /// Whether escape sequences for colours may be used.
    package var colors: Bool
    /// Columns of the terminal; lines are not broken without.
    package var width: Int?
    /// Whether what each statement rests on stands below it.
    package var showsEvidence: Bool

    package init(colors: Bool = false, width: Int? = nil, showsEvidence: Bool = false) {
        self.colors = colors
        self.width = width.map { max(40, $0) }
        self.showsEvidence = showsEvidence
    }

    package func text(_ page: Page) -> String {
        var result = styled(shown(page.title), "1") + "\n"
        for section in page.sections {
            result += "\n" + styled(shown(section.title), "1;36") + "\n"
            let room = min(26, section.lines.map { shown($0.label).unicodeScalars.count }.max() ?? 0)
            for line in section.lines { result += text(line, room) }
        }
        return result
    }

    private func text(_ line: Page.Line, _ room: Int) -> String {
        let label = shown(line.label)
        let text = shown(line.text)
        let margin = room == 0 ? 2 : room + 4
        let count = label.unicodeScalars.count
        var result = "  " + label
        if count > room {
            // A long label has a line of its own.
            result += "\n" + String(repeating: " ", count: margin)
        } else if room > 0 {
            result += String(repeating: " ", count: room - count + 2)
        }
        let rows = wrapped(text, (width ?? .max) - margin)
        result +=
            rows.map { styled($0, tone(line.tone)) }.joined(
                separator: "\n" + String(repeating: " ", count: margin)) + "\n"
        if showsEvidence {
            for evidence in line.evidence {
                let value = evidence.value.split(separator: "\n").joined(separator: "; ")
                result +=
                    String(repeating: " ", count: margin) + styled(shown("[\(evidence.file): \(value)]"), "2") + "\n"
            }
        }
        return result
    }

    private func tone(_ tone: Page.Line.Tone) -> String {
        switch tone {
        case .plain: ""
        case .quiet: "2"
        case .good: "32"
        case .warning: "33"
        case .bad: "1;31"
        }
    }

    private func styled(_ text: String, _ code: String) -> String {
        colors && !code.isEmpty ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }

    /// Breaks at spaces; a word longer than a line stays whole.
    private func wrapped(_ text: String, _ room: Int) -> [String] {
        let limit = max(20, room)
        guard text.unicodeScalars.count > limit else { return [text] }
        var (lines, current, count): ([String], String, Int) = ([], "", 0)
        for (index, word) in text.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
            let length = word.unicodeScalars.count
            if index > 0, count + 1 + length > limit, count > 0 {
                lines.append(current)
                (current, count) = (String(word), length)
            } else {
                current += (index > 0 ? " " : "") + word
                count += length + (index > 0 ? 1 : 0)
            }
        }
        return lines + [current]
    }
}
