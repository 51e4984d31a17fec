import ArgumentParser
import CommandLineUI
import Engine

/// Reads the words of a command that has Docker's grammar.
///
/// - Returns: The words behind the options; `nil` if help was asked for, which has been printed.
/// - Throws: `CommandExit` with 125 for a wrong command line.
func readFlags<Options>(
    _ flags: [CommandFlag<Options>], _ words: [String], into options: inout Options, usage: String
) throws -> [String]? {
    let table = CommandFlags(flags)
    // Options may stand behind names, too.
    var names: [String] = []
    var rest = words
    do {
        while true {
            switch try table.parse(rest, into: &options) {
            case .help:
                Output.write("USAGE: brig \(usage)\n\nOPTIONS:\n\(table.help)")
                return nil
            case .words(let left):
                guard let name = left.first else { return names }
                names.append(name)
                if rest.prefix(rest.count - left.count).last == "--" { return names + left.dropFirst() }
                rest = Array(left.dropFirst())
            }
        }
    } catch let error as FlagError {
        throw CommandExit(CommandExit.engine, error.description)
    }
}

struct UpdateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change the limits of containers, running or not.", helpNames: [])

    @Argument(parsing: .captureForPassthrough, help: "Options and names or identifiers.") var words: [String] = []

    func run() throws {
        var change = ResourceChange()
        guard
            let names = try readFlags(
                Self.flags, words, into: &change, usage: "update [OPTIONS] CONTAINER [CONTAINER…]")
        else { return }
        guard !names.isEmpty else {
            throw CommandExit(1, "\"brig update\" requires at least 1 argument")
        }
        guard change != ResourceChange() else {
            throw CommandExit(1, "you must provide one or more flags when using this command")
        }
        let wanted = change
        try forEach(names) { engine, reference throws(EngineError) in try engine.update(reference, wanted) }
    }

    private typealias Flag = CommandFlag<ResourceChange>

    private static let flags: [Flag] = [
        .value("memory", letter: "m", of: "BYTES", help: "The most memory, such as 512m.") {
            $0.memory = try Quantity.bytes($1, option: "--memory")
        },
        .value("memory-swap", of: "BYTES", help: "The most memory and swap together; -1 for any swap.") {
            $0.memorySwap = $1 == "-1" ? -1 : try Quantity.bytes($1, option: "--memory-swap")
        },
        .value("memory-reservation", of: "BYTES", help: "What it is brought back to when memory is short.") {
            $0.memoryReservation = try Quantity.bytes($1, option: "--memory-reservation")
        },
        .value("kernel-memory", of: "BYTES", help: "Not supported: kernels have given it up.", hidden: true) { _, _ in
            throw FlagError("--kernel-memory is not supported: kernels have given it up; use --memory")
        },
        .value("cpu-shares", letter: "c", of: "NUMBER", help: "Its share of the processors against others'.") {
            $0.cpuShares = Int64(try ContainerOptions.integer($1))
        },
        .value("cpu-period", of: "NUMBER", help: "Microseconds: the time in which --cpu-quota counts.") {
            $0.cpuPeriod = Int64(try ContainerOptions.integer($1))
        },
        .value("cpu-quota", of: "NUMBER", help: "Microseconds of processor time in each period.") {
            $0.cpuQuota = Int64(try ContainerOptions.integer($1))
        },
        .value("cpu-rt-period", of: "NUMBER", help: "Microseconds: the time in which --cpu-rt-runtime counts.") {
            $0.cpuRealtimePeriod = Int64(try ContainerOptions.integer($1))
        },
        .value("cpu-rt-runtime", of: "NUMBER", help: "Microseconds of real-time scheduling in each period.") {
            $0.cpuRealtimeRuntime = Int64(try ContainerOptions.integer($1))
        },
        .value("cpus", of: "NUMBER", help: "The most processors, such as 1.5.") {
            $0.nanoCpus = try Quantity.nanoCPUs($1)
        },
        .value("cpuset-cpus", of: "LIST", help: "Only these processors, such as 0-2,4.") { $0.cpusetCpus = $1 },
        .value("cpuset-mems", of: "LIST", help: "Only these memory nodes.") { $0.cpusetMems = $1 },
        .value("blkio-weight", of: "NUMBER", help: "From 10 to 1000: its share of disks.") {
            $0.blkioWeight = try ContainerOptions.integer($1)
        },
        .value("pids-limit", of: "NUMBER", help: "The most processes; -1 for any number.") {
            $0.pidsLimit = Int64(try ContainerOptions.integer($1))
        },
        .value("restart", of: "POLICY", help: "no, on-failure[:COUNT], always or unless-stopped.") {
            $0.restartPolicy = try HostConfiguration.RestartPolicy($1)
        },
    ]
}
