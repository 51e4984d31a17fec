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

struct SystemBootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "boot", abstract: "Start what should run after a reboot, as the restart policies say.")

    func run() throws {
        var failed = false
        for report in try Globals.engine().boot() {
            if let problem = report.problem {
                Output.complain(problem)
                failed = true
            } else {
                Output.line(report.name)
            }
        }
        if failed { throw CommandExit(1) }
    }
}

struct SystemRepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair", abstract: "Take away what killed commands and monitors have left.")

    func run() throws {
        for line in try Globals.engine().repair() { Output.line(line) }
    }
}

struct SystemCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "system", abstract: "The commands on Brig itself.",
        subcommands: [
            SystemUsageCommand.self, SystemPruneCommand.self, InfoCommand.self, SystemCheckCommand.self,
            SystemBootCommand.self, SystemRepairCommand.self, EventsCommand.self,
        ])
}
