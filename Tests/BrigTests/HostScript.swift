import Testing

/// Runs a script of this directory in namespaces of its own, which are the host for the built `brig`.
enum HostScript {
    /// The lines that it prints; what it complains about is a failure.
    ///
    /// - Parameters:
    ///   - namespaces: Options of `unshare`.
    ///   - words: Arguments before the fixture's directory and `brig` with its options.
    static func lines(
        _ name: String, _ namespaces: [String], _ fixture: BrigFixture, words: [String] = [],
        limit: Duration = .seconds(600)
    ) throws -> [String] {
        let directory = String(#filePath[..<(#filePath.lastIndex(of: "/") ?? #filePath.endIndex)])
        let result = try BrigFixture.run(
            "/usr/bin/unshare",
            namespaces + ["bash", "\(directory)/\(name)"] + words + [
                fixture.directory, BrigFixture.products + "/brig", "--root", fixture.directory + "/root", "--run-root",
                fixture.directory + "/run",
            ], limit: limit)
        #expect(result.errors == "")
        return result.output.split(separator: "\n").map(String.init)
    }
}
