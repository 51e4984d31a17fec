internal import LinuxKernel
internal import OCISpec

/// What an answer means that is not the one hoped for, with the registry's own words.
func refusal(_ answer: Answer, who: String = "the registry") async -> RegistryError {
    let host = answer.address.origin.name
    let status = answer.status
    let said = await words(of: answer)
    func error(_ kind: RegistryError.Kind, _ problem: String, _ advice: String? = nil) -> RegistryError {
        RegistryError(kind, host: host, problem + (said.map { " (\($0))" } ?? ""), advice: advice, status: status)
    }
    switch status {
    case 401: return error(.unauthorized, "\(who) wants to know who asks")
    case 403: return error(.forbidden, "\(who) does not allow it", "ask its owner for the right to do this")
    case 404: return error(.notFound, "not found", "check the name and the tag")
    case 408: return error(.timedOut, "\(who) gave up waiting")
    case 405, 415, 501, 505: return error(.unsupported, "\(who) cannot do this: status \(status)")
    case 429:
        let time = RetryTime.seconds(answer.field, now: WallClock.nanoseconds / 1_000_000_000)
        let until = time.map { "try again after \(RetryTime.text($0))" } ?? "try again later"
        return RegistryError(
            .rateLimited, host: host, "too many requests" + (said.map { " (\($0))" } ?? ""),
            advice: "\(until), or log in for a higher limit", status: status, retryAt: time)
    case 500...:
        let time =
            status == 503 ? RetryTime.seconds(answer.field, now: WallClock.nanoseconds / 1_000_000_000) : nil
        return RegistryError(
            .serverFailure, host: host, "\(who) failed with status \(status)" + (said.map { " (\($0))" } ?? ""),
            advice: "try again later", status: status, retryAt: time)
    case 400..<500: return error(.invalidInput, "\(who) refused with status \(status)")
    default: return error(.invalidAnswer, "\(who) gave an answer that does not belong here: status \(status)")
    }
}

/// The first error in the body, as the distribution-spec has it; or the body itself if it is plain text.
private func words(of answer: Answer) async -> String? {
    // Words are a help only; the status has been understood without them.
    guard let bytes = try? await answer.content(limit: 65_536, within: .seconds(10)), !bytes.isEmpty else { return nil }
    if let json = try? JSONValue(parsing: bytes, sizeLimit: 65_536), case .object(let object) = json {
        if case .array(let errors)? = object["errors"], case .object(let first)? = errors.first {
            let parts = ["code", "message"].compactMap { (name) -> String? in
                guard case .string(let text)? = first[name], !text.isEmpty else { return nil }
                return printable(text)
            }
            return parts.isEmpty ? nil : parts.joined(separator: ": ")
        }
        for name in ["message", "details", "error_description", "error"] {
            if case .string(let text)? = object[name], !text.isEmpty { return printable(text) }
        }
        return nil
    }
    guard answer.field("content-type")?.lowercased().hasPrefix("text/plain") == true else { return nil }
    return printable(String(decoding: bytes.prefix(400), as: UTF8.self))
}
