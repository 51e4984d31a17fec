/// The kernel's tools under one roof: each works as the original does, on any process of the host.
public enum KernelTools {
    /// All of them, as the list of commands shows them.
    public static let all: [Tool] = [
        unshareTool, nsenterTool, lsnsTool, chrootTool, pivotRootTool, mountOverlayTool, pstreeTool,
        cgcreateTool, cgsetTool, cggetTool, cgexecTool, cgdeleteTool, lscgroupTool, cglsTool,
        capshTool, getpcapsTool, getcapTool, setcapTool, pscapTool,
        seccompTool, appArmorTool,
    ]

    /// The tool of this name.
    public static func named(_ name: String) -> Tool? { all.first { $0.name == name } }
}
