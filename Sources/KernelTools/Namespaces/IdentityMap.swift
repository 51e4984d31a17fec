internal import LinuxKernel

/// A run of ids of a user namespace and what they are outside of it. Source: user_namespaces(7).
struct IdentityRange: Equatable, Sendable {
    let outer: UInt32
    let inner: UInt32
    let count: UInt32

    /// Reads `OUTER,INNER,COUNT`, or `INNER:OUTER:COUNT` as newer util-linux has it.
    ///
    /// - Throws: `ToolFailure` for another form, no ids at all, and ids above the largest one.
    init(parsing text: String) throws(ToolFailure) {
        let colons = text.split(separator: ":", omittingEmptySubsequences: false).map { UInt32($0) }
        let commas = text.split(separator: ",", omittingEmptySubsequences: false).map { UInt32($0) }
        let numbers = commas.count == 3 ? commas : colons.count == 3 ? [colons[1], colons[0], colons[2]] : []
        guard numbers.count == 3, let outer = numbers[0], let inner = numbers[1], let count = numbers[2], count > 0,
            !outer.addingReportingOverflow(count).overflow, !inner.addingReportingOverflow(count).overflow
        else { throw ToolFailure("invalid mapping '\(text)': it is OUTER,INNER,COUNT") }
        self.init(outer: outer, inner: inner, count: count)
    }

    init(outer: UInt32, inner: UInt32, count: UInt32) {
        self.outer = outer
        self.inner = inner
        self.count = count
    }

    /// The ranges for newuidmap(1) with one id mapped by itself: where it falls into the range, the rest moves up by one
    /// id inside, so that no id outside is lost but the last.
    static func ranges(_ range: IdentityRange, single: IdentityRange?) -> [IdentityRange] {
        guard let single else { return [range] }
        let end = range.inner + range.count
        guard single.inner >= range.inner, single.inner < end else { return [range, single] }
        let below = single.inner - range.inner
        return [
            IdentityRange(outer: range.outer, inner: range.inner, count: below), single,
            IdentityRange(outer: range.outer + below, inner: single.inner + 1, count: range.count - below - 1),
        ].filter { $0.count > 0 }
    }

    /// The first range that `/etc/subuid` or `/etc/subgid` gives to a user: subuid(5).
    static func subordinate(_ path: String, of accounts: Accounts, uid: UInt32) throws -> IdentityRange {
        let name = accounts.userName(uid)
        for line in try readText(path).split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count == 3, fields[0] == name ?? "" || fields[0] == "\(uid)", let start = UInt32(fields[1]),
                let count = UInt32(fields[2]), count > 0, !start.addingReportingOverflow(count).overflow
            else { continue }
            return IdentityRange(outer: start, inner: 0, count: count)
        }
        throw ToolFailure(
            "\(path) has no line for user \(name ?? "\(uid)"): add one, such as \(name ?? "\(uid)"):100000:65536")
    }
}

/// How the ids of a new user namespace are mapped.
struct IdentityMap: Sendable {
    /// One id for the caller's own, written by the process itself.
    var single: UInt32?
    /// More, which newuidmap(1) or a caller with CAP_SETUID must write from outside.
    var range: IdentityRange?

    var isEmpty: Bool { single == nil && range == nil }

    /// What the file below `/proc/PID` gets.
    func text(own: UInt32) -> String {
        let one = single.map { IdentityRange(outer: own, inner: $0, count: 1) }
        let ranges = range.map { IdentityRange.ranges($0, single: one) } ?? [one].compactMap { $0 }
        return ranges.map { "\($0.inner) \($0.outer) \($0.count)\n" }.joined()
    }

    /// Writes the map of a process that waits for it, as root by itself and otherwise through the helper that
    /// subordinate ids need.
    func write(_ file: String, helper: String, pid: Int32, own: UInt32) throws {
        let text = text(own: own)
        if CallerIdentity.effectiveUid == 0 {
            try writeProcessFile("/proc/\(pid)/\(file)", text)
            return
        }
        let words = text.split { $0 == " " || $0 == "\n" }.map(String.init)
        let child = try Spawn(program: helper, arguments: [helper, "\(pid)"] + words).start([(2, 2)])
        let status = try child.wait()
        guard status.isSuccess else { throw ToolFailure("\(helper) \(pid): \(status)") }
    }
}

/// Writes a file of procfs in one call.
func writeProcessFile(_ path: String, _ text: String) throws {
    do throws(SyscallError) {
        try OwnedDescriptor(open: path, .write).write(text)
    } catch {
        throw ToolFailure("write \(path) '\(text.split(separator: "\n").joined(separator: ", "))': \(error.code)")
    }
}
