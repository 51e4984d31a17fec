import ArgumentParser
import CommandLineUI
import Engine

struct ScriptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "script", abstract: "Write the shell script that builds a container by hand.",
        usage: "brig script CONTAINER | [OPTIONS OF RUN] IMAGE [COMMAND [ARGUMENT…]]",
        discussion: """
            The script is POSIX shell with comments, and takes root and util-linux's commands (and ip for the loopback). \
            Its layers are those of the image in Brig's store.
            """, helpNames: [])

    @Argument(parsing: .captureForPassthrough, help: "A container, or what brig run takes.") var words: [String] = []

    func run() throws {
        let engine = try Globals.engine()
        if words.count == 1, let name = words.first, (try? engine.inspect(name)) != nil {
            Output.write(try engine.script(of: name))
            return
        }
        // Made and removed again: what is asked for is checked and completed in the same way as for one that stays.
        guard let options = try ContainerOptions.read(words, for: "create") else { return }
        let identity = try engine.create(options.request)
        let text: String
        do {
            text = try engine.script(of: identity.id.text)
        } catch {
            try engine.remove(identity.id.text)
            throw error
        }
        try engine.remove(identity.id.text)
        Output.write(text)
    }
}
