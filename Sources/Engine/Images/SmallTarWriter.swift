/// Writes a small tar archive of plain directories and files, as POSIX 1003.1 has it (ustar).
struct SmallTarWriter {
    private(set) var bytes: [UInt8] = []

    mutating func addDirectory(_ path: String, mode: UInt32) { addHeader(path + "/", mode, size: 0, type: "5") }

    /// - Parameter path: Relative, at most 100 bytes.
    mutating func addFile(_ path: String, mode: UInt32, _ content: [UInt8]) {
        addHeader(path, mode, size: content.count, type: "0")
        bytes += content
        pad()
    }

    /// Ends the archive.
    mutating func finish() { bytes += [UInt8](repeating: 0, count: 1024) }

    private mutating func pad() {
        let over = bytes.count % 512
        if over > 0 { bytes += [UInt8](repeating: 0, count: 512 - over) }
    }

    private mutating func addHeader(_ path: String, _ mode: UInt32, size: Int, type: Unicode.Scalar) {
        precondition(path.utf8.count <= 100)
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        func octal(_ number: Int, width: Int) -> String {
            let digits = String(number, radix: 8)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        put(path, at: 0)
        put(octal(Int(mode), width: 7), at: 100)
        put(octal(0, width: 7), at: 108)
        put(octal(0, width: 7), at: 116)
        put(octal(size, width: 11), at: 124)
        put(octal(0, width: 11), at: 136)
        put("        ", at: 148)
        header[156] = UInt8(ascii: type)
        put("ustar", at: 257)
        put("00", at: 263)
        put(octal(header.reduce(0) { $0 + Int($1) }, width: 6), at: 148)
        header[154] = 0
        bytes += header
    }
}
