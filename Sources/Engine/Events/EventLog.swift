internal import LinuxKernel
internal import OCISpec

/// The engine's durable memory of what happened: JSON objects, one a line, in files that are rotated by size.
///
/// Every command appends to it, in one write each, so lines of different commands never mix. Nothing waits for the disk,
/// and an event that cannot be written is lost and stops nothing.
struct EventLog {
    let chain: LogChain
    private let directory: String

    /// Of one file, in bytes, and how many files there are at most.
    static let maximumSize: Int64 = 4 << 20
    static let maximumFiles = 3
    static let longestLine = 256 << 10

    init(directory: String) {
        self.directory = directory
        chain = LogChain(path: directory + "/log")
    }

    /// Adds a line.
    func append(_ event: Event, maximumSize: Int64 = EventLog.maximumSize) throws(SyscallError) {
        let line = event.json.bytes() + [UInt8(ascii: "\n")]
        guard line.count <= Self.longestLine else { return }
        let file = try open()
        try file.write(line)
        if try file.status().size >= maximumSize { try rotate(file.status().inode) }
    }

    private func open() throws(SyscallError) -> OwnedDescriptor {
        do throws(SyscallError) {
            return try OwnedDescriptor(open: chain.path, [.write, .create, .append, .noFollow], mode: 0o600)
        } catch  where error.code == .noSuchFile {
            try HostDirectory.make(directory, mode: 0o700)
            return try OwnedDescriptor(open: chain.path, [.write, .create, .append, .noFollow], mode: 0o600)
        }
    }

    /// Begins a new file, unless somebody else has done so.
    private func rotate(_ inode: UInt64) throws(SyscallError) {
        let lock = try FileLock(try OwnedDescriptor(open: directory, [.read, .directory]))
        guard try lock.descriptor.status(of: "log").inode == inode else { return }
        for number in stride(from: Self.maximumFiles - 2, through: 0, by: -1) {
            do throws(SyscallError) {
                try lock.descriptor.rename(number == 0 ? "log" : "log.\(number)", to: "log.\(number + 1)")
            } catch  where error.code == .noSuchFile {}
        }
    }
}

/// Reads the lines of a chain of files from the oldest on, and those that come.
struct ChainReader {
    let chain: LogChain
    private var file: LogFile?
    /// The beginning of a line that is not finished yet.
    private var rest: [UInt8] = []

    init(_ chain: LogChain) { self.chain = chain }

    /// Gives all whole lines that are there to `body`, which returns whether it wants more.
    ///
    /// - Returns: Whether `body` wants more.
    mutating func read(_ body: ([UInt8]) throws -> Bool) throws -> Bool {
        while true {
            if let file {
                guard try drain(file, body) else { return false }
                guard let next = try chain.successor(of: file) else { return true }
                // A writer may have added to this file between the last read and the rotation.
                guard try drain(file, body) else { return false }
                self.file = next
                rest = []
            } else {
                guard let first = try chain.open().first else { return true }
                file = first
            }
        }
    }

    private mutating func drain(_ file: LogFile, _ body: ([UInt8]) throws -> Bool) throws -> Bool {
        while true {
            let part = try file.descriptor.read(upTo: 65_536)
            guard !part.isEmpty else { return true }
            var lines = (rest + part).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            rest = Array(lines.removeLast())
            for line in lines where !line.isEmpty {
                guard try body(Array(line)) else { return false }
            }
        }
    }
}
