internal import CInit
internal import LinuxKernel

/// The program that is a container's first process with `--init`: an executable of one page, made of `CInit`'s code.
///
/// It lies in the root directory and not in the run directory, where many hosts let nothing be executed.
enum InitProgram {
    /// Where the container sees it: Docker's place and name.
    static let destination = "/sbin/docker-init"

    /// What is put before a container's own program and arguments.
    static let words = [destination, "--"]

    /// The machine's number in an ELF header.
    private static var machine: UInt16 {
        #if arch(arm64)
            183
        #else
            62
        #endif
    }

    /// Where the file is mapped: readable and executable, nothing is writable but the stack.
    private static let address: UInt64 = 0x40_0000

    /// The whole file. Source: elf(5), 64-bit little-endian.
    static var file: [UInt8] {
        let code = brig_init_code()
        let bytes = UnsafeRawBufferPointer(start: code.bytes, count: code.length)
        let headers = 64 + 2 * 56
        let size = UInt64(headers + code.length)
        var elf = ELFWriter()
        elf.bytes = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
        // An executable, version 1, its entry; program headers behind this one, no sections.
        elf.add(UInt16(2), machine)
        elf.add(UInt32(1))
        elf.add(address + UInt64(headers + code.entry), UInt64(64), UInt64(0))
        elf.add(UInt32(0))
        elf.add(UInt16(64), UInt16(56), UInt16(2), UInt16(64), UInt16(0), UInt16(0))
        // PT_LOAD, to be read and executed: all of the file.
        elf.add(UInt32(1), UInt32(5))
        elf.add(UInt64(0), address, address, size, size, UInt64(0x1000))
        // PT_GNU_STACK: nothing on the stack is executed.
        elf.add(UInt32(0x6474_e551), UInt32(6))
        elf.add(UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(16))
        return elf.bytes + bytes
    }

    private struct ELFWriter {
        var bytes: [UInt8] = []

        mutating func add<Number: FixedWidthInteger>(_ numbers: Number...) {
            for number in numbers { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
        }
    }
}

extension Engine {
    /// Where the program for `--init` is on the host; it is written unless it is there as it must be.
    func initProgram() throws(SyscallError) -> String {
        let path = locations.initProgram
        let file = InitProgram.file
        if try optionalFile(path) != file { try HostDirectory.write(file, to: path, mode: 0o555) }
        return path
    }
}
