import LinuxKernel

/// Weights and rates of block devices.
///
/// Source: the kernel's admin-guide/cgroup-v1/blkio-controller.rst, block/bfq-iosched.rst and admin-guide/cgroup-v2.rst,
/// "IO".
enum BlockIOController {
    // MARK: v1

    static func applyLegacy(_ limits: Limits.BlockIO, to group: CgroupDirectory) throws(CgroupError) {
        try check(limits)
        if limits.weight != nil || !limits.deviceWeights.isEmpty {
            // CFQ's files went with Linux 5.0; BFQ's have other names.
            let prefix = group.has("blkio.weight") ? "blkio." : "blkio.bfq."
            if let weight = limits.weight { try group.write(prefix + "weight", String(weight)) }
            for one in limits.deviceWeights {
                if let weight = one.weight { try group.write(prefix + "weight_device", "\(one.device) \(weight)") }
                if let weight = one.leafWeight {
                    try group.write("blkio.leaf_weight_device", "\(one.device) \(weight)")
                }
            }
        }
        if let weight = limits.leafWeight { try group.write("blkio.leaf_weight", String(weight)) }
        for throttle in limits.throttles {
            try group.write(throttle.kind.legacyFile, "\(throttle.device) \(throttle.perSecond)")
        }
    }

    // MARK: v2

    /// - Returns: What v2 has no counterpart for.
    static func applyUnified(_ limits: Limits.BlockIO, to group: CgroupDirectory) throws(CgroupError) -> [Unenforced] {
        try check(limits)
        if limits.weight != nil || limits.deviceWeights.contains(where: { $0.weight != nil }) {
            try applyUnifiedWeights(limits, to: group)
        }
        for throttle in limits.throttles {
            // 0 takes a limit away on v1.
            let rate = throttle.perSecond == 0 ? "max" : String(throttle.perSecond)
            try group.write("io.max", "\(throttle.device) \(throttle.kind.unifiedKey)=\(rate)")
        }
        let hasLeafWeight = limits.leafWeight != nil || limits.deviceWeights.contains { $0.leafWeight != nil }
        return hasLeafWeight
            ? [Unenforced(limit: "blockIO.leafWeight", reason: "cgroup v2 has no such limit")] : []
    }

    /// BFQ has v1's scale; the general file has another, and works with the io.cost model.
    private static func applyUnifiedWeights(
        _ limits: Limits.BlockIO, to group: CgroupDirectory
    ) throws(CgroupError) {
        let isBFQ = group.has("io.bfq.weight")
        let file = isBFQ ? "io.bfq.weight" : "io.weight"
        func scaled(_ weight: UInt16) -> UInt64 { isBFQ ? UInt64(weight) : unifiedWeight(weight) }
        if let weight = limits.weight { try group.write(file, String(scaled(weight))) }
        for one in limits.deviceWeights {
            if let weight = one.weight { try group.write(file, "\(one.device) \(scaled(weight))") }
        }
    }

    /// 10 to 1000 on the scale of `io.weight`, 1 to 10000, along a line as other runtimes do.
    static func unifiedWeight(_ weight: UInt16) -> UInt64 {
        1 + (UInt64(max(10, weight)) - 10) * 9999 / 990
    }

    // MARK: both

    private static func check(_ limits: Limits.BlockIO) throws(CgroupError) {
        let weights = [limits.weight, limits.leafWeight] + limits.deviceWeights.flatMap { [$0.weight, $0.leafWeight] }
        for case .some(let weight) in weights where !(10...1000).contains(weight) {
            throw .invalidLimit(name: "blockIO.weight", value: String(weight), reason: "must be 10 to 1000")
        }
    }
}

extension Limits.BlockIO.Throttle.Kind {
    fileprivate var legacyFile: String {
        switch self {
        case .readBytes: "blkio.throttle.read_bps_device"
        case .writeBytes: "blkio.throttle.write_bps_device"
        case .readOperations: "blkio.throttle.read_iops_device"
        case .writeOperations: "blkio.throttle.write_iops_device"
        }
    }

    fileprivate var unifiedKey: String {
        switch self {
        case .readBytes: "rbps"
        case .writeBytes: "wbps"
        case .readOperations: "riops"
        case .writeOperations: "wiops"
        }
    }
}
