import ArgumentParser
import CommandLineUI
import Engine

/// What scripts say to builds of Docker's, and what makes no difference here, or is refused with a reason.
struct BuildWordsOfDocker: ParsableArguments {
    @Option(parsing: .unconditional, help: .hidden) var provenance: String?
    @Option(parsing: .unconditional, help: .hidden) var sbom: String?
    @Option(parsing: .unconditionalSingleValue, help: .hidden) var attest: [String] = []
    @Option(parsing: .unconditional, help: .hidden) var builder: String?
    @Option(
        parsing: .unconditional, help: "check, outline or targets: answer that about the Dockerfile, and build nothing."
    ) var call: String?
    @Flag(help: "As --call check: what the Dockerfile does and should not.") var check = false
    @Option(parsing: .unconditionalSingleValue, help: "[manifest:]NAME=VALUE, an annotation of the image's manifest.")
    var annotation: [String] = []
    @Option(parsing: .unconditionalSingleValue, help: "For RUN, as for `brig run`.") var securityOpt: [String] = []
    @Flag(help: .hidden) var disableContentTrust = false

    /// - Throws: `EngineError` of kind `unsupported` for attestations, which are wanted as much as the image.
    func refuse() throws(EngineError) {
        for (option, value) in [("--provenance", provenance), ("--sbom", sbom)] {
            guard let value, FlagValues.boolean(value) != false else { continue }
            throw EngineError(.unsupported, "\(option)=\(value): attestations are not made; say \(option)=false")
        }
        if let text = attest.first(where: { !$0.split(separator: ",").contains("disabled=true") }) {
            throw EngineError(.unsupported, "--attest \(ShownText.quoted(text)): attestations are not made")
        }
        if let builder, builder != "default" {
            throw EngineError(
                .unsupported, "--builder \(ShownText.quoted(builder)): there is one builder, and its name is default")
        }
    }

    /// As the grammar has it where nothing is said.
    static var unset: Self {
        var words = Self()
        (words.provenance, words.sbom, words.attest) = (nil, nil, [])
        (words.call, words.check) = (nil, false)
        (words.annotation, words.securityOpt) = ([], [])
        (words.builder, words.disableContentTrust) = (nil, false)
        return words
    }
}

/// The limits of RUN that the builder of Docker 20.10 had, beside memory.
struct BuildLimits: ParsableArguments {
    @Option(
        name: [.customShort("c", allowingJoined: true), .long], parsing: .unconditional,
        help: "RUN's share of the processors.")
    var cpuShares: Int64?
    @Option(parsing: .unconditional, help: "Microseconds of a period of --cpu-quota.") var cpuPeriod: Int64?
    @Option(parsing: .unconditional, help: "Microseconds of processors that RUN has in each period.") var cpuQuota:
        Int64?
    @Option(parsing: .unconditional, help: "The processors that RUN may use, such as 0-3 or 0,1.") var cpusetCpus:
        String?
    @Option(parsing: .unconditional, help: "The memory nodes that RUN may use.") var cpusetMems: String?
    @Option(parsing: .unconditional, help: "The control group above those of RUN.") var cgroupParent: String?
    @Option(parsing: .unconditional, help: .hidden) var isolation: String?

    func set(_ host: inout HostConfiguration) throws(EngineError) {
        if let isolation, !["", "default"].contains(isolation) {
            throw EngineError(
                .unsupported, "invalid isolation \(ShownText.quoted(isolation)): Linux has only 'default'")
        }
        if let cpuShares { host.cpuShares = cpuShares }
        if let cpuPeriod { host.cpuPeriod = cpuPeriod }
        if let cpuQuota { host.cpuQuota = cpuQuota }
        if let cpusetCpus { host.cpusetCpus = cpusetCpus }
        if let cpusetMems { host.cpusetMems = cpusetMems }
        if let cgroupParent { host.cgroupParent = cgroupParent }
    }

    /// As the grammar has it where nothing is said.
    static var unset: Self {
        var limits = Self()
        (limits.cpuShares, limits.cpuPeriod, limits.cpuQuota) = (nil, nil, nil)
        (limits.cpusetCpus, limits.cpusetMems) = (nil, nil)
        (limits.cgroupParent, limits.isolation) = (nil, nil)
        return limits
    }
}

struct BuilderVersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Show the version.")

    func run() throws { Output.line("brig builder \(brigVersion)") }
}
