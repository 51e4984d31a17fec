internal import LinuxKernel

/// What somebody would have to say to get the same container again: its configuration without what its image and Brig's
/// defaults say anyway.
struct ContainerDescription: Sendable {
    let name: String
    let configuration: ContainerConfiguration
    let host: HostConfiguration
    let image: ImageConfiguration
    let networks: [NetworkWish]
    /// The mode that a container of this host has unless it asks for another: `private` or `host`.
    let defaultCgroupMode: String
    /// The host name that Brig would choose, so nobody has asked for it.
    let defaultHostname: String

    /// Whether nobody was to wait for it.
    var isDetached: Bool {
        !configuration.attachStdin && !configuration.attachStdout && !configuration.attachStderr
    }

    /// The host name that was asked for.
    var hostname: String? {
        let isOwn = host.utsMode.isEmpty && !host.networkMode.hasPrefix("container:") && host.networkMode != "host"
        return isOwn && configuration.hostname != defaultHostname && !configuration.hostname.isEmpty
            ? configuration.hostname : nil
    }

    var environment: [String] { configuration.env.filter { !image.env.contains($0) } }

    var labels: [(key: String, value: String)] {
        configuration.labels.filter { image.labels[$0.key] != $0.value }.sorted { $0.key < $1.key }
            .map { ($0.key, $0.value) }
    }

    /// Another entry point than the image's; empty for none.
    var entrypoint: [String]? {
        guard configuration.entrypoint != image.entrypoint else { return nil }
        return configuration.entrypoint ?? []
    }

    /// What is to be said behind the image.
    var arguments: [String] {
        let own = configuration.cmd ?? []
        if entrypoint != nil { return own }
        return own == image.cmd ?? [] ? [] : own
    }

    /// The health check, where it is not the image's.
    var healthcheck: HealthSettings? {
        configuration.healthcheck == image.healthcheck ? nil : configuration.healthcheck
    }

    /// Ports that only `--expose` names.
    var exposed: [String] {
        configuration.exposedPorts.keys.filter { image.exposedPorts[$0] == nil && host.portBindings[$0] == nil }
            .sorted()
    }

    /// Each published port in the form of `-p`.
    var published: [String] {
        host.portBindings.sorted { $0.key < $1.key }.flatMap { port, bindings in
            bindings.map { binding -> String in
                let address = binding.hostIP.contains(":") ? "[\(binding.hostIP)]" : binding.hostIP
                if address.isEmpty { return binding.hostPort.isEmpty ? port : "\(binding.hostPort):\(port)" }
                return "\(address):\(binding.hostPort):\(port)"
            }
        }
    }

    /// Volumes without a name that the image does not have.
    var anonymousVolumes: [String] { configuration.volumes.keys.filter { image.volumes[$0] == nil }.sorted() }

    var cgroupMode: String? {
        host.cgroupnsMode.isEmpty || host.cgroupnsMode == defaultCgroupMode ? nil : host.cgroupnsMode
    }

    /// Unless it is what `--memory` alone gives.
    var memorySwap: Int64? {
        let usual = host.memory.multipliedReportingOverflow(by: 2)
        return host.memorySwap == 0 || (host.memory > 0 && !usual.overflow && host.memorySwap == usual.partialValue)
            ? nil : host.memorySwap
    }

    /// `1.5` from billionths.
    static func decimal(billionths: Int64) -> String {
        let whole = billionths / 1_000_000_000
        var fraction = String(billionths % 1_000_000_000)
        fraction = String(repeating: "0", count: max(0, 9 - fraction.utf8.count)) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return fraction.isEmpty ? String(whole) : "\(whole).\(fraction)"
    }

    /// A duration as its options take it, in the largest unit that says it exactly.
    static func duration(nanoseconds: Int64) -> String {
        for (unit, size) in [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000)] as [(String, Int64)]
        where nanoseconds % size == 0 {
            return "\(nanoseconds / size)\(unit)"
        }
        return "\(nanoseconds)ns"
    }

    /// The shell command of a health check.
    static func shellCommand(_ test: [String]) -> String? {
        switch test.first {
        case "CMD-SHELL": test.count == 2 ? test[1] : nil
        case "CMD": test.dropFirst().map(ContainerScript.quoted).joined(separator: " ")
        default: nil
        }
    }
}
