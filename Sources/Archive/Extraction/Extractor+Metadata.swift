internal import LinuxKernel

extension Extractor {
    static let defaultListName = "system.posix_acl_default"

    /// Owner, mode and extended attributes, in the one order that works: a change of owner drops set-id bits and file
    /// capabilities, and a list of rights is part of the mode.
    ///
    /// - Parameter directory: The directory's path, if it is one.
    func applyMetadata(
        _ entry: ArchiveEntry, to file: borrowing OwnedDescriptor, directory: [UInt8]? = nil
    ) throws {
        let isMapped = try giveOwner(of: entry, to: file)
        try file.setPermissions(isMapped ? entry.permissions : entry.permissions & 0o1777)
        for attribute in entry.attributes {
            if attribute.name.elementsEqual(Self.defaultListName.utf8) {
                if let directory { try rememberDefaultList(attribute.value, of: directory) }
            } else if !Self.carriesOver(attribute.name) {
                drop(attribute)
            } else if try !set(attribute, on: file) {
                drop(attribute)
            }
        }
    }

    /// - Returns: `false` if this file system has no attributes of this kind.
    private func set(
        _ attribute: ExtendedAttribute, on file: borrowing OwnedDescriptor
    ) throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            try file.setAttribute(attribute.name.zeroTerminated, to: attribute.value)
            return true
        } catch  where error.code == .notSupported {
            return false
        }
    }

    /// Makes an open file belong to whom the options say.
    ///
    /// - Returns: `false` if the user namespace does not have the archive's owner.
    private func giveOwner(of entry: ArchiveEntry, to file: borrowing OwnedDescriptor) throws -> Bool {
        guard try isGiven(entry) else { return true }
        do throws(SyscallError) {
            try file.setOwner(uid: entry.userID, gid: entry.groupID)
            return true
        } catch {
            return try noteUnmapped(error)
        }
    }

    /// The same for a name in the current directory, which is not followed.
    func giveOwner(of entry: ArchiveEntry, to name: [CChar]) throws -> Bool {
        guard try isGiven(entry) else { return true }
        do throws(SyscallError) {
            try current.directory.setOwner(of: name, uid: entry.userID, gid: entry.groupID)
            return true
        } catch {
            return try noteUnmapped(error)
        }
    }

    private func isGiven(_ entry: ArchiveEntry) throws(ArchiveError) -> Bool {
        // The largest number stands for "leave as it is" in the kernel's calls.
        guard entry.userID != .max, entry.groupID != .max else { throw ArchiveError(.badOwner) }
        return options.ownership != .current
    }

    private func noteUnmapped(_ error: SyscallError) throws(SyscallError) -> Bool {
        guard error.code == .invalidArgument, options.ownership == .mapped else { throw error }
        summary.unmappedOwners += 1
        return false
    }

    /// Which attributes of an archive a file gets: what users and Linux's own access control put there. Labels of other
    /// security modules belong to the host they come from; `trusted.*` and the overlay's attributes would direct the
    /// kernel to other files.
    static func carriesOver(_ name: [UInt8]) -> Bool {
        if name.starts(with: "user.overlay.".utf8) { return false }
        let names = ["security.capability", "system.posix_acl_access", defaultListName]
        return name.starts(with: "user.".utf8) || names.contains { name.elementsEqual($0.utf8) }
    }

    func drop(_ attribute: ExtendedAttribute) {
        let name = displayName(attribute.name)
        // Names are the archive's: it does not fill memory with them.
        let known = summary.droppedAttributes.count < 100 || summary.droppedAttributes[name] != nil
        summary.droppedAttributes[known ? name : "others", default: 0] += 1
    }

    private func rememberDefaultList(_ list: [UInt8], of directory: [UInt8]) throws {
        try remember(bytes: directory.count + list.count)
        defaultLists[directory] = list
        guard UInt64(defaultLists.count) <= options.limits.rememberedDirectories else {
            throw ArchiveError(.limit(.rememberedDirectories, options.limits.rememberedDirectories))
        }
    }
}
