import ArgumentParser

/// The form of `--filter`, which is a matter of the command line; what it means is the engine's.
enum FilterForm {
    /// - Throws: `ValidationError`, in Docker's words.
    static func check(_ filters: [String]) throws {
        for text in filters where !text.contains("=") {
            throw ValidationError(
                "invalid argument \"\(text)\" for \"--filter\" flag: bad format of filter (expected name=value)")
        }
    }
}
