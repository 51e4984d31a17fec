internal import CLinux
internal import Glibc

extension OwnedDescriptor {
    /// Reads once, up to `count` bytes; an empty result is the end of the file.
    ///
    /// - Throws: As read(2).
    public borrowing func read(upTo count: Int) throws(SyscallError) -> [UInt8] {
        var failure: SyscallError?
        let from = raw
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            do throws(SyscallError) {
                used = try kernel("read", "descriptor \(from)") { Glibc.read(from, buffer.baseAddress, count) }
            } catch {
                failure = error
                used = 0
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Reads to the end, at most `limit` bytes.
    ///
    /// - Throws: As read(2); `EFBIG` if there is more than `limit`.
    public borrowing func readAll(limit: Int) throws(SyscallError) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let part = try read(upTo: min(65_536, limit + 1 - bytes.count))
            if part.isEmpty { return bytes }
            if bytes.isEmpty { bytes = part } else { bytes += part }
            if bytes.count > limit {
                throw SyscallError(call: "read", subject: "descriptor \(raw)", code: .fileTooLarge)
            }
        }
    }

    /// Writes all of `bytes`, in as many calls as it takes.
    ///
    /// - Throws: As write(2); `EPIPE` comes as an error where `SIGPIPE` is ignored.
    public borrowing func write(_ bytes: some Collection<UInt8>) throws(SyscallError) {
        let to = raw
        var failure: SyscallError?
        func writeAll(_ buffer: UnsafeBufferPointer<UInt8>) {
            var done = 0
            do throws(SyscallError) {
                while done < buffer.count {
                    done += try kernel("write", "descriptor \(to)") {
                        Glibc.write(to, buffer.baseAddress.map { $0 + done }, buffer.count - done)
                    }
                }
            } catch {
                failure = error
            }
        }
        if bytes.withContiguousStorageIfAvailable(writeAll) == nil { Array(bytes).withUnsafeBufferPointer(writeAll) }
        if let failure { throw failure }
    }

    /// Writes `text` as UTF-8.
    ///
    /// - Throws: As `write(_:)`.
    public borrowing func write(_ text: String) throws(SyscallError) { try write(text.utf8) }
}

/// Reads a whole small file of the host's, such as one of procfs.
///
/// - Parameter limit: The largest size taken, in bytes.
/// - Throws: As open(2) and read(2) with the path as subject; `EFBIG` beyond `limit`.
public func readFile(_ path: String, limit: Int = 1 << 20) throws(SyscallError) -> [UInt8] {
    do {
        return try OwnedDescriptor(open: path, .read).readAll(limit: limit)
    } catch {
        throw SyscallError(call: error.call, subject: path, code: error.code)
    }
}

/// Reads a whole small text file of the host's; bytes that are not UTF-8 are replaced.
///
/// - Throws: As `readFile(_:limit:)`.
public func readText(_ path: String, limit: Int = 1 << 20) throws(SyscallError) -> String {
    String(decoding: try readFile(path, limit: limit), as: UTF8.self)
}
