/// A part of a document that can tell whether its values are allowed.
protocol Validated {
    /// - Throws: The first problem, its path counting from this part.
    func validate() throws(SpecError)
}

/// Validates the part in the field `name`, if it is there.
func validate(_ name: String, _ part: (some Validated)?) throws(SpecError) {
    do {
        try part?.validate()
    } catch {
        throw error.inside(name)
    }
}

/// Validates each part in the field `name`.
func validate(_ name: String, _ parts: [some Validated]) throws(SpecError) {
    for (index, part) in parts.enumerated() {
        do {
            try part.validate()
        } catch {
            throw error.inside("\(name)[\(index)]")
        }
    }
}

/// Validates each value of the object in the field `name`.
func validate<Value>(
    _ name: String, _ map: OrderedMap<Value>, _ check: (String, Value) throws(SpecError) -> Void
) throws(SpecError) {
    for member in map.members {
        do {
            try check(member.key, member.value)
        } catch {
            throw error.inside("[\(quoted(member.key))]").inside(name)
        }
    }
}

// Fields and problems are texts that only an error needs: they are made only then.

func require(
    _ condition: Bool, _ field: @autoclosure () -> String, _ problem: @autoclosure () -> String
) throws(SpecError) {
    if !condition { throw .field(path: field(), problem: problem()) }
}

func requireRange<Number: BinaryInteger>(
    _ number: Number, _ range: ClosedRange<Number>, _ field: @autoclosure () -> String
) throws(SpecError) {
    try require(range.contains(number), field(), "\(number) is not from \(range.lowerBound) to \(range.upperBound)")
}

/// Text for the kernel, which ends at a NUL.
func requireText(_ text: String?, _ field: @autoclosure () -> String) throws(SpecError) {
    guard let text else { return }
    try require(!containsNUL(text), field(), "contains a NUL character")
}

func requireTexts(_ texts: [String], _ field: @autoclosure () -> String) throws(SpecError) {
    for (index, text) in texts.enumerated() { try requireText(text, "\(field())[\(index)]") }
}

/// Text that becomes one line of a file.
func requireLine(_ text: String?, _ field: @autoclosure () -> String) throws(SpecError) {
    guard let text else { return }
    try require(
        !text.utf8.contains { $0 < 0x20 || $0 == 0x7F }, field(), "\(quoted(text)) contains a control character")
}

func requireAbsolute(_ path: String, _ field: @autoclosure () -> String) throws(SpecError) {
    try requireText(path, field())
    try require(path.utf8.first == UInt8(ascii: "/"), field(), "\(quoted(path)) is not an absolute path")
}

/// Text that becomes the name of a file.
func requireFileName(_ name: String, _ field: @autoclosure () -> String) throws(SpecError) {
    try requireLine(name, field())
    try require(
        !name.isEmpty && name != "." && name != ".." && !name.utf8.contains(UInt8(ascii: "/")), field(),
        "\(quoted(name)) is not a file name")
}

/// Variables of an environment, `NAME=value` each. The order of the document is kept and duplicates are allowed.
func requireEnvironment(_ environment: [String], _ field: @autoclosure () -> String) throws(SpecError) {
    for (index, entry) in environment.enumerated() {
        try requireText(entry, "\(field())[\(index)]")
        let name = entry.utf8.prefix { $0 != UInt8(ascii: "=") }
        try require(name.count < entry.utf8.count, "\(field())[\(index)]", "\(quoted(entry)) is not NAME=value")
        try require(!name.isEmpty, "\(field())[\(index)]", "\(quoted(entry)) has no name before '='")
    }
}
