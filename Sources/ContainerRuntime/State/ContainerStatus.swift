package import LinuxKernel
package import OCISpec

/// What the kernel and the state directory say of a container, from which its status follows.
struct StatusFacts: Equatable {
    /// Its first process exists and has not ended.
    var isRunning: Bool
    /// Create has not finished.
    var isCreating: Bool
    /// The command that creates it is at work.
    var hasCreator: Bool
    /// The first process has not been told to start.
    var waitsForStart: Bool
    /// Its cgroup is frozen.
    var isFrozen: Bool

    var status: ContainerState.Status {
        // What a dead create left will never run: it can only be deleted.
        if isCreating { return hasCreator ? .creating : .stopped }
        if !isRunning { return .stopped }
        if isFrozen { return .paused }
        return waitsForStart ? .created : .running
    }
}

/// A container as it is now.
package struct ContainerSnapshot: Equatable, Sendable {
    package let record: ContainerRecord
    package let status: ContainerState.Status
    /// The first process; `nil` once it has ended.
    package let process: ProcessIdentity?

    /// The state as the specification has it.
    package var state: ContainerState {
        ContainerState(
            ociVersion: record.ociVersion, id: record.id.text, status: status, pid: process?.pid,
            bundle: record.bundle, annotations: record.annotations)
    }
}

extension ContainerDirectory {
    /// The container as it is now; `nil` without a record.
    ///
    /// - Parameter locked: Whether the caller holds the lock, so that nobody else can be creating the container.
    borrowing func snapshot(locked: Bool) throws -> ContainerSnapshot? {
        guard var record = try record() else { return nil }
        var hasCreator = record.isCreating && !locked
        if hasCreator, try isFree() {
            // It has ended, or it has finished since the record was read.
            hasCreator = false
            guard let newest = try self.record() else { return nil }
            record = newest
        }
        let isRunning = try record.process?.isRunning() ?? false
        let facts = StatusFacts(
            isRunning: isRunning, isCreating: record.isCreating,
            hasCreator: hasCreator, waitsForStart: try waitsForStart(),
            isFrozen: isRunning && record.cgroupIsFrozen())
        return ContainerSnapshot(record: record, status: facts.status, process: isRunning ? record.process : nil)
    }
}
