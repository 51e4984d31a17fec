package import Cgroups
internal import LinuxKernel
package import OCISpec

/// A line of `events`: `{"type":…,"id":…,"data":…}`.
package func eventLine(_ type: String, _ id: ContainerID, data: JSONValue? = nil) -> String {
    var object: JSONObject = ["type": .string(type), "id": .string(id.text)]
    if let data { object["data"] = data }
    return JSONValue.object(object).text() + "\n"
}

extension Statistics {
    /// The statistics in the form of runc's `events`, which containerd and cAdvisor read. What is zero or not counted is
    /// left out there as here, but for the numbers that runc always writes.
    package var eventData: JSONValue {
        [
            "cpu": cpu?.eventData ?? ["usage": ["kernel": 0, "user": 0], "throttling": [:]],
            "memory": memory?.eventData ?? [:],
            "pids": pidsData, "blkio": blockIO?.eventData ?? [:], "hugetlb": hugePagesData, "intel_rdt": [:],
            "network_interfaces": nil,
        ]
    }

    private var pidsData: JSONValue {
        guard let pids else { return [:] }
        return compact(["current": JSONValue(pids.current), "limit": pids.limit.amount.map { JSONValue($0) }])
    }

    private var hugePagesData: JSONValue {
        var object = JSONObject()
        for size in hugePages {
            object[size.pageSize] = compact(
                ["usage": JSONValue(size.usage), "max": size.peak.map { JSONValue($0) }],
                always: ["failcnt": JSONValue(size.failures)])
        }
        return .object(object)
    }
}

extension Statistics.CPU {
    fileprivate var eventData: JSONValue {
        let usage = compact(
            [
                "total": JSONValue(usageNanoseconds), "percpu": list(perCPU.map(\.usageNanoseconds)),
                "percpu_kernel": list(perCPU.map(\.systemNanoseconds)),
                "percpu_user": list(perCPU.map(\.userNanoseconds)),
            ], always: ["kernel": JSONValue(systemNanoseconds), "user": JSONValue(userNanoseconds)])
        let throttling = compact([
            "periods": JSONValue(throttling.periods), "throttledPeriods": JSONValue(throttling.throttledPeriods),
            "throttledTime": JSONValue(throttling.throttledNanoseconds),
        ])
        return compact(["usage": usage, "throttling": throttling, "psi": pressure?.eventData])
    }

    private func list(_ numbers: [UInt64]) -> JSONValue? {
        numbers.isEmpty ? nil : .array(numbers.map { JSONValue($0) })
    }
}

extension Statistics.Memory {
    fileprivate var eventData: JSONValue {
        var raw = JSONObject()
        for detail in details { raw[detail.name] = JSONValue(detail.value) }
        return compact([
            "cache": JSONValue(file), "usage": usage.eventData, "swap": withSwap?.eventData,
            "kernel": kernel?.eventData,
            "kernelTCP": kernelTCP?.eventData, "raw": .object(raw), "psi": pressure?.eventData,
        ])
    }
}

extension Statistics.Memory.Counter {
    fileprivate var eventData: JSONValue {
        // No limit is the largest number, as the v1 kernel and runc say it.
        compact(
            ["usage": JSONValue(current), "max": peak.map { JSONValue($0) }],
            always: ["limit": JSONValue(limit.amount ?? .max), "failcnt": JSONValue(failures)])
    }
}

extension Statistics.BlockIO {
    fileprivate var eventData: JSONValue {
        compact([
            "ioServiceBytesRecursive": entries(bytes), "ioServicedRecursive": entries(operations),
            "psi": pressure?.eventData,
        ])
    }

    private func entries(_ entries: [Entry]) -> JSONValue? {
        entries.isEmpty
            ? nil
            : .array(
                entries.map { entry in
                    compact([
                        "major": JSONValue(entry.device.major), "minor": JSONValue(entry.device.minor),
                        "op": .string(entry.operation.rawValue), "value": JSONValue(entry.amount),
                    ])
                })
    }
}

extension Statistics.Pressure {
    fileprivate var eventData: JSONValue { ["some": some.eventData, "full": full.eventData] }
}

extension Statistics.Pressure.Share {
    fileprivate var eventData: JSONValue {
        [
            "avg10": .double(average10), "avg60": .double(average60), "avg300": .double(average300),
            "total": JSONValue(totalMicroseconds),
        ]
    }
}

/// An object of `members` without those that are absent or zero, with all of `always`.
private func compact(_ members: KeyValuePairs<String, JSONValue?>, always: JSONObject = [:]) -> JSONValue {
    var object = JSONObject()
    for (name, value) in members {
        guard let value, value != .integer(0) else { continue }
        object[name] = value
    }
    for (name, value) in always { object[name] = value }
    return .object(object)
}
