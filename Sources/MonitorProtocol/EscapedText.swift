/// Turns bytes into the inside of a JSON string as Docker's json-file driver does, a piece at a time and without memory
/// of its own: what a container writes may come without end.
///
/// - `"` and `\` get a backslash, line feed and carriage return become `\n` and `\r`; other control characters, `<`,
///   `>` and `&` become `\u00XX`, the separators U+2028 and U+2029 `\u2028` and `\u2029`.
/// - Each byte that is not part of well-formed UTF-8 becomes `\ufffd`. A character that is cut off at the end of
///   `source` counts as such, too.
///
/// - Returns: How many bytes of `source` are done, and how many of `room` are filled. Less than all of `source` is done
///   only when fewer than six bytes of `room` are left.
package func escapeJSON(
    _ source: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer
) -> (read: Int, written: Int) {
    var read = 0
    var written = 0
    while read < source.count {
        let byte = source[read]
        // The common case first: what may stand as it is.
        if byte < 0x80, !mustEscape(byte) {
            guard written < room.count else { break }
            room[written] = byte
            read += 1
            written += 1
            continue
        }
        guard room.count - written >= 6 else { break }
        if byte < 0x80 {
            written += escapeControl(byte, room, at: written)
            read += 1
            continue
        }
        let size = characterSize(source, at: read)
        if size == 0 {
            written += writeCode(0xfffd, room, at: written)
            read += 1
        } else if size == 3, byte == 0xe2, source[read + 1] == 0x80, source[read + 2] | 1 == 0xa9 {
            written += writeCode(0x2000 | UInt16(source[read + 2] & 0x3f), room, at: written)
            read += 3
        } else {
            for index in 0..<size { room[written + index] = source[read + index] }
            written += size
            read += size
        }
    }
    return (read, written)
}

/// `bytes` as a JSON string with its quotes, for short texts.
package func quotedJSON(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [UInt8(ascii: "\"")]
    bytes.withUnsafeBytes { source in
        result += [UInt8](unsafeUninitializedCapacity: source.count * 6) { room, count in
            count = escapeJSON(source, into: UnsafeMutableRawBufferPointer(room)).written
        }
    }
    result.append(UInt8(ascii: "\""))
    return result
}

@inline(__always)
private func mustEscape(_ byte: UInt8) -> Bool {
    // One bit for each character from 0 to 63; of the others only the backslash.
    let low: UInt64 = 0xffff_ffff | 1 << 0x22 | 1 << 0x26 | 1 << 0x3c | 1 << 0x3e
    return byte < 64 ? low >> UInt64(byte) & 1 == 1 : byte == 0x5c
}

private func escapeControl(_ byte: UInt8, _ room: UnsafeMutableRawBufferPointer, at start: Int) -> Int {
    let short: UInt8
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): short = byte
    case UInt8(ascii: "\n"): short = UInt8(ascii: "n")
    case UInt8(ascii: "\r"): short = UInt8(ascii: "r")
    default: return writeCode(UInt16(byte), room, at: start)
    }
    room[start] = UInt8(ascii: "\\")
    room[start + 1] = short
    return 2
}

/// Writes `\uXXXX` and returns 6.
private func writeCode(_ code: UInt16, _ room: UnsafeMutableRawBufferPointer, at start: Int) -> Int {
    room[start] = UInt8(ascii: "\\")
    room[start + 1] = UInt8(ascii: "u")
    for index in 0..<4 {
        let digit = UInt8(truncatingIfNeeded: code >> UInt16(12 - 4 * index)) & 0xf
        room[start + 2 + index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
    return 6
}

/// How many bytes the character that starts at `start` takes, 2 to 4, or 0 if there is none: no overlong forms, no
/// surrogates, nothing above U+10FFFF. Source: the Unicode Standard, table 3-7.
private func characterSize(_ bytes: UnsafeRawBufferPointer, at start: Int) -> Int {
    let first = bytes[start]
    let size: Int
    var second: ClosedRange<UInt8> = 0x80...0xbf
    switch first {
    case 0xc2...0xdf: size = 2
    case 0xe0: (size, second) = (3, 0xa0...0xbf)
    case 0xed: (size, second) = (3, 0x80...0x9f)
    case 0xe1...0xef: size = 3
    case 0xf0: (size, second) = (4, 0x90...0xbf)
    case 0xf1...0xf3: size = 4
    case 0xf4: (size, second) = (4, 0x80...0x8f)
    default: return 0
    }
    guard bytes.count - start >= size, second.contains(bytes[start + 1]) else { return 0 }
    for index in 2..<4 where index < size {
        guard bytes[start + index] & 0xc0 == 0x80 else { return 0 }
    }
    return size
}
