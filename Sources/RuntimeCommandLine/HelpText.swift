/// What `--help` prints.
public enum HelpText {
    /// The help text of the whole program.
    public static func program(version: String) -> String {
        let width = RuntimeCommand.allCases.map(\.rawValue.count).max() ?? 0
        let commands = RuntimeCommand.allCases.map { "   \(padded($0.rawValue, to: width))  \($0.summary)\n" }
        return """
            brig-runtime \(version): makes containers as the Open Container Initiative's runtime specification says

            usage: brig-runtime [global options] COMMAND [options] [arguments]

            commands:
            \(commands.joined())
            global options:
            \(table(GlobalOptions.table))
            brig-runtime COMMAND --help tells about a command.

            """
    }

    /// The help text of one command.
    public static func command(_ command: RuntimeCommand) -> String {
        var text = "brig-runtime \(command.rawValue): \(command.summary)\n\n"
        text += "usage: brig-runtime [global options] \(command.rawValue)"
        text += command.synopsis.isEmpty ? "\n" : " \(command.synopsis)\n"
        if let details = command.details { text += "\n\(details)\n" }
        return text + "\noptions:\n" + table(command.options + [.flag("help", "h", "show this text")])
    }

    private static func table(_ options: [OptionSpecification]) -> String {
        let shown = options.filter { !$0.isHidden }
        let names = shown.map { option in
            "--\(option.name)" + (option.letter.map { ", -\($0)" } ?? "") + (option.value.map { " \($0)" } ?? "")
        }
        let width = names.map(\.count).max() ?? 0
        return zip(names, shown).map { "   \(padded($0, to: width))  \($1.text)\n" }.joined()
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
