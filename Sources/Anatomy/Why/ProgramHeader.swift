/// What the kernel makes of a file that is to be executed, from its first bytes.
package enum ProgramHeader: Equatable, Sendable {
    /// A script, and the program of its first line.
    case script(interpreter: String)
    /// An ELF file: for which machine, and the loader that it names.
    case elf(machine: UInt16, is64: Bool, loader: String?)
    /// Nothing that the kernel executes.
    case unknown

    /// - Parameter bytes: The file's first few kilobytes.
    ///
    /// Source: elf(5), execve(2). Both byte orders are read; all numbers are taken as hostile.
    package init(_ bytes: [UInt8]) {
        if bytes.starts(with: [0x23, 0x21]) {
            let line = bytes.dropFirst(2).prefix { $0 != 0x0a }.drop { $0 == 0x20 || $0 == 0x09 }
            let word = line.prefix { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d }
            let ends = line.last == 0x0d && word.endIndex == line.index(before: line.endIndex) ? "\r" : ""
            self = .script(interpreter: String(decoding: word, as: UTF8.self) + ends)
            return
        }
        guard bytes.count >= 52, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]), [1, 2].contains(bytes[4]) else {
            self = .unknown
            return
        }
        let (is64, isBig) = (bytes[4] == 2, bytes[5] == 2)
        func number(_ offset: Int, _ size: Int) -> UInt64? {
            guard offset >= 0, offset <= bytes.count - size else { return nil }
            let part = bytes[offset..<(offset + size)]
            return (isBig ? Array(part) : part.reversed()).reduce(0) { $0 << 8 | UInt64($1) }
        }
        let machine = UInt16(truncatingIfNeeded: number(18, 2) ?? 0)
        var loader: String?
        if let table = number(is64 ? 32 : 28, is64 ? 8 : 4).flatMap({ Int(exactly: $0) }),
            let size = number(is64 ? 54 : 42, 2).flatMap({ Int(exactly: $0) }), size >= (is64 ? 56 : 32),
            let count = number(is64 ? 56 : 44, 2), table < bytes.count
        {
            for index in 0..<Int(min(count, 64)) {
                let entry = table + index * size
                // PT_INTERP
                guard number(entry, 4) == 3, let offset = number(entry + (is64 ? 8 : 4), is64 ? 8 : 4),
                    let start = Int(exactly: offset), start < bytes.count
                else { continue }
                loader = String(decoding: bytes[start...].prefix { $0 != 0 }.prefix(4096), as: UTF8.self)
            }
        }
        self = .elf(machine: machine, is64: is64, loader: loader)
    }

    /// Names of machines, as images have them. Source: elf.h, `EM_*`.
    package static func name(_ machine: UInt16, is64: Bool) -> String {
        let names: [UInt16: String] = [
            3: "386", 62: "amd64", 40: "arm", 183: "arm64", 8: "mips", 20: "ppc", 21: "ppc64", 22: "s390x",
            243: is64 ? "riscv64" : "riscv32", 258: "loong64",
        ]
        return names[machine] ?? "machine \(machine)"
    }

    /// Whether an x86-64 or arm64 kernel executes the file by itself.
    package func runs(on machine: String) -> Bool {
        guard case .elf(let number, let is64, _) = self else { return true }
        let name = Self.name(number, is64: is64)
        switch machine {
        case "x86_64", "amd64": return name == "amd64" || name == "386"
        case "aarch64", "arm64": return name == "arm64" || name == "arm"
        default: return true
        }
    }
}
