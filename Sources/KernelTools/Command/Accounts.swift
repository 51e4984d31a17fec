internal import LinuxKernel

/// Users and groups by `/etc/passwd` and `/etc/group`, and by nothing else: no other name service is asked, so that the
/// same tool works inside of any root.
struct Accounts: Sendable {
    struct User: Sendable {
        let name: String
        let uid: UInt32
        let gid: UInt32
        let home: String
        let shell: String
    }

    struct Group: Sendable {
        let name: String
        let gid: UInt32
        let members: [String]
    }

    let users: [User]
    let groups: [Group]

    /// Reads both files as the root directory of this process has them; a missing file has no lines.
    static func current() -> Accounts {
        Accounts(
            passwd: (try? readText("/etc/passwd", limit: 16 << 20)) ?? "",
            group: (try? readText("/etc/group", limit: 16 << 20)) ?? "")
    }

    init(passwd: String, group: String) {
        users = Self.lines(passwd, fields: 7).compactMap { fields in
            guard let uid = UInt32(fields[2]), let gid = UInt32(fields[3]) else { return nil }
            return User(name: fields[0], uid: uid, gid: gid, home: fields[5], shell: fields[6])
        }
        groups = Self.lines(group, fields: 4).compactMap { fields in
            guard let gid = UInt32(fields[2]) else { return nil }
            return Group(name: fields[0], gid: gid, members: fields[3].split(separator: ",").map(String.init))
        }
    }

    private static func lines(_ text: String, fields count: Int) -> [[String]] {
        text.split(separator: "\n").map { line in
            line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }.filter { $0.count >= count && !$0[0].isEmpty }
    }

    func user(_ name: String) -> User? { users.first { $0.name == name } }

    func userName(_ uid: UInt32) -> String? { users.first { $0.uid == uid }?.name }

    /// The id that a number or a name means.
    ///
    /// - Throws: `ToolFailure`: a name that has no line.
    func userID(_ text: String) throws(ToolFailure) -> UInt32 {
        if let number = UInt32(text), number != .max { return number }
        guard let user = user(text) else { throw ToolFailure("invalid user: '\(text)'") }
        return user.uid
    }

    func groupID(_ text: String) throws(ToolFailure) -> UInt32 {
        if let number = UInt32(text), number != .max { return number }
        guard let group = groups.first(where: { $0.name == text }) else {
            throw ToolFailure("invalid group: '\(text)'")
        }
        return group.gid
    }

    /// The primary group and those that list the user as a member.
    func groupIDs(of user: User) -> [UInt32] {
        [user.gid] + groups.filter { $0.gid != user.gid && $0.members.contains(user.name) }.map(\.gid)
    }
}
