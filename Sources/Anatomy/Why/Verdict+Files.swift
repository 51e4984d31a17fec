internal import Capabilities
internal import LinuxKernel

extension Verdict {
    static func device(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        guard call.errno == 1 else { return nil }
        if call.name.hasPrefix("mknod"), facts.effective.contains(.mknod) {
            let index = call.name == "mknod" ? 1 : 2
            let type = call.argument(index) & 0o170000
            guard type == 0o020000 || type == 0o060000, facts.isHostUserNamespace else { return nil }
            let number = DeviceNumber(raw: call.argument(index + 1))
            return Verdict(
                .deviceRule, "the cgroup's device rules let no node of device \(number) be made",
                "--device-cgroup-rule '\(type == 0o060000 ? "b" : "c") \(number) rwm'", ["devices"])
        }
        if ["open", "openat", "openat2", "creat"].contains(call.name),
            call.openFlags.map({ $0 & 0o1000000 == 0 }) ?? true,
            let file = facts.file, let device = file.device
        {
            return Verdict(
                .deviceRule,
                "the cgroup's device rules do not let \(file.isBlockDevice ? "block" : "character") device \(device) be opened so",
                file.path.hasPrefix("/dev/")
                    ? "--device \(file.path)"
                    : "--device-cgroup-rule '\(file.isBlockDevice ? "b" : "c") \(device) rwm'", ["devices"])
        }
        return nil
    }

    /// What chattr(1) has set, which holds for root, too.
    static func attributes(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        guard call.errno == 1, let file = facts.file else { return nil }
        let rights = AskedRights(call, isThere: file.isThere)
        var nodes = file.isThere ? [file.node] : []
        if rights.holder != 0, let holder = file.directories.last { nodes.append(holder) }
        if let source = facts.source {
            nodes.append(source.node)
            if call.name.hasPrefix("rename"), let holder = source.directories.last { nodes.append(holder) }
        }
        for node in nodes {
            if node.attributes.contains(.immutable) {
                return Verdict(
                    .permission, "\(node.path) is immutable (chattr +i): nobody changes it, root included",
                    "chattr -i \(node.path), where it lies on the host", ["file"])
            }
            // In such a directory files are made, and none are removed.
            let isAddition = node.isDirectory && ["mkdir", "mkdirat", "openat", "open", "creat"].contains(call.name)
            if node.attributes.contains(.appendOnly), !isAddition, call.openFlags.map({ $0 & 0o2000 == 0 }) ?? true {
                return Verdict(
                    .permission, "\(node.path) can only be added to (chattr +a)",
                    "chattr -a \(node.path), where it lies on the host", ["file"])
            }
        }
        if call.name.hasPrefix("link"), let source = facts.source, source.node.isDirectory {
            return Verdict(.permission, "\(source.path) is a directory, which has one name only", nil, ["file"])
        }
        return nil
    }

