public import LinuxKernel
public import OCISpec

/// The directory of one container, `ROOT/ID/`: its record, its config and the socket on which it waits for `start`.
///
/// Commands that change a container hold its lock: flock(2) on the directory itself, which the kernel gives back when
/// its holder dies. The lock belongs to the open file and thus to every process that has a copy of the descriptor: a
/// child that lives on must close it, or the container stays locked.
public struct ContainerDirectory: ~Copyable, Sendable {
    /// How long a command waits for another one that works on the same container.
    public static let defaultWait = Duration.seconds(10)

    /// No file of ours is larger, in bytes.
    private static let sizeLimit = 64 << 20

    /// The record of a container that is made.
    static let recordName = "state.json"
    /// The record while create is at work, after one byte that says how far it is: ``Progress``.
    static let creatingName = "creating"
    /// The config as it was at create.
    public static let configName = "config.json"
    /// The socket on which the container's first process waits; gone once it is started.
    public static let startSocketName = "start.sock"

    /// Its name is the directory's.
    public let id: ContainerID
    /// Opened for reading, to act below it.
    public let descriptor: OwnedDescriptor
    private let root: OwnedDescriptor

    private init(id: ContainerID, descriptor: consuming OwnedDescriptor, root: consuming OwnedDescriptor) {
        self.id = id
        self.descriptor = descriptor
        self.root = root
    }

    /// Opens the directory without its lock; `nil` if there is none.
    static func open(
        _ id: ContainerID, in root: borrowing OwnedDescriptor
    ) throws(SyscallError) -> ContainerDirectory? {
        do throws(SyscallError) {
            return ContainerDirectory(
                id: id, descriptor: try root.open(id.text, [.read, .directory, .noFollow]), root: try root.duplicate())
        } catch  where error.code == .noSuchFile {
            return nil
        }
    }

    /// Opens and locks the directory; `nil` if there is none, or none any more.
    static func lock(
        _ id: ContainerID, in root: borrowing OwnedDescriptor, wait: Duration
    ) throws -> ContainerDirectory? {
        guard let directory = try open(id, in: root) else { return nil }
        try directory.lock(wait: wait)
        // It may have been removed, and even made anew, while we waited.
        guard try directory.isCurrent() else { return nil }
        return directory
    }

    /// Takes the lock.
    ///
    /// flock(2) knows no time limit, and a signal to end the wait would need a handler: so it is tried in steps.
    ///
    /// - Throws: `StateError.busy`, `SyscallError`.
    func lock(wait: Duration) throws {
        let deadline = MonotonicClock.now + wait
        var pause = Duration.microseconds(200)
        while true {
            // The lock is of the open file: it stays when this duplicate is closed.
            if try FileLock.attempt(descriptor.duplicate()) != nil { return }
            guard MonotonicClock.now < deadline else { throw StateError.busy(id) }
            sleep(for: pause)
            pause = min(pause * 2, .milliseconds(20))
        }
    }

    private func isCurrent() throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            return try root.status(of: id.text).inode == descriptor.status().inode
        } catch  where error.code == .noSuchFile {
            return false
        }
    }

    /// Gives the lock up and keeps the directory open.
    func unlock() throws(SyscallError) {
        // The lock is of the open file, of which this is a duplicate.
        try FileLock.attempt(descriptor.duplicate())?.release()
    }

    /// Locks the directory again.
    ///
    /// - Returns: False if it was removed meanwhile, whether or not there is another of its name.
    func lockAgain() throws -> Bool {
        try lock(wait: Self.defaultWait)
        return try isCurrent()
    }

    /// Whether no other open file holds the lock; asked without keeping it.
    func isFree() throws -> Bool {
        // A second open file: flock(2) never refuses the one that holds the lock.
        guard let other = try Self.open(id, in: root) else { return true }
        return try FileLock.attempt(other.descriptor.duplicate()) != nil
    }
}

// MARK: Content

extension ContainerDirectory {
    /// Replaces the record in one step: readers see the old one or the new one.
    ///
    /// Not synced to a disk: it tells of processes, which no crash of the kernel survives.
    public borrowing func write(_ record: ContainerRecord) throws(SyscallError) {
        try replace(Self.recordName, with: record.json.bytes())
    }

    /// Replaces the config by the one with the limits that an update has set.
    public borrowing func write(configBytes: [UInt8]) throws(SyscallError) {
        try replace(Self.configName, with: configBytes)
    }

    /// Keeps the config as it was taken at create, byte for byte. Nobody reads it before the record says that the container
    /// is made, so it needs no second name: replacing files costs a disk's file system more than all else that create writes.
    borrowing func keep(configBytes: [UInt8]) throws(SyscallError) {
        try descriptor.open(Self.configName, [.write, .create, .exclusive, .noFollow], mode: 0o600).write(configBytes)
    }

    /// How far create is, for whoever takes away what a crash left.
    enum Progress: UInt8 {
        /// `p`: the cgroup is not made yet, and what runs at its place may be somebody else's.
        case planned = 0x70
        /// `m`: it is made, and the container's own.
        case made = 0x6d
    }

