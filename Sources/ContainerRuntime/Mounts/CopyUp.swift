internal import LinuxKernel

extension MountExecutor {
    /// Copies the files below `from` to the empty tree below `to`, by descriptors alone: contents, owners, modes, and
    /// links as links. Device nodes, sockets and named pipes are left out, as the image must not bring them.
    ///
    /// Source: crun and runc's mount option `tmpcopyup`.
    func copyTree(from: borrowing OwnedDescriptor, to: borrowing OwnedDescriptor) throws(SyscallError) {
        let source = try from.open(".", [.read, .directory, .noFollow])
        for entry in try source.entries() { try copyEntry(entry.name, from: source, to: to) }
    }

    private func copyEntry(
        _ name: String, from: borrowing OwnedDescriptor, to: borrowing OwnedDescriptor
    ) throws(SyscallError) {
        let status = try from.status(of: name)
        if status.isDirectory {
            try to.makeDirectory(name, mode: status.permissions)
            try to.setOwner(of: name, uid: status.userID, gid: status.groupID)
            try copyTree(
                from: from.open(name, [.pathOnly, .directory, .noFollow]),
                to: to.open(name, [.pathOnly, .directory, .noFollow]))
        } else if status.isSymbolicLink {
            try to.makeSymbolicLink(name, to: from.readSymbolicLink(name))
            try to.setOwner(of: name, uid: status.userID, gid: status.groupID)
        } else if status.isRegularFile {
            let source = try from.open(name, [.read, .noFollow, .nonBlocking, .noControllingTerminal])
            // Who shares the directory may have put a device in its place by now.
            guard try source.status().isRegularFile else { return }
            let target = try to.open(name, [.write, .create, .exclusive, .noFollow], mode: 0o600)
            while true {
                let part = try source.read(upTo: 65_536)
                if part.isEmpty { break }
                try target.write(part)
            }
            // The owner first: changing it clears set-user-id bits.
            try target.setOwner(uid: status.userID, gid: status.groupID)
            try target.setPermissions(status.permissions)
        }
    }
}
