internal import Archive
package import LinuxKernel
internal import OCISpec

/// A directory that `RUN --mount=type=cache` keeps from build to build.
///
/// ```
/// ROOT/build-caches/DIGEST[-N]/data    what the programs of builds put there
/// ROOT/build-caches/DIGEST[-N]/id      what it is called
/// ROOT/build-caches/DIGEST[-N]/lock    held, alone or with others, while it is mounted
/// ```
///
/// Only `data` is ever shown to a program. Unchecked: nothing of it changes until it goes away.
package final class BuildCacheDirectory: @unchecked Sendable {
    package enum Sharing: Sendable {
        /// Several builds at once.
        case shared
        /// Who comes second waits.
        case locked
        /// Who comes second gets another one.
        case alone
    }

    private let lock: FileLock
    private let data: OwnedDescriptor

    /// - Parameters:
    ///   - owner: Of a directory that is made.
    ///   - fill: Puts the first content into one that is made.
    package init(
        _ session: BuildSession, id: String, sharing: Sharing, owner: (uid: UInt32, gid: UInt32), mode: UInt32,
        fill: (consuming OwnedDescriptor) throws -> Void
    ) throws {
        let caches = session.engine.locations.buildCaches
        let name = SHA256Hash.digest(of: Array(id.utf8)).hex
        var number = 0
        while true {
            let path = "\(caches)/\(name)\(number == 0 ? "" : "-\(number)")"
            try HostDirectory.make(path, mode: 0o700)
            guard let held = try Self.hold(path, sharing, session) else {
                number += 1
                continue
            }
            // `builder prune` may have removed it before it was locked.
            guard try Self.isNamed(held, "\(path)/lock") else { continue }
            let directory = try OwnedDescriptor(open: path, [.read, .directory, .noFollow])
            if try !Self.isMade(directory) {
                try Self.makeData(in: directory, path, id, owner, mode, fill)
            }
            // What `builder prune` takes for the last use.
            let now = FileTime(seconds: WallClock.nanoseconds / 1_000_000_000)
            try directory.setTimes(accessed: now, modified: now)
            lock = held
            data = try directory.open("data", [.read, .directory, .noFollow])
            return
        }
    }

    private static func isNamed(_ lock: borrowing FileLock, _ path: String) throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            let named = try OwnedDescriptor(open: path, [.pathOnly, .noFollow]).status()
            return try lock.descriptor.status().inode == named.inode
        } catch  where error.code == .noSuchFile {
            return false
        }
    }

    private static func hold(_ path: String, _ sharing: Sharing, _ session: BuildSession) throws -> FileLock? {
        func file() throws(SyscallError) -> OwnedDescriptor {
            try HostDirectory.make(path, mode: 0o700)
            return try OwnedDescriptor(open: "\(path)/lock", [.readWrite, .create, .noFollow])
        }
        switch sharing {
        case .alone: return try FileLock.attempt(try file())
        case .shared: return try FileLock(try file(), .shared)
        case .locked:
            while true {
                try session.checkCancelled()
                if let lock = try FileLock.attempt(try file()) { return lock }
                sleep(for: .milliseconds(50))
            }
        }
    }

    private static func isMade(_ directory: borrowing OwnedDescriptor) throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            return try directory.status(of: "data").isDirectory
        } catch  where error.code == .noSuchFile {
            return false
        }
    }

    /// It appears when it is whole: somebody else may be making it, too.
    private static func makeData(
        in directory: borrowing OwnedDescriptor, _ path: String, _ id: String, _ owner: (uid: UInt32, gid: UInt32),
        _ mode: UInt32, _ fill: (consuming OwnedDescriptor) throws -> Void
    ) throws {
        try HostDirectory.write(id.utf8, to: "\(path)/id", mode: 0o600)
        let new = ".new-" + String(UInt64.random(in: 0 ... .max), radix: 16)
        try directory.makeDirectory(new, mode: 0o700)
        do {
            try fill(try directory.open(new, [.read, .directory, .noFollow]))
            let made = try directory.open(new, [.read, .directory, .noFollow])
            try made.setOwner(uid: owner.uid, gid: owner.gid)
            try made.setPermissions(mode)
            try directory.rename(new, into: directory, as: "data", .noReplace)
        } catch {
            try? HostDirectory.removeTree("\(path)/\(new)")
            if let failure = error as? SyscallError, failure.code == .fileExists { return }
            throw error
        }
    }

    /// A directory in it. Programs of earlier builds may have put links there: none leads out.
    package func open(_ path: String) throws(SyscallError) -> OwnedDescriptor {
        try data.resolve(path.isEmpty ? "." : path, [.pathOnly, .directory])
    }
}

