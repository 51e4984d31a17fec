internal import LinuxKernel

/// `/etc/hostname`, `/etc/hosts` and `/etc/resolv.conf`: written by the engine, from checked values only.
enum GeneratedFiles {
    static let localHosts = """
        127.0.0.1\tlocalhost
        ::1\tlocalhost ip6-localhost ip6-loopback
        fe00::\tip6-localnet
        ff00::\tip6-mcastprefix
        ff02::1\tip6-allnodes
        ff02::2\tip6-allrouters

        """

    /// With the host's network, the host's own names count.
    static func hosts(_ network: ContainerPlan.NetworkMode, ofHost: String) -> String {
        network == .host && !ofHost.isEmpty ? ofHost : localHosts
    }

    /// The host's servers and options. A server on the host's loopback is out of reach from another network namespace:
    /// such lines are left out there.
    static func resolvConf(_ network: ContainerPlan.NetworkMode, ofHost: String) -> String {
        guard network != .host else { return ofHost }
        let lines = ofHost.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.first == "nameserver", words.count > 1 else { return true }
            return !(words[1].hasPrefix("127.") || words[1] == "::1" || words[1].hasPrefix("::1%"))
        }
        return lines.joined(separator: "\n")
    }

    /// Writes the three files, and says where each is mounted.
    static func write(
        _ plan: ContainerPlan, to files: ContainerLocations
    ) throws(SyscallError) -> [(source: String, destination: String)] {
        // A host without these files has nothing to pass on.
        let hosts = hosts(plan.network, ofHost: (try? readText("/etc/hosts")) ?? "")
        let resolvConf = resolvConf(plan.network, ofHost: (try? readText("/etc/resolv.conf")) ?? "")
        let all = [
            (files.resolvConf, "/etc/resolv.conf", resolvConf),
            (files.hostname, "/etc/hostname", "\(plan.hostname)\n"),
            (files.hosts, "/etc/hosts", hosts),
        ]
        for (path, _, text) in all { try HostDirectory.write(text.utf8, to: path, mode: 0o644) }
        return all.map { ($0.0, $0.1) }
    }
}