    /// What the kernel refuses in directories that everybody may write to, whatever the mode. Source: sysctl/fs, protected_*.
    static func shared(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        guard let file = facts.file else { return nil }
        func value(_ name: String) -> UInt64 { facts.settings["fs.protected_\(name)"] ?? 0 }
        let (me, flags) = (facts.asker.fileUID, call.openFlags ?? 0)
        func refusal(_ setting: String, _ words: String, _ remedy: String?) -> Verdict {
            Verdict(
                .permission, "\(words) (fs.protected_\(setting)=\(value(setting)))",
                (remedy.map { "\($0), or " } ?? "") + "sysctl -w fs.protected_\(setting)=0 on the host, for all of it",
                ["fs.protected_\(setting)", "file"])
        }
        if call.errno == 1, call.name.hasPrefix("link"), let source = facts.source, source.isThere,
            value("hardlinks") != 0, !facts.effective.contains(.fowner), source.uid != me
        {
            let isPlain =
                source.mode & 0o170000 == 0o100000 && source.mode & 0o4000 == 0 && source.mode & 0o2010 != 0o2010
            guard !isPlain || !Obstacle.may(6, source.node, facts.asker, facts.effective, facts) else { return nil }
            return refusal(
                "hardlinks",
                "\(source.path) belongs to user \(source.uid), mode \(source.node.permissions): user \(me) may not give it another name",
                facts.asker.uid == 0 ? "--cap-add FOWNER" : "--user \(source.uid)")
        }
        guard call.errno == 13 else { return nil }
        if let (link, directory) = file.link, value("symlinks") != 0, directory.isSticky, directory.mode & 2 != 0,
            link.uid != me, link.uid != directory.uid
        {
            return refusal(
                "symlinks",
                "\(link.path) is a link of user \(link.uid)'s in a directory of everybody's, and not followed", nil)
        }
        guard flags & 0o100 != 0, file.isThere, let directory = file.directories.last, directory.isSticky,
            file.uid != me, file.uid != directory.uid
        else { return nil }
        let setting = file.mode & 0o170000 == 0o010000 ? "fifos" : "regular"
        guard setting == "fifos" || file.mode & 0o170000 == 0o100000, value(setting) != 0,
            directory.mode & 2 != 0 || directory.mode & 0o20 != 0 && value(setting) > 1
        else { return nil }
        return refusal(
            setting,
            "\(file.path) is user \(file.uid)'s in a directory of everybody's, where O_CREAT opens nobody else's, root included",
            "--user \(file.uid)")
    }

    static func file(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        guard call.errno == 13 || call.errno == 1 && call.name == "mmap", let file = facts.file else { return nil }
        if call.name == "mmap" { return mapping(call, file, facts) }
        if call.name.hasPrefix("exec"), let verdict = program(call, file, facts) { return verdict }
        if file.device != nil, let entry = file.mount?.entry, entry.options.contains("nodev") {
            return Verdict(
                .mountOption, "\(file.path) lies on \(entry.mountPoint), where devices do not count (nodev)",
                entry.type == "tmpfs" && !file.path.hasPrefix("/dev/")
                    ? "--tmpfs \(entry.mountPoint):dev" : "--device \(file.path)", ["mount"])
        }
        // Its first path counts, too, of a file that gets another name.
        for part in [facts.source, file].compactMap({ $0 }) {
            if let verdict = permission(call, part, facts) { return verdict }
        }
        return nil
    }

    /// Whom a path's modes stop, and where.
    private static func permission(_ call: FailedCall, _ file: FileFacts, _ facts: DenialFacts) -> Verdict? {
        guard let found = Obstacle(file, call, by: facts.asker, facts.effective, facts) else {
            let listed = (file.directories + (file.isThere ? [file.node] : [])).last { $0.hasAccessList }
            return listed.map {
                Verdict(
                    .permission, "\($0.path) has an access control list, which refuses user \(facts.uid) (getfacl)",
                    "setfacl -m u:\(facts.uid):rwX \($0.path), where it lies on the host", ["file"])
            }
        }
        let (node, uid) = (found.node, facts.asker.fileUID)
        let may = AskedRights.words(found.rights, isDirectory: node.isDirectory)
        var words =
            "\(node.path) belongs to \(node.uid):\(node.gid), mode \(node.permissions): user \(uid) may not \(may)"
        if node.hasAccessList { words += " (it has an access control list, too: getfacl)" }
        if !facts.knows(node), facts.effective.contains(.dacOverride) {
            return Verdict(
                .userNamespace,
                words + "; CAP_DAC_OVERRIDE does not count, since its user namespace does not know that owner",
                "chown \(node.path) to a user of the namespace", ["file", "userNamespace"])
        }
        if uid == 0, !facts.effective.contains(.dacOverride), facts.knows(node) {
            let more = facts.effective.union(CapabilitySet([.dacOverride]))
            if Obstacle(file, call, by: facts.asker, more, facts) == nil {
                return Verdict(
                    .capability, words + " without CAP_DAC_OVERRIDE", "--cap-add DAC_OVERRIDE",
                    ["file", "capabilities"])
            }
        }
        // Another user is advice only if all of the path is open to it.
        let owner = AskingProcess(
            userIDs: Array(repeating: node.uid, count: 4),
            groupIDs: Array(repeating: node.uid == 0 ? 0 : 65534, count: 4))
        let rights = ["r": UInt32(4), "w": 2, "x": 1].filter { found.rights & $0.value != 0 }.keys.sorted().joined()
        let group = facts.asker.groupIDs.dropFirst().first == node.gid || facts.asker.groups.contains(node.gid)
        let change = "chmod \(node.uid == uid ? "u" : group ? "g" : "o")+\(rights) \(node.path)"
        var member = facts.asker
        member.groups.append(node.gid)
        if node.gid != 0, Obstacle(file, call, by: member, facts.effective, facts) == nil {
            return Verdict(.permission, words, "--group-add \(node.gid)", ["file"])
        }
        let helps =
            node.uid != uid && Obstacle(file, call, by: owner, node.uid == 0 ? facts.bounding : [], facts) == nil
        // To let everybody through a directory is less than to let everybody write.
        let remedy = helps ? "--user \(node.uid)" + (found.rights == 1 ? ", or \(change)" : "") : change
        return Verdict(.permission, words, remedy, ["file"])
    }

