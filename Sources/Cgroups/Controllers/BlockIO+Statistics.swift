import LinuxKernel

extension BlockIOController {
    static func statistics(_ group: CgroupDirectory) throws(CgroupError) -> Statistics.BlockIO {
        var result = Statistics.BlockIO()
        switch group.hierarchy.version {
        case .v1:
            result.bytes = try legacyEntries(group, "io_service_bytes")
            result.operations = try legacyEntries(group, "io_serviced")
        case .v2:
            for words in try group.readIfPresent("io.stat")?.lines ?? [] { take(words, &result) }
            result.pressure = try group.pressure("io.pressure")
        }
        return result
    }

    /// BFQ counts what it schedules; the throttling layer counts all, on most kernels. The first that has counted is taken.
    private static func legacyEntries(
        _ group: CgroupDirectory, _ name: String
    ) throws(CgroupError) -> [Statistics.BlockIO.Entry] {
        for file in ["blkio.bfq.\(name)_recursive", "blkio.throttle.\(name)_recursive", "blkio.throttle.\(name)"] {
            let lines = try group.readIfPresent(file)?.lines ?? []
            // `8:0 Read 4096`; the last line is a total without device.
            let entries = lines.compactMap { words -> Statistics.BlockIO.Entry? in
                guard words.count == 3, let device = DeviceNumber(colon: words[0]),
                    let operation = Statistics.BlockIO.Operation(rawValue: String(words[1])),
                    let amount = UInt64(words[2])
                else { return nil }
                return .init(device: device, operation: operation, amount: amount)
            }
            if !entries.isEmpty { return entries }
        }
        return []
    }

    /// `8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0`
    private static func take(_ words: [Substring], _ result: inout Statistics.BlockIO) {
        guard let first = words.first, let device = DeviceNumber(colon: first) else { return }
        for word in words.dropFirst() {
            let parts = word.split(separator: "=")
            guard parts.count == 2, let amount = UInt64(parts[1]) else { continue }
            func entry(_ operation: Statistics.BlockIO.Operation) -> Statistics.BlockIO.Entry {
                .init(device: device, operation: operation, amount: amount)
            }
            switch parts[0] {
            case "rbytes": result.bytes.append(entry(.read))
            case "wbytes": result.bytes.append(entry(.write))
            case "dbytes": result.bytes.append(entry(.discard))
            case "rios": result.operations.append(entry(.read))
            case "wios": result.operations.append(entry(.write))
            case "dios": result.operations.append(entry(.discard))
            default: continue
            }
        }
    }
}

extension DeviceNumber {
    /// Reads `8:0`.
    fileprivate init?(colon text: Substring) {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let major = UInt32(parts[0]), let minor = UInt32(parts[1]) else { return nil }
        self.init(major: major, minor: minor)
    }
}
