/// Files of cgroup v2 by their own names.
enum UnifiedSettings {
    static func apply(_ setting: Limits.UnifiedSetting, to group: CgroupDirectory) throws(CgroupError) {
        let lines = setting.value.split(separator: "\n").map { String($0) }
        // Nothing at all is a value, too: it empties cpuset.cpus.
        try group.write(setting.file, values: lines.isEmpty ? [""] : lines)
    }
}
