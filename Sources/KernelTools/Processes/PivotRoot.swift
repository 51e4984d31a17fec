internal import LinuxKernel

/// `pivot_root`: the original's two directories, or a directory and a command.
///
/// `pivot_root NEW_ROOT PUT_OLD` is pivot_root(8) of util-linux. `pivot_root DIR COMMAND [ARG…]` does what is done around
/// it: a mount namespace of its own, DIR as a mount, as `/`, and the old root gone.
let pivotRootTool = Tool(
    "pivot_root", "Change the root filesystem.",
    operands: "new_root put_old\n pivot_root DIR COMMAND [ARG...]",
    startsCommand: true,
    remarks: """
        With a COMMAND: in a new mount namespace, DIR becomes the root, the old root is taken away, and COMMAND runs. Two
        directories are taken for new_root and put_old.
        """,
    run: { options, _ in
        guard let newRoot = options.operands.first, options.operands.count > 1 else { throw ToolFailure("bad usage") }
        let command = Array(options.operands.dropFirst())
        if command.count == 1, let status = try? OwnedDescriptor(open: command[0], .pathOnly).status(),
            status.isDirectory
        {
            try pivotRoot(newRoot, putOld: command[0])
            return 0
        }
        try unshare([.mount])
        // What is done here must not reach the mount namespace that this process came from.
        try setRootPropagation(.private, recursive: true)
        let source = try OwnedDescriptor(open: newRoot, [.pathOnly, .directory])
        let tree = try DetachedMount.copy(of: source, recursive: true, subject: newRoot)
        try tree.attach(to: source, subject: newRoot)
        try pivotRoot(to: tree.root)
        try executeCommand(command)
    })