/// A cache directory, for lists.
package struct BuildCacheDirectorySummary: Sendable {
    package let id: String
    /// Bytes.
    package let size: Int64
    package let isInUse: Bool
    /// Seconds since 1970.
    package let lastUsed: Int64
    fileprivate let path: String
}

extension Engine {
    /// The directories that `RUN --mount=type=cache` has made.
    ///
    /// - Returns: The least recently used first.
    package func buildCacheDirectories() throws -> [BuildCacheDirectorySummary] {
        guard exists(locations.buildCaches) else { return [] }
        var list: [BuildCacheDirectorySummary] = []
        let caches = try OwnedDescriptor(open: locations.buildCaches, [.read, .directory])
        for entry in try caches.entries().sorted(by: { $0.name < $1.name }) {
            let path = "\(locations.buildCaches)/\(entry.name)"
            guard let directory = try caches.openDirectoryIfPresent(entry.name) else { continue }
            let lock = HeldLock(try FileLock.attempt(try directory.open("lock", [.readWrite, .create, .noFollow])))
            let isInUse = !lock.isHeld
            let id = (try? readText("\(path)/id")) ?? entry.name
            let size = try Self.size(of: try directory.duplicate())
            list.append(
                BuildCacheDirectorySummary(
                    id: id, size: size, isInUse: isInUse, lastUsed: try directory.times().modified.seconds, path: path)
            )
            withExtendedLifetime(lock) {}
        }
        return list.sorted { $0.lastUsed < $1.lastUsed }
    }

    /// Removes directories that `RUN --mount=type=cache` has made and nobody uses now.
    ///
    /// - Parameters:
    ///   - unusedFor: Only what was not used for so many seconds.
    ///   - keeping: Bytes that may stay, results of steps counted in: the least recently used go until they do.
    package func pruneBuildCacheDirectories(
        unusedFor: Int64?, keeping: Int64?
    ) throws -> [BuildCacheDirectorySummary] {
        let all = try buildCacheDirectories()
        let now = WallClock.nanoseconds / 1_000_000_000
        var size = Int64(clamping: Int(try store.buildCacheSize()))
        for directory in all { size = size.clampedAdding(directory.size) }
        var removed: [BuildCacheDirectorySummary] = []
        for directory in all {
            if let unusedFor, now.subtractingReportingOverflow(directory.lastUsed).partialValue < unusedFor { continue }
            if let keeping, size <= keeping { break }
            let place = try OwnedDescriptor(open: directory.path, [.read, .directory, .noFollow])
            let lock = HeldLock(try FileLock.attempt(try place.open("lock", [.readWrite, .create, .noFollow])))
            guard lock.isHeld else { continue }
            try HostDirectory.removeTree(directory.path)
            withExtendedLifetime(lock) {}
            size -= directory.size
            removed.append(directory)
        }
        return removed
    }

    private static func size(of directory: consuming OwnedDescriptor) throws -> Int64 {
        let reader = TreeReader(directory)
        var size: Int64 = 0
        while let entry = try reader.next() { size = size.clampedAdding(Int64(clamping: entry.size)) }
        return size
    }
}

/// A lock that was got, or not.
private final class HeldLock {
    private let lock: FileLock?

    init(_ lock: consuming FileLock?) { self.lock = lock }

    var isHeld: Bool {
        switch lock {
        case .some: true
        case .none: false
        }
    }
}
