internal import CommandLineUI
internal import LinuxKernel

/// `chroot`: a program with another root directory. Source: chroot(1) of GNU coreutils 9.1.
let chrootTool = Tool(
    "chroot", "Run COMMAND with root directory set to NEWROOT.",
    operands: "NEWROOT [COMMAND [ARG]...]",
    options: [
        ToolOption(nil, "groups", .required("G_LIST"), "specify supplementary groups as g1,g2,..,gN"),
        ToolOption(nil, "userspec", .required("USER:GROUP"), "specify user and group (ID or name) to use"),
        ToolOption(nil, "skip-chdir", "do not change working directory to '/'"),
    ],
    startsCommand: true,
    remarks: "If no command is given, run '\"$SHELL\" -i' (default: '/bin/sh -i').", usageStatus: 125,
    run: { options, _ in
        guard let path = options.operands.first else { throw ToolFailure("missing operand", status: 125) }
        do {
            let outside = Accounts.current()
            let root = try OwnedDescriptor(open: path, [.pathOnly, .directory])
            let ownRoot = try OwnedDescriptor(open: "/", .pathOnly).status()
            let status = try root.status()
            let isOwnRoot = (status.device, status.inode) == (ownRoot.device, ownRoot.inode)
            guard !options.has("skip-chdir") || isOwnRoot else {
                throw ToolFailure("option --skip-chdir only permitted if NEWROOT is old '/'")
            }
            if !options.has("skip-chdir") { try changeRoot(to: root) }
            // Names mean what the new root says; where it says nothing, what the old one said.
            try ChrootUser(options, inside: .current(), outside: outside).become()
        } catch let error as SyscallError {
            throw ToolFailure("cannot change root directory to '\(path)': \(error.code)", status: 125)
        } catch let error as ToolFailure {
            throw ToolFailure(error.message, status: 125)
        }
        let command = Array(options.operands.dropFirst())
        try executeCommand(command.isEmpty ? shellCommand(interactive: true) : command)
    })

/// The user that `--userspec` and `--groups` name.
struct ChrootUser: Equatable {
    var uid: UInt32?
    var gid: UInt32?
    var groups: [UInt32]?

    init(_ options: ToolOptions, inside: Accounts, outside: Accounts) throws(ToolFailure) {
        func either(_ find: (Accounts) throws(ToolFailure) -> UInt32) throws(ToolFailure) -> UInt32 {
            do throws(ToolFailure) { return try find(inside) } catch { return try find(outside) }
        }
        if let text = options.value("userspec") {
            do throws(ToolFailure) {
                (uid, gid) = try Self.pair(
                    text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false), either)
            } catch {
                // A dot parts them as well, as it once did everywhere.
                let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, !text.contains(":"), let pair = try? Self.pair(parts, either) else {
                    throw error
                }
                Output.write(Array("chroot: warning: '.' should be ':'\n".utf8), to: .error)
                (uid, gid) = pair
            }
        }
        let list = options.value("groups")
        var name: String?
        if let uid, list == nil || gid == nil {
            let account = inside.users.first { $0.uid == uid } ?? outside.users.first { $0.uid == uid }
            guard account != nil || gid != nil else {
                throw ToolFailure("no group specified for unknown uid: \(uid)", status: 125)
            }
            gid = gid ?? account?.gid
            name = account?.name
        }
        if let list {
            groups = try list.split(separator: ",").map { name throws(ToolFailure) in
                try either { accounts throws(ToolFailure) in try accounts.groupID(String(name)) }
            }
        } else if uid != nil {
            groups = []
            if let gid, let name {
                let known = inside.user(name) == nil ? outside : inside
                groups = [gid] + known.groups.filter { $0.gid != gid && $0.members.contains(name) }.map(\.gid)
            }
        }
    }

    /// USER, USER:GROUP or :GROUP.
    private static func pair(
        _ parts: [Substring], _ find: ((Accounts) throws(ToolFailure) -> UInt32) throws(ToolFailure) -> UInt32
    ) throws(ToolFailure) -> (UInt32?, UInt32?) {
        var (uid, gid): (UInt32?, UInt32?) = (nil, nil)
        if let user = parts.first, !user.isEmpty {
            uid = try find { accounts throws(ToolFailure) in try accounts.userID(String(user)) }
        }
        if parts.count == 2, let group = parts.last, !group.isEmpty {
            gid = try find { accounts throws(ToolFailure) in try accounts.groupID(String(group)) }
        }
        return (uid, gid)
    }

    func become() throws(SyscallError) {
        if let groups { try setSupplementaryGroups(groups) }
        if let gid { try setGroupID(gid) }
        if let uid { try setUserID(uid) }
    }
}
