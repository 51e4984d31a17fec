import Foundation
import LinuxKernel

/// Where attacks may be tried: a place in which a success reaches nothing that is anybody's.
///
/// `Tests/private-root` and `Tests/vm/vm-run` make such places and say so in a file. The file alone is not believed:
/// whatever can be written to must be theirs.
package enum Stage {
    /// Why attacks are refused here; `nil` where they may be tried.
    package static let objection: String? = {
        switch try? readText("/run/private-root") {
        case "an overlay that is thrown away\n": objectionToOverlay()
        case "a machine that is thrown away\n": objectionToMachine()
        default: "neither Tests/private-root nor Tests/vm/vm-run"
        }
    }()

    package static let isSafe = objection == nil

    private static func objectionToOverlay() -> String? {
        guard let table = try? MountTable.current(), let root = table.topmost(at: "/") else { return "no mount table" }
        guard root.type == "overlay", root.source == "private-root" else { return "the root is not the overlay" }
        // Whatever is not of the script's own making must be read-only here.
        let own: Set<String> = ["tmpfs", "proc", "devpts", "mqueue"]
        for mount in table.entries where mount.id != root.id && !mount.isReadOnly && !own.contains(mount.type) {
            guard mount.type.hasPrefix("cgroup"), isBelowTheTop(mount) else {
                return "\(mount.mountPoint) (\(mount.type)) is writable"
            }
        }
        // In a pid namespace of its own no number names a process of the host's: the script's shell is the first.
        guard contents("/proc/1/cmdline").contains("private-root") else { return "the host's processes are in reach" }
        return nil
    }

    /// Only a hierarchy's real top has these files (v1), or lacks this one (v2).
    private static func isBelowTheTop(_ mount: MountEntry) -> Bool {
        let exists = { (name: String) in FileManager.default.fileExists(atPath: "\(mount.mountPoint)/\(name)") }
        return mount.type == "cgroup2" ? exists("cgroup.type") : !exists("release_agent")
    }

    private static func objectionToMachine() -> String? {
        guard let root = try? MountTable.current().topmost(at: "/"), root.type == "overlay",
            root.superOptions.contains("upperdir=/rw/upper")
        else { return "the root is not the machine's overlay" }
        guard contents("/sys/class/dmi/id/sys_vendor").hasPrefix("QEMU") else { return "this is no virtual machine" }
        return nil
    }
}
