extension Project {
    /// A project known by its name alone, for what can be done without its files.
    public init(named name: String) {
        self.init(
            name: name, directory: "/", files: [], services: [:], inactive: [:], networks: [:], volumes: [:],
            configs: [:], secrets: [:], warnings: [], variables: [:],
            tree: Node(.map(NodeMap()), at: Mark(file: "", line: 0)))
    }
}
