package import LinuxKernel

/// Bytes that are not the flat JSON object that they should be.
public struct MalformedObject: Error, Equatable, Sendable {
    /// Which rule is broken or which key is missing.
    public let reason: String
}

/// A JSON object whose values are strings, integers, booleans and null: all that monitors and log files hold.
///
/// Strict: nothing before or after the object, no duplicate keys, no lone surrogates, no fractions, no nesting.
package struct FlatObject: Equatable, Sendable {
    package enum Value: Equatable, Sendable {
        case text([UInt8])
        case integer(Int64)
        case boolean(Bool)
        case null
    }

    /// In the order of the document.
    package let members: [(key: [UInt8], value: Value)]

    package static func == (left: FlatObject, right: FlatObject) -> Bool {
        left.members.elementsEqual(right.members) { $0.key == $1.key && $0.value == $1.value }
    }

    /// Reads one object with at most 64 members.
    package init(json: [UInt8]) throws(MalformedObject) {
        var reader = FlatReader(bytes: json)
        members = try reader.object()
    }

    private func value(_ key: String) -> Value? { members.first { $0.key.elementsEqual(key.utf8) }?.value }

    /// The string under `key`, as UTF-8.
    package func text(_ key: String) throws(MalformedObject) -> [UInt8] {
        guard case .text(let bytes) = value(key) else { throw MalformedObject(reason: "no string \(key)") }
        return bytes
    }

    package func boolean(_ key: String) throws(MalformedObject) -> Bool {
        guard case .boolean(let flag) = value(key) else { throw MalformedObject(reason: "no boolean \(key)") }
        return flag
    }

    package func integer<Number: FixedWidthInteger>(_ key: String) throws(MalformedObject) -> Number {
        guard let number: Number = try optionalInteger(key) else { throw MalformedObject(reason: "no number \(key)") }
        return number
    }

    /// `nil` if the key is absent or null.
    package func optionalInteger<Number: FixedWidthInteger>(_ key: String) throws(MalformedObject) -> Number? {
        switch value(key) {
        case nil, .null: return nil
        case .integer(let wide):
            guard let number = Number(exactly: wide) else { throw MalformedObject(reason: "\(key) is out of range") }
            return number
        default: throw MalformedObject(reason: "no number \(key)")
        }
    }

    package func timestamp(_ key: String) throws(MalformedObject) -> Timestamp {
        let text = String(decoding: try text(key), as: UTF8.self)
        guard let time = Timestamp(text) else { throw MalformedObject(reason: "no time \(key)") }
        return time
    }
}
