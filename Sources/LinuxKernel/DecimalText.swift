/// A number in decimal digits. The standard library writes those of 32 bits by way of protocols, whose parts lie all over it: what
/// a start would page in for it is more than it needs of the library otherwise.
package func decimal(_ number: UInt32) -> String {
    var length = 1
    var rest = number / 10
    while rest > 0 {
        length += 1
        rest /= 10
    }
    return String(unsafeUninitializedCapacity: length) { buffer in
        var rest = number
        for place in stride(from: length - 1, through: 0, by: -1) {
            buffer[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        return length
    }
}

/// The number of a process, or another that is mostly above zero, in decimal digits.
package func decimal(_ number: Int32) -> String { (number < 0 ? "-" : "") + decimal(number.magnitude) }
