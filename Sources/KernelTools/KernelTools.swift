/// The kernel's tools under one roof: each works as the original does, on any process of the host.
public enum KernelTools {
    /// All of them, as the list of commands shows them.
    public static let all: [Tool] = [
        unshareTool, nsenterTool, lsnsTool, chrootTool, pivotRootTool, mountOverlayTool, pstreeTool,
        cgcreateTool, cgsetTool, cggetTool, cgexecTool, cgdeleteTool, lscgroupTool, cglsTool,
        capshTool, getpcapsTool, getcapTool, setcapTool, pscapTool,
        seccompTool, appArmorTool,
    ]

    /// Their names: every start of `brig` looks through these, and few want a tool made.
    static let names = [
        "unshare", "nsenter", "lsns", "chroot", "pivot_root", "mount-overlay", "pstree",
        "cgcreate", "cgset", "cgget", "cgexec", "cgdelete", "lscgroup", "cgls",
        "capsh", "getpcaps", "getcap", "setcap", "pscap", "seccomp", "aa",
    ]

    /// The tool of this name.
    public static func named(_ name: String) -> Tool? {
        guard names.contains(name) else { return nil }
        return all.first { $0.name == name }
    }
}
