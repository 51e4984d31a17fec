/// The use of devices: files on v1, a program on v2.
enum DeviceController {
    /// - Parameter freezer: Stops the container's processes while its rules are in between, if there are any.
    static func apply(
        _ rules: DeviceRules, to group: CgroupDirectory, freezer: Freezer?
    ) throws(CgroupError) {
        switch group.hierarchy.version {
        case .v1: try applyLegacy(rules, to: group, freezer)
        case .v2: try DevicePrograms.install(rules, on: group)
        }
    }

    private static func applyLegacy(
        _ rules: DeviceRules, to group: CgroupDirectory, _ freezer: Freezer?
    ) throws(CgroupError) {
        let target = try DeviceList(rules)
        let current = try DeviceList(listing: try group.read("devices.list"), file: group.fullPath("devices.list"))
        let steps = current.steps(to: target)
        guard steps.contains(where: { $0.isReset }), let freezer, try !group.processes(recursively: true).isEmpty,
            try freezer.state() == .thawed
        else { return try write(steps, to: group) }
        try freezer.freeze()
        do throws(CgroupError) {
            try write(steps, to: group)
        } catch {
            // What the caller must hear is why the rules do not hold.
            try? freezer.thaw()
            throw error
        }
        try freezer.thaw()
    }

    private static func write(_ steps: [DeviceList.Step], to group: CgroupDirectory) throws(CgroupError) {
        // One open of a file serves all lines for it that follow each other.
        var rest = steps[...]
        while let first = rest.first {
            let run = rest.prefix { $0.allow == first.allow }
            try group.write(first.file, values: run.map { $0.line })
            rest = rest.dropFirst(run.count)
        }
    }
}
