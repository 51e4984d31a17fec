internal import LinuxKernel
internal import MonitorProtocol

/// A container's log: Docker's json-file lines, in files that are rotated by size (docs/protocols/log.md).
///
/// Whole records are collected in one buffer and written together. A disk that is full, or any other failure, costs the
/// records that could not be written and nothing else: the file is cut back to its last whole record, each later write
/// tries again, and the first that succeeds is preceded by a record that says how much is missing.
final class LogFile: ContainerLog {
    private let directory: String
    private let name: String
    private let maximumSize: Int64
    private let maximumFiles: Int
    private let packs: Bool
    private let note: (String) -> Void
    /// Has the file packed that has just been left.
    var pack: (() -> Void)?

    private var file: File?
    /// Of the file, without what is buffered.
    private var size: Int64 = 0
    /// A new file is begun at this size: `maximumSize`, or more after that has failed.
    private var rotationSize: Int64

    private var buffer = PageBuffer()
    private var used = 0
    /// Bytes of output in the buffered records.
    private var bufferedOutput: UInt64 = 0
    /// Bytes of output that could not be written, and why.
    private var lostOutput: UInt64 = 0
    private var reason: Errno?

    /// Written as soon as so much is buffered, in bytes.
    private static let batch = 16_384

    private final class File {
        let descriptor: OwnedDescriptor
        init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
    }