    private static func program(_ call: FailedCall, _ file: FileFacts, _ facts: DenialFacts) -> Verdict? {
        if let entry = file.mount?.entry, entry.options.contains("noexec") {
            return Verdict(
                .mountOption, "\(file.path) lies on \(entry.mountPoint), which is mounted noexec",
                entry.type == "tmpfs" ? "--tmpfs \(entry.mountPoint):exec" : "mount \(entry.mountPoint) without noexec",
                ["mount"])
        }
        guard Obstacle(file, call, by: facts.asker, facts.effective.union(CapabilitySet([.dacOverride])), facts) == nil
        else {
            return file.isThere && file.mode & 0o170000 != 0o040000 && file.mode & 0o111 == 0
                ? Verdict(
                    .permission, "\(file.path) is not executable (mode \(file.node.permissions))",
                    "chmod +x \(file.path) in the image", ["file"])
                : nil
        }
        if file.isThere, file.mode & 0o170000 != 0, file.mode & 0o170000 != 0o100000 {
            return Verdict(.permission, "\(file.path) is no regular file, and nothing else is executed", nil, ["file"])
        }
        for interpreter in facts.interpreters {
            let verdict = program(call, interpreter, facts) ?? permission(call, interpreter, facts)
            if var verdict {
                verdict.explanation = "\(file.path) is executed by \(interpreter.path), and \(verdict.explanation)"
                return verdict
            }
        }
        return nil
    }

    private static func mapping(_ call: FailedCall, _ file: FileFacts, _ facts: DenialFacts) -> Verdict? {
        if call.argument(2) & 4 != 0, let entry = file.mount?.entry, entry.options.contains("noexec") {
            return Verdict(
                .mountOption, "\(file.path) lies on \(entry.mountPoint), which is mounted noexec",
                entry.type == "tmpfs" ? "--tmpfs \(entry.mountPoint):exec" : "mount \(entry.mountPoint) without noexec",
                ["mount"])
        }
        guard call.errno == 13, let flags = facts.descriptorFlags else { return nil }
        let isShared = [1, 3].contains(call.argument(3) & 0xf)
        if flags & 3 == 1 {
            return Verdict(
                .permission, "the descriptor was opened for writing only, and what is mapped is read", nil,
                ["descriptor"])
        }
        guard isShared, call.argument(2) & 2 != 0, flags & 3 == 0 else { return nil }
        return Verdict(
            .permission,
            "the descriptor was opened for reading only, and a shared mapping with PROT_WRITE writes to the file: the program must open it with O_RDWR",
            nil, ["descriptor"])
    }
}
