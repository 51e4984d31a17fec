public import LinuxKernel

/// Which images a list or a clean-up is about: Docker's filters.
public struct ImageFilter: Equatable, Sendable {
    /// Only those without a name, or only those with one.
    var dangling: Bool?
    /// Each must be there; `nil` means any value.
    var labels: [Condition] = []
    /// None of these may be there.
    var absentLabels: [Condition] = []
    /// Names of which one must match.
    var references: [NamePattern] = []
    /// Images older than all of these.
    var before: [String] = []
    /// Images newer than all of these.
    var since: [String] = []
    /// Images made before all of these times.
    var until: [Timestamp] = []

    struct Condition: Equatable, Sendable {
        let key: String
        let value: String?

        init(_ text: String) {
            let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            (key, value) = (halves.first ?? "", halves.count == 2 ? halves[1] : nil)
        }

        func holds(for labels: [String: String]) -> Bool {
            labels[key].map { value == nil || value == $0 } ?? false
        }
    }

    public init() {}

    /// Adds `KEY=VALUE`.
    ///
    /// - Parameter time: Makes a time of what a user has written for `until`.
    /// - Throws: `EngineError` of kind `invalidInput`.
    public mutating func add(_ text: String, time: (String) throws -> Timestamp) throws(EngineError) {
        let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard halves.count == 2 else {
            throw EngineError(.invalidInput, "bad format of filter (expected name=value): \(quotedForError(text))")
        }
        let value = halves[1]
        let invalid = EngineError(.invalidInput, "invalid filter \(quotedForError(text))")
        switch halves[0] {
        case "dangling":
            switch value.lowercased() {
            case "true", "1", "t": dangling = true
            case "false", "0", "f": dangling = false
            default: throw invalid
            }
        case "label": labels.append(Condition(value))
        case "label!": absentLabels.append(Condition(value))
        case "reference": try addReference(value)
        case "before": before.append(value)
        case "since": since.append(value)
        case "until":
            do { until.append(try time(value)) } catch { throw invalid }
        default: throw invalid
        }
    }

    /// A pattern that the whole name or the name without its tag must match.
    public mutating func addReference(_ pattern: String) throws(EngineError) {
        references.append(try NamePattern(pattern))
    }

    /// Whether the image itself is meant; its names are another question.
    func admits(_ image: ImageRecord, before: [Timestamp], since: [Timestamp]) -> Bool {
        let labelsHold =
            labels.allSatisfy { $0.holds(for: image.configuration.labels) }
            && !absentLabels.contains { $0.holds(for: image.configuration.labels) }
        return labelsHold && (dangling.map { $0 == image.references.isEmpty } ?? true)
            && before.allSatisfy { image.created < $0 } && since.allSatisfy { $0 < image.created }
            && until.allSatisfy { image.created < $0 }
    }

    /// Whether a name of an image is meant.
    func admits(name: String, repository: String) -> Bool {
        references.isEmpty || references.contains { $0.matches(name) || $0.matches(repository) }
    }
}

extension Engine {
    /// The images that a filter is about, the newest first.
    func images(matching filter: ImageFilter) throws(EngineError) -> [ImageRecord] {
        var before: [Timestamp] = []
        for text in filter.before { before.append(try store.image(text).created) }
        var since: [Timestamp] = []
        for text in filter.since { since.append(try store.image(text).created) }
        return try store.images().filter { filter.admits($0, before: before, since: since) }
    }
}
