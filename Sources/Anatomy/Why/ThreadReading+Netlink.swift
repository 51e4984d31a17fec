internal import LinuxKernel

extension ThreadReading {
    /// What a call has received, as far as one buffer holds it.
    func received(_ name: String, _ arguments: [UInt64], _ count: Int) -> [UInt8]? {
        guard arguments.count > 2 else { return nil }
        var (address, size) = (arguments[1], Int(clamping: arguments[2]))
        if name == "recvmsg" {
            // struct msghdr: name, its length, the list of buffers, and how many; each is an address and a size.
            let width = isNarrow ? 4 : 8
            func word(_ address: UInt64) -> UInt64? {
                guard let bytes = try? ProcessMemory.read(thread, at: address, count: width), bytes.count == width
                else {
                    return nil
                }
                return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
            }
            guard let list = word(address &+ UInt64(2 * width)), let start = word(list),
                let length = word(list &+ UInt64(width))
            else { return nil }
            (address, size) = (start, Int(clamping: length))
        }
        return try? ProcessMemory.read(thread, at: address, count: min(count, size, 1 << 16))
    }

    /// The protocol of a netlink socket; `nil` for what is none.
    func netlinkFamily(_ descriptor: UInt64) -> UInt32? {
        let link = try? readSymbolicLink("/proc/\(thread)/fd/\(Int32(truncatingIfNeeded: descriptor))")
        guard link?.hasPrefix("socket:") == true, let inode = namespaceInode(link),
            let table = try? readText("/proc/\(thread)/net/netlink", limit: 1 << 22)
        else { return nil }
        // Lines of address, protocol, port, …, inode.
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: " ")
            if fields.count > 2, fields.last.flatMap({ UInt64($0) }) == inode { return UInt32(fields[1]) }
        }
        return nil
    }
}
