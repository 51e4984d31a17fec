/// Who a container's process is, as numbers.
struct ResolvedUser: Equatable, Sendable {
    var uid: UInt32
    var gid: UInt32
    /// Supplementary groups; the primary one is among them, so that dropping groups does not lift a denial by group.
    var groups: [UInt32]
    var home: String

    static let root = ResolvedUser(uid: 0, gid: 0, groups: [0], home: "/root")
}

/// The image's own `/etc/passwd` and `/etc/group`, to find numbers for names.
///
/// Both are data of the image: a line that does not have the form is passed over, and a number out of range is no line.
struct UserDatabase: Sendable {
    struct User: Equatable, Sendable {
        let name: Substring
        let uid: UInt32
        let gid: UInt32
        let home: Substring
    }

    struct Group: Equatable, Sendable {
        let name: Substring
        let gid: UInt32
        let members: [Substring]
    }

    let users: [User]
    let groups: [Group]

    init(passwd: String, group: String) {
        users = passwd.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 6, !fields[0].isEmpty, let uid = Self.identity(fields[2]),
                let gid = Self.identity(fields[3])
            else { return nil }
            return User(name: fields[0], uid: uid, gid: gid, home: fields[5])
        }
        groups = group.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 3, !fields[0].isEmpty, let gid = Self.identity(fields[2]) else { return nil }
            return Group(name: fields[0], gid: gid, members: fields.count > 3 ? fields[3].split(separator: ",") : [])
        }
    }

    private static func identity(_ text: Substring) -> UInt32? {
        UInt32(text).flatMap { $0 <= UInt32(Int32.max) ? $0 : nil }
    }

    /// Numbers, groups and home directory of `specification`.
    ///
    /// A number needs no line; a name without a line is an error, and never taken for anything else.
    /// - Throws: `EngineError` of kind `invalidInput`.
    /// - Parameter adding: Further groups.
    func resolve(
        _ specification: UserSpec, adding added: [UserSpec.Part] = []
    ) throws(EngineError) -> ResolvedUser {
        let user: User?
        let uid: UInt32
        switch specification.user {
        case .number(let number):
            uid = number
            user = users.first { $0.uid == number }
        case .name(let name):
            guard let found = users.first(where: { $0.name == name }) else {
                throw EngineError(
                    .invalidInput, "unable to find user \(name): no matching entries in the image's passwd")
            }
            uid = found.uid
            user = found
        }
        let gid: UInt32
        var further: [UInt32] = []
        switch specification.group {
        case .number(let number)?: gid = number
        case .name(let name)?: gid = try group(name)
        case nil:
            gid = user?.gid ?? 0
            if let name = user?.name { further = groups.filter { $0.members.contains(name) }.map(\.gid) }
        }
        for part in added {
            switch part {
            case .number(let number): further.append(number)
            case .name(let name): further.append(try group(name))
            }
        }
        let home = user.map(\.home).flatMap { $0.hasPrefix("/") && !$0.utf8.contains(0) ? String($0) : nil }
        return ResolvedUser(
            uid: uid, gid: gid, groups: [gid] + Set(further).subtracting([gid]).sorted(),
            home: home ?? (uid == 0 ? "/root" : "/"))
    }

    private func group(_ name: String) throws(EngineError) -> UInt32 {
        guard let found = groups.first(where: { $0.name == name }) else {
            throw EngineError(
                .invalidInput, "unable to find group \(name): no matching entries in the image's group")
        }
        return found.gid
    }
}
