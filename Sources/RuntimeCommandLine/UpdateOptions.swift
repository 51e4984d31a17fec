package import ContainerRuntime
package import OCISpec

extension UpdateRequest {
    /// Reads the options of `update`.
    ///
    /// - Parameter file: The content of what `--resources` names; the other options are then ignored, but for those of
    ///   Intel RDT.
    package init(_ options: GivenOptions, file: JSONValue?) throws {
        let resources =
            try file.map { json throws(SpecError) in try RuntimeConfig.Linux.Resources(json: json) }
            ?? RuntimeConfig.Linux.Resources(options)
        self.init(
            resources: resources, l3CacheSchema: options.text("l3-cache-schema"),
            memoryBandwidthSchema: options.text("mem-bw-schema"))
    }
}

extension RuntimeConfig.Linux.Resources {
    /// What the options of `update` ask for; nothing where none was given.
    init(_ options: GivenOptions) throws(UsageError) {
        let memory = Memory(
            limit: try options.bytes("memory"), reservation: try options.bytes("memory-reservation"),
            swap: try options.bytes("memory-swap"), kernel: try options.bytes("kernel-memory"),
            kernelTCP: try options.bytes("kernel-memory-tcp"))
        let cpu = CPU(
            shares: try options.unsigned("cpu-share"), quota: try options.signed("cpu-quota"),
            burst: try options.unsigned("cpu-burst"), period: try options.unsigned("cpu-period"),
            realtimeRuntime: try options.signed("cpu-rt-runtime"),
            realtimePeriod: try options.unsigned("cpu-rt-period"), cpus: options.text("cpuset-cpus"),
            mems: options.text("cpuset-mems"), idle: try options.signed("cpu-idle"))
        let weight = try options.number("blkio-weight", "a weight from 10 to 1000") { UInt16($0) }
        self.init(
            memory: memory == Memory() ? nil : memory, cpu: cpu == CPU() ? nil : cpu,
            pids: try options.signed("pids-limit").map { Pids(limit: $0) },
            // As runc: 0 says that the weight stays as it is.
            blockIO: weight.flatMap { $0 == 0 ? nil : BlockIO(weight: $0) })
    }
}

extension GivenOptions {
    /// The option's value; `nil` if it is absent or empty.
    func text(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }

    fileprivate func bytes(_ name: String) throws(UsageError) -> Int64? {
        try number(name, "a size in bytes such as 512m, or -1 for no limit", Quantity.bytes)
    }

    fileprivate func signed(_ name: String) throws(UsageError) -> Int64? {
        try number(name, "an integer") { Int64($0) }
    }

    fileprivate func unsigned(_ name: String) throws(UsageError) -> UInt64? {
        try number(name, "an integer not below 0") { UInt64($0) }
    }
}
