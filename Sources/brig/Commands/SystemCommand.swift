import ArgumentParser
import CommandLineUI
import Engine

struct SystemCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Verify every blob, image and layer of the store.",
        discussion: "Exits with 1 if something is wrong and was not repaired.")

    @Flag(help: "Remove what has no owner, unpack layers again, drop what interrupted commands kept.")
    var repair = false

    func run() throws {
        let check = try Globals.engine().checkStore(repair: repair)
        for line in check.interrupted { Output.line("interrupted: \(line) kept for the next try") }
        for finding in check.findings {
            Output.line((finding.isRepaired ? "repaired: " : "wrong: ") + finding.text)
        }
        Output.line("checked \(check.images) images, \(check.layers) layers, \(check.blobs) blobs")
        if !check.isSound { throw CommandExit(1) }
    }
}

struct SystemCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "system", abstract: "The commands on Brig itself.", subcommands: [SystemCheckCommand.self])
}
