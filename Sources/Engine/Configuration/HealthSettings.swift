/// How it is found out whether a container is well: Docker's `Healthcheck` object.
public struct HealthSettings: Codable, Equatable, Sendable {
    /// `["NONE"]`, `["CMD", PROGRAM, …]` or `["CMD-SHELL", COMMAND]`; empty is what the image says.
    public var test: [String] = []
    /// Nanoseconds, all of them; 0 is the default.
    public var interval: Int64 = 0
    public var timeout: Int64 = 0
    public var startPeriod: Int64 = 0
    public var startInterval: Int64 = 0
    public var retries = 0
    /// What is done once it is not well: `restart`, `stop`, `kill`; empty and `none` is nothing. Brig's own.
    public var onFailure = ""

    public init() {}

    enum CodingKeys: String, CodingKey {
        case test = "Test"
        case interval = "Interval"
        case timeout = "Timeout"
        case startPeriod = "StartPeriod"
        case startInterval = "StartInterval"
        case retries = "Retries"
        case onFailure = "OnFailure"
    }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        test = try members.decodeIfPresent([String].self, forKey: .test) ?? []
        interval = try members.decodeIfPresent(Int64.self, forKey: .interval) ?? 0
        timeout = try members.decodeIfPresent(Int64.self, forKey: .timeout) ?? 0
        startPeriod = try members.decodeIfPresent(Int64.self, forKey: .startPeriod) ?? 0
        startInterval = try members.decodeIfPresent(Int64.self, forKey: .startInterval) ?? 0
        retries = try members.decodeIfPresent(Int.self, forKey: .retries) ?? 0
        onFailure = try members.decodeIfPresent(String.self, forKey: .onFailure) ?? ""
    }

    /// As Docker: what is not set is not there.
    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        if !test.isEmpty { try members.encode(test, forKey: .test) }
        if interval != 0 { try members.encode(interval, forKey: .interval) }
        if timeout != 0 { try members.encode(timeout, forKey: .timeout) }
        if startPeriod != 0 { try members.encode(startPeriod, forKey: .startPeriod) }
        if startInterval != 0 { try members.encode(startInterval, forKey: .startInterval) }
        if retries != 0 { try members.encode(retries, forKey: .retries) }
        if !onFailure.isEmpty { try members.encode(onFailure, forKey: .onFailure) }
    }

    /// What a container says, with what its image says in the places that it leaves open.
    static func merged(_ own: HealthSettings?, _ image: HealthSettings?) -> HealthSettings? {
        guard var result = own else { return image }
        guard let image, result.test.first != "NONE" else { return result }
        if result.test.isEmpty { result.test = image.test }
        if result.interval == 0 { result.interval = image.interval }
        if result.timeout == 0 { result.timeout = image.timeout }
        if result.startPeriod == 0 { result.startPeriod = image.startPeriod }
        if result.startInterval == 0 { result.startInterval = image.startInterval }
        if result.retries == 0 { result.retries = image.retries }
        return result
    }

    /// - Throws: `EngineError` of kind `invalidInput`, in Docker's words.
    func check() throws(EngineError) {
        for (value, what) in [
            (interval, "Interval"), (timeout, "Timeout"), (startPeriod, "StartPeriod"),
            (startInterval, "StartInterval"),
        ] where value != 0 && value < 1_000_000 {
            throw EngineError(.invalidInput, "\(what) in Healthcheck cannot be less than 1ms")
        }
        guard ["", "none", "restart", "stop", "kill"].contains(onFailure) else {
            throw EngineError(
                .invalidInput,
                "invalid health on-failure action \(quotedForError(onFailure)): none, restart, stop or kill")
        }
        guard retries >= 0 else { throw EngineError(.invalidInput, "Retries in Healthcheck cannot be negative") }
        switch test.first {
        case nil, "NONE", "CMD", "CMD-SHELL": break
        case let other?:
            throw EngineError(.invalidInput, "Unknown healthcheck type \(quotedForError(other)) (expected 'CMD')")
        }
    }
}
