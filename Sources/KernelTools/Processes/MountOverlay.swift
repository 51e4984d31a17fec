internal import LinuxKernel

/// `mount-overlay`: one directory on another, as an image's layers lie.
let mountOverlayTool = Tool(
    "mount-overlay", "Mount directories on top of one another.",
    operands: "LOWER... UPPER WORK TARGET",
    options: [
        ToolOption("r", "read-only", "only LOWER... TARGET: nothing can be written"),
        ToolOption("u", "userxattr", "keep the overlay's marks in user.* attributes, as user namespaces must"),
    ],
    remarks: """
        The first LOWER is the topmost. UPPER gets what is written, WORK is the kernel's, empty and on the same file
        system as UPPER. umount TARGET takes it away again.
        """,
    run: { options, _ in
        let fixed = options.has("read-only") ? 1 : 3
        guard options.operands.count > fixed, let target = options.operands.last else {
            throw ToolFailure(options.has("read-only") ? "needs LOWER... TARGET" : "needs LOWER... UPPER WORK TARGET")
        }
        let lower = Array(options.operands.dropLast(fixed))
        let last = options.operands.suffix(fixed)
        let upper = fixed == 3 ? (path: last[last.startIndex], work: last[last.startIndex + 1]) : nil
        guard fixed == 3 || lower.count > 1 else { throw ToolFailure("without UPPER at least two LOWER are needed") }
        try OverlayMount(lower: lower, upper: upper, usesUserAttributes: options.has("userxattr")).attach(
            to: try OwnedDescriptor(open: target, [.pathOnly, .directory]), subject: target)
        return 0
    })
