/// A JSON document as a value (RFC 8259).
public enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// A number written without fraction and exponent that fits.
    case integer(Int64)
    /// Such a number above `Int64.max`.
    case unsigned(UInt64)
    /// Any other number.
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// Members in the order of the document, no key twice.
public typealias JSONObject = OrderedMap<JSONValue>

extension JSONValue {
    /// How many levels of arrays and objects a document may have.
    public static let defaultDepthLimit = 64

    /// Parses a whole document.
    ///
    /// Refused, although other parsers accept it: a name given twice in an object (which one counts differs between
    /// parsers), text after the document, escaped or encoded surrogates without a partner, a byte order mark.
    ///
    /// - Parameter sizeLimit: In bytes. It bounds memory, too: a value takes at most some fifteen times its text.
    /// - Throws: ``SpecError/syntax(line:column:problem:)`` or ``SpecError/tooLarge(bytes:limit:)``.
    public init(
        parsing bytes: UnsafeBufferPointer<UInt8>, sizeLimit: Int, depthLimit: Int = Self.defaultDepthLimit
    ) throws(SpecError) {
        guard bytes.count <= sizeLimit else { throw .tooLarge(bytes: bytes.count, limit: sizeLimit) }
        var parser = JSONParser(bytes, depthLimit: depthLimit)
        do {
            self = try parser.parseDocument()
        } catch {
            throw error.located(in: bytes)
        }
    }

    public init(
        parsing bytes: [UInt8], sizeLimit: Int, depthLimit: Int = Self.defaultDepthLimit
    ) throws(SpecError) {
        self = try bytes.withUnsafeBufferPointer { (buffer) throws(SpecError) in
            try JSONValue(parsing: buffer, sizeLimit: sizeLimit, depthLimit: depthLimit)
        }
    }

    public init(
        parsing text: String, sizeLimit: Int, depthLimit: Int = Self.defaultDepthLimit
    ) throws(SpecError) {
        try self.init(parsing: Array(text.utf8), sizeLimit: sizeLimit, depthLimit: depthLimit)
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }
    public init(nilLiteral: ()) { self = .null }
}

extension JSONValue {
    /// The integer as a JSON number.
    public init(_ number: some BinaryInteger) {
        if let integer = Int64(exactly: number) {
            self = .integer(integer)
        } else if let unsigned = UInt64(exactly: number) {
            self = .unsigned(unsigned)
        } else {
            self = .double(Double(number))
        }
    }
}
