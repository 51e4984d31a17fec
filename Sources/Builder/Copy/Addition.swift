internal import BuildFile
internal import Engine
internal import LinuxKernel

/// What `ADD` takes from elsewhere: a git repository.
struct Addition {
    let name: String
    /// What it is, for the key: the commit.
    let identity: String
    private let tree: SourceTree

    /// Whether a word of `ADD` is the address of something elsewhere.
    static func isRemote(_ word: String) -> Bool {
        let lower = word.lowercased()
        return ["http://", "https://", "git://", "ssh://", "git@"].contains { lower.hasPrefix($0) }
    }

    init(remote word: String, _ add: Add?, _ stage: StageBuilder) throws {
        guard let source = try GitSource(word) else {
            throw EngineError(
                .unsupported,
                "ADD does not fetch \(quoted(word)): fetch it with RUN, or put it into the build context")
        }
        let fetched = try stage.build.fetched(source, keepsHistory: add?.keepsGitDirectory ?? false)
        name = word
        (identity, tree) = (fetched.commit, fetched.tree)
    }

    func perform(
        in root: BuildRoot, _ stage: StageBuilder, _ job: CopyJob, isInto: Bool, _ changes: CopyChanges
    ) throws {
        try stage.copy(tree, "", to: job.target, isDirectory: true, changes, root)
    }
}