    /// - Parameter note: Told what goes wrong, for the monitor's own notes.
    init(_ options: LogOptions, note: @escaping (String) -> Void) {
        let path = options.path
        let start = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) } ?? path.startIndex
        directory = start == path.startIndex ? "./" : String(path[..<start])
        name = String(path[start...])
        maximumSize = options.maximumSize
        maximumFiles = options.maximumFiles
        rotationSize = options.maximumSize
        packs = options.packs
        self.note = note
    }

    /// Opens the file, so that a wrong path is found before the start. Otherwise the first write opens it.
    ///
    /// - Throws: As open(2); `EINVAL` if it is no regular file.
    func open() throws(SyscallError) { _ = try opened() }

    func append(_ text: UnsafeRawBufferPointer, _ stream: LogStream, time: UnsafeRawBufferPointer) {
        if size + Int64(used) >= rotationSize { rotate() }
        // A byte takes six at most.
        let longest = 6 * text.count + 128
        if buffer.bytes.count - used < longest { flush() }
        do throws(SyscallError) {
            // Only touched pages count, so there is always room for the longest line beside a batch.
            try buffer.reserve(max(longest, 8 * Self.batch))
        } catch {
            return lose(UInt64(text.count), error)
        }
        put("{\"log\":\"")
        used += escapeJSON(text, into: UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[used...])).written
        put(stream == .standardOutput ? "\",\"stream\":\"stdout\",\"time\":\"" : "\",\"stream\":\"stderr\",\"time\":\"")
        put(time)
        put("\"}\n")
        bufferedOutput += UInt64(text.count)
        if used >= Self.batch { flush() }
    }

    private func put(_ text: StaticString) {
        put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private func put(_ bytes: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[used..<used + bytes.count]).copyMemory(from: bytes)
        used += bytes.count
    }

    func flush() {
        guard used > 0 else { return }
        do throws(SyscallError) {
            let file = try opened()
            try reportLoss(to: file)
            try write(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer.bytes)[..<used]), to: file)
        } catch {
            lose(bufferedOutput, error)
        }
        used = 0
        bufferedOutput = 0
    }

    func flushAndRelease() {
        flush()
        buffer.release()
    }

    private func opened() throws(SyscallError) -> File {
        if let file { return file }
        // Not blocking, so that a FIFO in the file's place is refused instead of waited for.
        let descriptor = try OwnedDescriptor(
            open: directory + name, [.readWrite, .create, .append, .noFollow, .noControllingTerminal, .nonBlocking],
            mode: 0o640)
        let status = try descriptor.status()
        guard status.isRegularFile else {
            throw SyscallError(call: "open", subject: directory + name, code: .invalidArgument)
        }
        size = status.size
        if size > 0 {
            try descriptor.seek(to: size - 1)
            if try descriptor.read(upTo: 1) != [UInt8(ascii: "\n")] {
                // A crash cut the last record off. Readers skip what is no record.
                try descriptor.write("\n")
                size += 1
            }
        }
        let file = File(descriptor)
        self.file = file
        return file
    }

    /// Writes whole records, or nothing.
    private func write(_ records: UnsafeRawBufferPointer, to file: File) throws(SyscallError) {
        do throws(SyscallError) {
            try file.descriptor.write(records)
            size += Int64(records.count)
        } catch {
            cutBack(file)
            throw error
        }
    }

    /// Removes the part of a record that a failed write has left.
    private func cutBack(_ file: File) {
        do throws(SyscallError) {
            let actual = try file.descriptor.status().size
            // It is shorter if somebody has emptied it.
            if actual > size { try file.descriptor.truncate(to: size) } else { size = actual }
        } catch {
            // Opened again, the file gets a line feed first, so that one line is damaged and no more.
            self.file = nil
        }
    }

    private func reportLoss(to file: File) throws(SyscallError) {
        guard lostOutput > 0, let reason else { return }
        let text = "[brig] \(lostOutput) bytes of output are missing here: \(reason)\n"
        let record = LogRecord(log: Array(text.utf8), stream: .standardError, time: .now)
        var failure: SyscallError?
        record.json.withUnsafeBytes { bytes in
            do throws(SyscallError) { try write(bytes, to: file) } catch { failure = error }
        }
        if let failure { throw failure }
        lostOutput = 0
        self.reason = nil
    }

    private func lose(_ count: UInt64, _ error: SyscallError) {
        if reason == nil { note("log \(directory)\(name): \(error); output is lost until it works again") }
        reason = error.code
        lostOutput += count
    }

    /// Begins a new file: `name` becomes `name.1` and so on, and the oldest goes.
    private func rotate() {
        flush()
        do throws(SyscallError) {
            let directory = try OwnedDescriptor(open: directory, [.read, .directory])
            // Whoever packs the last one holds its lock: it keeps its name until then.
            let (isFree, last) = try lockLast(in: directory)
            guard isFree else {
                rotationSize = size + Self.packingRoom
                return
            }
            let fresh = try directory.open(
                name + ".new", [.readWrite, .create, .truncate, .append, .noFollow, .nonBlocking], mode: 0o640)
            for number in stride(from: maximumFiles - 2, through: 0, by: -1) {
                let own = number == 0 ? name : "\(name).\(number)"
                try move(own, to: "\(name).\(number + 1)", in: directory)
                if packs { try move("\(own).gz", to: "\(name).\(number + 1).gz", in: directory) }
            }
            try directory.rename(name + ".new", into: directory, as: name)
            file = File(fresh)
            size = 0
            rotationSize = maximumSize
            withExtendedLifetime(last) {}
            if packs { pack?() }
        } catch {
            if rotationSize == maximumSize { note("log \(directory)\(name): not rotated: \(error)") }
            rotationSize = max(size, rotationSize) + maximumSize
        }
    }

    /// How much the file may grow before it is looked again whether the last one is packed, in bytes.
    private static let packingRoom: Int64 = 65_536

    private func lockLast(in directory: borrowing OwnedDescriptor) throws(SyscallError) -> (Bool, LastFile?) {
        guard packs else { return (true, nil) }
        let file: OwnedDescriptor
        do throws(SyscallError) {
            file = try directory.open(name + ".1", [.read, .noFollow, .nonBlocking])
        } catch {
            guard error.code == .noSuchFile else { throw error }
            return (true, nil)
        }
        guard let lock = try FileLock.attempt(file) else { return (false, nil) }
        return (true, LastFile(lock))
    }

    private final class LastFile {
        let lock: FileLock
        init(_ lock: consuming FileLock) { self.lock = lock }
    }

    /// What is not there leaves nothing under the new name, either.
    private func move(_ old: String, to new: String, in directory: borrowing OwnedDescriptor) throws(SyscallError) {
        do throws(SyscallError) {
            return try directory.rename(old, into: directory, as: new)
        } catch {
            guard error.code == .noSuchFile else { throw error }
        }
        guard packs else { return }
        do throws(SyscallError) { try directory.removeFile(new) } catch {
            guard error.code == .noSuchFile else { throw error }
        }
    }
}
