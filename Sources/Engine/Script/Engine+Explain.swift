internal import LinuxKernel
package import OCISpec

/// What `run` would do before the runtime has its turn, and what it would give to it.
package struct StartPreview: Sendable {
    /// What is done, by which call on what, and why.
    package struct Step: Equatable, Sendable {
        package let call: String
        package let arguments: String
        package let reason: String
    }

    package let id: String
    package let bundle: String
    package let specification: RuntimeConfig
    package let steps: [Step]
}

extension Engine {
    /// Explains the next start of a container. Nothing of it is done.
    package func preview(of reference: String) throws(EngineError) -> StartPreview {
        let record = try store.container(reference)
        let files = locations.container(record.id)
        let network = try NetworkPlan(store.configurations(of: record.id).0, store.configurations(of: record.id).1).mode
        // The real one is a descriptor of the waiting command.
        let connects = if case .network = network { true } else { false }
        let description = try describe(
            reference, rootfs: nil, networkNamespace: connects ? "/proc/PID-OF-BRIG/fd/NUMBER" : nil
        ) { files, places in
            let sources = [
                "/etc/resolv.conf": places.resolvConf, "/etc/hostname": places.hostname, "/etc/hosts": places.hosts,
            ]
            return files.map { (sources[$0.destination] ?? $0.destination, $0.destination) }
        }
        var steps = [
            StartPreview.Step(
                call: "fsopen",
                arguments:
                    "overlay, lowerdir=\(description.layers.joined(separator: ":")),upperdir=\(files.upper),workdir=\(files.work)",
                reason: "the image's layers, which are shared and never written, with one of the container's own on top"
            ),
            StartPreview.Step(
                call: "move_mount", arguments: files.rootfs, reason: "where the runtime finds the root file system"),
        ]
        if connects { steps += Self.connectionSteps(description.plan) }
        for file in description.files {
            steps.append(
                StartPreview.Step(
                    call: "write", arguments: "\(files.directory)\(file.destination.dropFirst(4))",
                    reason: "\(file.destination) of the container"))
        }
        steps += [
            StartPreview.Step(
                call: "write", arguments: files.specification, reason: "all that follows stands in this config.json"),
            StartPreview.Step(
                call: "execve", arguments: "\(runtime) monitor --bundle \(files.run) \(record.id.short)…",
                reason: "the monitor is the container's parent for life: it holds its streams and its exit status"),
        ]
        return StartPreview(
            id: record.id.text, bundle: files.run, specification: description.specification, steps: steps)
    }

    private static func connectionSteps(_ plan: ContainerPlan) -> [StartPreview.Step] {
        [
            .init(
                call: "unshare", arguments: "CLONE_NEWNET", reason: "a network namespace, held by a descriptor alone"),
            .init(
                call: "sendto", arguments: "rtnetlink RTM_NEWLINK veth",
                reason: "a pair: one end is eth0 in that namespace, the other a port of the network's bridge"),
            .init(
                call: "sendto", arguments: "rtnetlink RTM_NEWADDR, RTM_NEWROUTE",
                reason: "its address, which the store has leased, and the way out"),
            .init(
                call: "sendmsg", arguments: "nf_tables NFT_MSG_NEWSETELEM",
                reason: "the rules never change: networks and published ports are elements of their sets and maps"),
        ]
    }
}
