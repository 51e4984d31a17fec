/// The file of one compiled program: a header of 40 bytes, the profile's canonical bytes, the names that were skipped,
/// the instructions. Numbers are little-endian.
struct CachedProgram {
    /// To be raised with every change of the compiler or of the table; a test holds it to their output.
    static let version: UInt32 = 1
    static let magic: UInt64 = 0x4250_4267_6972_422E
    static let headerSize = 40
    /// Larger files are none of ours, and profiles that would need one are not kept.
    static let sizeLimit = 1 << 18

    /// The file's bytes; nil if it would be too large.
    static func bytes(_ profile: CanonicalProfile, _ program: Program) -> [UInt8]? {
        var body = profile.bytes
        for name in program.skippedNames { body.append(name) }
        let skippedSize = body.count - profile.bytes.count
        program.instructions.withUnsafeBytes { body.append(contentsOf: $0) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headerSize + body.count)
        bytes.appendNumber(magic)
        bytes.appendNumber(version)
        bytes.appendNumber(UInt32(truncatingIfNeeded: profile.bytes.count))
        bytes.appendNumber(UInt32(truncatingIfNeeded: skippedSize))
        bytes.appendNumber(UInt32(truncatingIfNeeded: program.instructions.count))
        bytes.appendNumber(program.flags.rawValue)
        bytes.appendNumber(UInt32(0))
        bytes.appendNumber(bytes[...].mixed ^ body[...].mixed)
        bytes += body
        return bytes.count <= sizeLimit ? bytes : nil
    }

    /// The program in a file's bytes; nil unless they are whole, of this version, of this very profile, and the kernel
    /// would take the program.
    static func program(in bytes: [UInt8], of profile: CanonicalProfile) -> Program? {
        guard bytes.count >= headerSize, bytes.count <= sizeLimit, bytes.number(0, UInt64.self) == magic,
            bytes.number(8, UInt32.self) == version
        else { return nil }
        let profileSize = Int(bytes.number(12, UInt32.self))
        let skippedSize = Int(bytes.number(16, UInt32.self))
        let count = Int(bytes.number(20, UInt32.self))
        let flags = FilterFlags(rawValue: bytes.number(24, UInt32.self))
        let size = MemoryLayout<Instruction>.size
        guard count <= Compiler.limit, bytes.count == headerSize + profileSize + skippedSize + count * size else {
            return nil
        }
        let body = bytes[headerSize...]
        let skipped = body.dropFirst(profileSize).prefix(skippedSize)
        guard body.prefix(profileSize).elementsEqual(profile.bytes),
            bytes[..<32].mixed ^ body.mixed == bytes.number(32, UInt64.self),
            let names = names(in: skipped)
        else { return nil }
        let instructions = [Instruction](unsafeUninitializedCapacity: count) { buffer, used in
            bytes.withUnsafeBytes { from in
                UnsafeMutableRawBufferPointer(buffer).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: from.suffix(count * size)))
            }
            used = count
        }
        let program = Program(instructions: instructions, flags: flags, skippedNames: names)
        do throws(Program.Defect) { try program.validate() } catch { return nil }
        return program
    }

    private static func names(in bytes: ArraySlice<UInt8>) -> [String]? {
        var rest = bytes
        var names: [String] = []
        while !rest.isEmpty {
            guard rest.count >= 4 else { return nil }
            let count = Int(Array(rest.prefix(4)).number(0, UInt32.self))
            guard rest.count - 4 >= count else { return nil }
            names.append(String(decoding: rest.dropFirst(4).prefix(count), as: UTF8.self))
            rest = rest.dropFirst(4 + count)
        }
        return names
    }
}

extension [UInt8] {
    /// The little-endian number at `offset`, which the caller has found to be inside.
    fileprivate func number<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type) -> Number {
        withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self)) }
    }
}
