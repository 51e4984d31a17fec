/// A device file of the host's in a container: `--device`.
public struct DeviceMapping: Codable, Equatable, Sendable {
    public var pathOnHost: String
    public var pathInContainer: String
    /// Out of `r`, `w` and `m`.
    public var cgroupPermissions: String

    enum CodingKeys: String, CodingKey {
        case pathOnHost = "PathOnHost"
        case pathInContainer = "PathInContainer"
        case cgroupPermissions = "CgroupPermissions"
    }

    /// Takes `HOST[:CONTAINER][:ACCESS]`.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`.
    public init(_ text: String) throws(EngineError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let invalid = EngineError(.invalidInput, "invalid device specification: \(quotedForError(text))")
        func isAccess(_ text: String) -> Bool {
            !text.isEmpty && text.utf8.count <= 3 && text.allSatisfy { "rwm".contains($0) }
                && Set(text).count == text.count
        }
        guard (1...3).contains(parts.count), !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
            throw invalid
        }
        guard parts[0].hasPrefix("/"), let source = normalized(parts[0]) else { throw invalid }
        var destination = source
        var access = "rwm"
        if parts.count == 3 {
            guard isAccess(parts[2]) else {
                throw EngineError(.invalidInput, "invalid device mode: \(quotedForError(parts[2]))")
            }
            access = parts[2]
        }
        if parts.count == 2, isAccess(parts[1]) {
            access = parts[1]
        } else if parts.count > 1 {
            guard parts[1].hasPrefix("/"), let path = normalized(parts[1]) else {
                throw EngineError(.invalidInput, "\(quotedForError(parts[1])) is not an absolute path")
            }
            destination = path
        }
        (pathOnHost, pathInContainer, cgroupPermissions) = (source, destination, access)
    }

    public var description: String { "\(pathOnHost):\(pathInContainer):\(cgroupPermissions)" }
}

/// A device with its weight: `--blkio-weight-device`.
public struct WeightDevice: Codable, Equatable, Sendable {
    public var path: String
    public var weight: Int

    enum CodingKeys: String, CodingKey {
        case path = "Path"
        case weight = "Weight"
    }

    /// Takes `DEVICE:WEIGHT`.
    public init(_ text: String) throws(EngineError) {
        let (path, number) = try deviceAndValue(text, "weight")
        guard let weight = Int(number), weight == 0 || (10...1000).contains(weight) else {
            throw EngineError(
                .invalidInput, "invalid weight for device: \(quotedForError(text)): it is from 10 to 1000")
        }
        (self.path, self.weight) = (path, weight)
    }
}

/// A device with the most bytes or operations a second: `--device-read-bps` and its like.
public struct ThrottleDevice: Codable, Equatable, Sendable {
    public var path: String
    public var rate: Int64

    enum CodingKeys: String, CodingKey {
        case path = "Path"
        case rate = "Rate"
    }

    /// Takes `DEVICE:RATE`.
    ///
    /// - Parameter inBytes: Whether the rate may have a unit.
    public init(_ text: String, inBytes: Bool) throws(EngineError) {
        let (path, number) = try deviceAndValue(text, inBytes ? "bps" : "iops")
        let invalid = EngineError(
            .invalidInput,
            "invalid rate for device: \(quotedForError(text)): the form is DEVICE:NUMBER\(inBytes ? "[UNIT]" : "")")
        guard let rate = inBytes ? try? Quantity.bytes(number, option: "the device's rate") : Int64(number), rate >= 0
        else { throw invalid }
        (self.path, self.rate) = (path, rate)
    }
}

private func deviceAndValue(_ text: String, _ what: String) throws(EngineError) -> (String, String) {
    guard let colon = text.lastIndex(of: ":") else {
        throw EngineError(.invalidInput, "bad format: \(quotedForError(text)): the form is DEVICE:\(what.uppercased())")
    }
    let path = String(text[..<colon])
    guard path.hasPrefix("/dev/"), let place = normalized(path), place.hasPrefix("/dev/") else {
        throw EngineError(.invalidInput, "bad format for device path: \(quotedForError(path))")
    }
    return (place, String(text[text.index(after: colon)...]))
}

/// `--device-cgroup-rule`: a type, numbers and access.
public struct DeviceRule: Equatable, Sendable {
    let isBlock: Bool?
    /// `nil` for all.
    let major: Int64?
    let minor: Int64?
    let access: String

    /// Takes `TYPE MAJOR:MINOR ACCESS`.
    public init(_ text: String) throws(EngineError) {
        let invalid = EngineError(.invalidInput, "invalid device cgroup format \(quotedForError(text))")
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, ["a", "b", "c"].contains(parts[0]) else { throw invalid }
        let numbers = parts[1].split(separator: ":", omittingEmptySubsequences: false)
        guard numbers.count == 2 else { throw invalid }
        func number(_ text: Substring) throws(EngineError) -> Int64? {
            if text == "*" { return nil }
            guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt32(text) else {
                throw invalid
            }
            return Int64(number)
        }
        guard (1...3).contains(parts[2].utf8.count), parts[2].allSatisfy({ "rwm".contains($0) }) else { throw invalid }
        isBlock = parts[0] == "a" ? nil : parts[0] == "b"
        major = try number(numbers[0])
        minor = try number(numbers[1])
        access = String(parts[2])
    }
}
