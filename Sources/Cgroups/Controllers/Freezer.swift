import LinuxKernel

/// Whether the processes of a cgroup run.
public enum FreezerState: Sendable {
    case thawed, freezing, frozen
}

/// Stops all processes of a cgroup and lets them go on: v1's freezer, or v2's `cgroup.freeze`.
///
/// Source: the kernel's admin-guide/cgroup-v1/freezer-subsystem.rst and admin-guide/cgroup-v2.rst, `cgroup.freeze`.
struct Freezer {
    private let group: CgroupDirectory

    init(_ group: CgroupDirectory) { self.group = group }

    /// What the cgroup itself has been told; one that is stopped only because a cgroup above it is, counts as thawed.
    func state() throws(CgroupError) -> FreezerState {
        switch group.hierarchy.version {
        case .v1:
            // Absent before Linux 3.11 in no form that we run on: gone means nothing is frozen.
            guard try group.readIfPresent("freezer.self_freezing")?.trimmedText == "1" else { return .thawed }
            return try group.readText("freezer.state") == "FROZEN" ? .frozen : .freezing
        case .v2:
            guard try group.readIfPresent("cgroup.freeze")?.trimmedText == "1" else { return .thawed }
            return try isFrozenUnified(group.read("cgroup.events")) ? .frozen : .freezing
        }
    }

    /// Stops everything, and waits until it has stopped.
    ///
    /// - Throws: `CgroupError.freezeTimedOut`, thawed again; `.refused`.
    func freeze() throws(CgroupError) {
        do throws(CgroupError) {
            switch group.hierarchy.version {
            case .v1: try freezeLegacy()
            case .v2: try freezeUnified()
            }
        } catch {
            // Half frozen is worse than either: but the first failure is what the caller must hear.
            try? thaw()
            throw error
        }
    }

    func thaw() throws(CgroupError) {
        switch group.hierarchy.version {
        case .v1: try group.write("freezer.state", "THAWED")
        case .v2: try group.write("cgroup.freeze", "0")
        }
    }

    /// v1's kernel may stay in FREEZING while processes fork or come in. Writing FROZEN again makes it look again, and a
    /// moment's thaw lets those go on that stand in the way.
    private func freezeLegacy() throws(CgroupError) {
        let deadline = MonotonicClock.now + .seconds(10)
        var attempt = 0
        while MonotonicClock.now < deadline {
            attempt += 1
            if attempt % 50 == 0 {
                try group.write("freezer.state", "THAWED")
                try pause(.milliseconds(10))
            }
            try group.write("freezer.state", "FROZEN")
            if attempt % 25 == 0 { try pause(.milliseconds(1)) }
            let state = try group.readText("freezer.state")
            switch state {
            case "FROZEN": return
            case "FREEZING": continue
            default: throw .unexpected(file: group.fullPath("freezer.state"), content: state)
            }
        }
        throw .freezeTimedOut(group.fullPath)
    }

    private func freezeUnified() throws(CgroupError) {
        try group.write("cgroup.freeze", "1")
        do throws(SyscallError) {
            let events = try group.descriptor.open("cgroup.events", [.read, .noFollow])
            let deadline = MonotonicClock.now + .seconds(10)
            while true {
                // Reading from the start takes note of the present state; a later change makes the file ready again.
                try events.seek(to: 0)
                if isFrozenUnified(try events.readAll(limit: 4096)) { return }
                let left = deadline - MonotonicClock.now
                if left <= .zero { break }
                _ = try events.wait(for: .exceptional, timeout: left)
            }
        } catch {
            throw .failed(error)
        }
        throw .freezeTimedOut(group.fullPath)
    }

    private func isFrozenUnified(_ events: [UInt8]) -> Bool {
        events.lines.contains { $0.count == 2 && $0[0] == "frozen" && $0[1] == "1" }
    }
}

/// Waits; nothing but time ends it.
func pause(_ duration: Duration) throws(CgroupError) {
    do throws(SyscallError) {
        _ = try pollReady([], duration)
    } catch {
        throw .failed(error)
    }
}
