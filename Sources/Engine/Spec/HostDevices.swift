internal import LinuxKernel
internal import OCISpec

/// The device files of the host, which privileged containers have.
enum HostDevices {
    /// Every character and block device below `/dev`, but for what a container has of its own.
    ///
    /// - Parameter directory: Where to begin.
    static func read(below directory: String = "/dev") throws(SyscallError) -> [RuntimeConfig.Linux.Device] {
        var devices: [RuntimeConfig.Linux.Device] = []
        try collect(
            in: try OwnedDescriptor(open: directory, [.read, .directory]), path: directory, depth: 0, into: &devices)
        return devices
    }

    private static let own: Set<String> = [
        "/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/fd", "/dev/console", "/dev/ptmx", "/dev/null", "/dev/zero",
        "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/.lxc", "/dev/.udev", "/dev/hugepages",
    ]

    private static func collect(
        in directory: borrowing OwnedDescriptor, path: String, depth: Int,
        into devices: inout [RuntimeConfig.Linux.Device]
    ) throws(SyscallError) {
        for entry in try directory.entries() where depth < 8 {
            let place = "\(path)/\(entry.name)"
            if own.contains(place) { continue }
            do throws(SyscallError) {
                let status = try directory.status(of: entry.name)
                if status.isDirectory {
                    let below = try directory.open(entry.name, [.read, .directory, .noFollow])
                    try collect(in: below, path: place, depth: depth + 1, into: &devices)
                } else if let kind = kind(status) {
                    let number = DeviceNumber(raw: status.specialDevice)
                    devices.append(
                        RuntimeConfig.Linux.Device(
                            path: place, type: kind, major: Int64(number.major), minor: Int64(number.minor),
                            fileMode: status.permissions, uid: status.userID, gid: status.groupID))
                }
            } catch  where error.code == .noSuchFile {
                // Devices come and go.
            }
        }
    }

    static func kind(_ status: FileStatus) -> RuntimeConfig.Linux.Device.Kind? {
        if status.isCharacterDevice { return .character }
        return status.mode & 0o170000 == 0o060000 ? .block : nil
    }
}