    /// Writes the record of a container that is being made.
    ///
    /// One call that stays within a page is not cut short by a signal, and other readers see all of it or nothing.
    borrowing func begin(_ record: ContainerRecord) throws(SyscallError) {
        let bytes = [(record.cgroupsArePlanned ? Progress.planned : .made).rawValue] + record.json.bytes()
        guard bytes.count <= 4096 else { return try replace(Self.creatingName, with: bytes) }
        try descriptor.open(Self.creatingName, [.write, .create, .exclusive, .noFollow], mode: 0o600).write(bytes)
    }

    /// Notes that the planned cgroup is made, just where it was planned.
    borrowing func confirm() throws(SyscallError) {
        try descriptor.open(Self.creatingName, [.write, .noFollow]).write([Progress.made.rawValue])
    }

    /// Replaces the record of a container that is being made.
    borrowing func beginAgain(_ record: ContainerRecord) throws(SyscallError) {
        try replace(
            Self.creatingName,
            with: [(record.cgroupsArePlanned ? Progress.planned : .made).rawValue] + record.json.bytes())
    }

    /// The number of the descriptor that holds the lock, for a copy of this process to close.
    package var lockNumber: Int32 { descriptor.raw }

    private borrowing func replace(_ name: String, with bytes: [UInt8]) throws(SyscallError) {
        let temporary = ".\(name).new"
        let file = try descriptor.open(temporary, [.write, .create, .truncate, .noFollow], mode: 0o600)
        try file.write(bytes)
        try descriptor.rename(temporary, to: name)
    }

    /// The container's record.
    ///
    /// - Returns: `nil` if none was written: create has not come that far, or has died before.
    /// - Throws: `StateError.damaged`, `SyscallError`.
    public borrowing func record() throws -> ContainerRecord? {
        if let bytes = try content(Self.recordName) { return try parse(bytes) }
        // Empty: create died between making the file and writing it, before it had made anything else.
        guard let bytes = try content(Self.creatingName), let first = bytes.first else { return nil }
        guard let progress = Progress(rawValue: first) else {
            throw StateError.damaged(id, problem: "\(Self.creatingName) does not say how far create was")
        }
        var record = try parse(Array(bytes.dropFirst()))
        record.cgroupsArePlanned = progress == .planned
        return record
    }

    private borrowing func parse(_ bytes: [UInt8]) throws(StateError) -> ContainerRecord {
        let record: ContainerRecord
        do {
            record = try ContainerRecord(json: JSONValue(parsing: bytes, sizeLimit: Self.sizeLimit))
        } catch {
            throw .damaged(id, problem: "\(error)")
        }
        guard record.id == id else { throw .damaged(id, problem: "it is of \(record.id.text)") }
        return record
    }

    /// The config as it was at create; `nil` if it was not kept yet.
    ///
    /// - Throws: `StateError.damaged`, `SyscallError`.
    public borrowing func config() throws -> RuntimeConfig? {
        guard let bytes = try content(Self.configName) else { return nil }
        do {
            return try RuntimeConfig(json: JSONValue(parsing: bytes, sizeLimit: Self.sizeLimit))
        } catch {
            throw StateError.damaged(id, problem: "\(Self.configName): \(error)")
        }
    }

    /// The config as it was at create, byte for byte but for later updates; `nil` if it was not kept yet.
    borrowing func configBytes() throws(SyscallError) -> [UInt8]? { try content(Self.configName) }

    private borrowing func content(_ name: String) throws(SyscallError) -> [UInt8]? {
        do throws(SyscallError) {
            return try descriptor.open(name, [.read, .noFollow]).readAll(limit: Self.sizeLimit)
        } catch  where error.code == .noSuchFile {
            return nil
        }
    }

    /// Whether the container's first process still waits for `start`.
    public borrowing func waitsForStart() throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            _ = try descriptor.status(of: Self.startSocketName)
            return true
        } catch  where error.code == .noSuchFile {
            return false
        }
    }

    /// Takes the directory away with all that is in it.
    public consuming func remove() throws(SyscallError) {
        for name in [Self.recordName, Self.creatingName, Self.configName] {
            do throws(SyscallError) {
                try descriptor.removeFile(name)
            } catch  where [.noSuchFile, .isDirectory, .notPermitted].contains(error.code) {
                // What is something else is met below.
            }
        }
        do throws(SyscallError) {
            try removeItself()
        } catch  where error.code == .directoryNotEmpty {
            try removeContent(of: descriptor)
            try removeItself()
        }
    }

    private borrowing func removeItself() throws(SyscallError) {
        do throws(SyscallError) {
            try root.removeDirectory(id.text)
        } catch  where error.code == .noSuchFile {
            // Somebody else was quicker, to the same end.
        }
    }
}

private func removeContent(of directory: borrowing OwnedDescriptor) throws(SyscallError) {
    for entry in try directory.entries() {
        do throws(SyscallError) {
            try directory.removeFile(entry.name)
        } catch  where error.code == .isDirectory || error.code == .notPermitted {
            try removeContent(of: directory.open(entry.name, [.read, .directory, .noFollow]))
            try directory.removeDirectory(entry.name)
        } catch  where error.code == .noSuchFile {
            continue
        }
    }
}
