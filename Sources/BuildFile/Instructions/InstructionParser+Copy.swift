extension InstructionParser {
    private static let copyFlags: Set<String> = ["chown", "chmod", "link", "exclude"]

    func copy() throws(BuildFileError) -> Copy {
        let (flags, rest) = try flags(Self.copyFlags.union(["from", "parents"]))
        return try copy(flags, rest)
    }

    func add() throws(BuildFileError) -> Add {
        let (flags, rest) = try flags(Self.copyFlags.union(["checksum", "keep-git-dir", "unpack"]))
        return Add(
            copy: try copy(flags, rest), checksum: try flags.text("checksum", self),
            keepsGitDirectory: try flags.flag("keep-git-dir", self) ?? false,
            unpacks: try flags.flag("unpack", self))
    }

    private func copy(_ flags: InstructionFlags, _ rest: ArraySlice<UInt8>) throws(BuildFileError) -> Copy {
        var words: [String]
        if let json = try jsonWords(rest) {
            words = json
        } else {
            words = splitPlainWords(rest).map(\.text)
        }
        guard words.count >= 2, let destination = words.popLast() else {
            throw failure("\(keyword) needs at least one source and the destination")
        }
        // The words that announced here-documents are no files.
        var unannounced = line.documents
        var documents: [HereDocument] = []
        var sources: [String] = []
        for word in words {
            if let mark = HereDocument.mark(Word(bytes: Array(word.utf8), offset: 0)),
                let at = unannounced.firstIndex(where: { $0.name == mark.name })
            {
                documents.append(unannounced.remove(at: at))
            } else {
                sources.append(word)
            }
        }
        guard unannounced.isEmpty else { throw failure("the destination cannot be a here-document") }
        guard documents.isEmpty || flags["from"] == nil else {
            throw failure("here-documents come from the Dockerfile, not --from somewhere", at: flags["from"]?.offset)
        }
        let from = try flags.text("from", self)
        if let from, from.utf8.contains(.dollar) {
            throw failure(
                "--from cannot hold variables: name the stage by FROM $IMAGE AS name", at: flags["from"]?.offset)
        }
        var excluded: [String] = []
        for flag in flags.all("exclude") {
            guard let value = flag.value, !value.isEmpty else {
                throw failure("--exclude needs a pattern", at: flag.offset)
            }
            excluded.append(value)
        }
        return Copy(
            sources: sources, destination: destination, documents: documents, from: from,
            owner: try flags.text("chown", self), mode: try flags.text("chmod", self),
            link: try flags.flag("link", self) ?? false, parents: try flags.flag("parents", self) ?? false,
            excluded: excluded)
    }
}
