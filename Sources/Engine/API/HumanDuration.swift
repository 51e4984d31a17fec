/// How long something took or how long ago it was, in Docker's words: one unit, roughly.
public enum HumanDuration {
    /// - Parameter seconds: Below zero counts as none: clocks are set back.
    public static func text(seconds: Int64) -> String {
        let minutes = seconds / 60
        // Rounded, as Docker does: 90 minutes are two hours.
        let hours = (seconds + 1800) / 3600
        switch seconds {
        case ..<1: return "Less than a second"
        case 1: return "1 second"
        case ..<60: return "\(seconds) seconds"
        default: break
        }
        if minutes == 1 { return "About a minute" }
        if minutes < 60 { return "\(minutes) minutes" }
        if hours == 1 { return "About an hour" }
        if hours < 48 { return "\(hours) hours" }
        if hours < 24 * 7 * 2 { return "\(hours / 24) days" }
        if hours < 24 * 30 * 2 { return "\(hours / 24 / 7) weeks" }
        if hours < 24 * 365 * 2 { return "\(hours / 24 / 30) months" }
        return "\(hours / 24 / 365) years"
    }
}
