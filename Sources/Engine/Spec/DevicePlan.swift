internal import LinuxKernel
internal import OCISpec

/// The device files of the host's that a plan names, looked up.
struct DevicePlan: Equatable, Sendable {
    var devices: [RuntimeConfig.Linux.Device] = []
    var rules: [RuntimeConfig.Linux.Resources.DeviceRule] = []
    var blockIO: RuntimeConfig.Linux.Resources.BlockIO?

    /// - Throws: `EngineError` of kind `invalidInput` for what is not there or no device.
    init(_ plan: ContainerPlan) throws(EngineError) {
        for mapping in plan.devices {
            for device in try Self.devices(mapping) {
                devices.append(device)
                rules.append(
                    .init(
                        allow: true, type: device.type == .block ? .block : .character, major: device.major,
                        minor: device.minor, access: mapping.cgroupPermissions))
            }
        }
        for rule in plan.deviceRules {
            rules.append(
                .init(
                    allow: true, type: rule.isBlock.map { $0 ? .block : .character } ?? .all, major: rule.major,
                    minor: rule.minor, access: rule.access))
        }
        blockIO = try Self.blockIO(plan.resources)
    }

    init() {}

    private static func devices(_ mapping: DeviceMapping) throws(EngineError) -> [RuntimeConfig.Linux.Device] {
        do {
            // Named, not opened: opening a device may do something. A link is followed, as in Docker.
            let file = try OwnedDescriptor(open: mapping.pathOnHost, .pathOnly)
            let status = try file.status()
            if status.isDirectory {
                let found = try HostDevices.read(below: mapping.pathOnHost)
                guard !found.isEmpty else {
                    throw EngineError(.invalidInput, "there are no devices below \(mapping.pathOnHost)")
                }
                return found.map { device in
                    var device = device
                    device.path = mapping.pathInContainer + device.path.dropFirst(mapping.pathOnHost.count)
                    return device
                }
            }
            guard let kind = HostDevices.kind(status) else {
                throw EngineError(.invalidInput, "\(mapping.pathOnHost) is not a device")
            }
            let number = DeviceNumber(raw: status.specialDevice)
            return [
                RuntimeConfig.Linux.Device(
                    path: mapping.pathInContainer, type: kind, major: Int64(number.major), minor: Int64(number.minor),
                    fileMode: status.permissions, uid: status.userID, gid: status.groupID)
            ]
        } catch let error as SyscallError {
            throw EngineError(
                .invalidInput,
                "error gathering device information while adding custom device \(quotedForError(mapping.pathOnHost)): "
                    + (error.code == .noSuchFile ? "no such file or directory" : "\(error)"))
        } catch {
            throw .wrapping(error, while: "look at \(mapping.pathOnHost)")
        }
    }

    private static func blockIO(
        _ resources: ResourcePlan
    ) throws(EngineError) -> RuntimeConfig.Linux.Resources.BlockIO? {
        func throttles(
            _ list: [ThrottleDevice]
        ) throws(EngineError) -> [RuntimeConfig.Linux.Resources.BlockIO.ThrottleDevice] {
            try list.map { device throws(EngineError) in
                let number = try blockDevice(device.path)
                return .init(
                    major: Int64(number.major), minor: Int64(number.minor), rate: UInt64(clamping: device.rate))
            }
        }
        var result = RuntimeConfig.Linux.Resources.BlockIO(weight: resources.blockWeight)
        result.weightDevice = try resources.blockWeights.map { device throws(EngineError) in
            let number = try blockDevice(device.path)
            return .init(
                major: Int64(number.major), minor: Int64(number.minor), weight: UInt16(clamping: device.weight))
        }
        result.throttleReadBpsDevice = try throttles(resources.readBytes)
        result.throttleWriteBpsDevice = try throttles(resources.writeBytes)
        result.throttleReadIOPSDevice = try throttles(resources.readOperations)
        result.throttleWriteIOPSDevice = try throttles(resources.writeOperations)
        return result == RuntimeConfig.Linux.Resources.BlockIO() ? nil : result
    }

    private static func blockDevice(_ path: String) throws(EngineError) -> DeviceNumber {
        do {
            let status = try OwnedDescriptor(open: path, .pathOnly).status()
            guard HostDevices.kind(status) == .block else {
                throw EngineError(.invalidInput, "\(path) is not a block device")
            }
            return DeviceNumber(raw: status.specialDevice)
        } catch {
            guard let failure = error as? SyscallError else { throw .wrapping(error, while: "look at \(path)") }
            throw EngineError(
                .invalidInput, failure.code == .noSuchFile ? "there is no device \(path)" : "\(failure)")
        }
    }
}
