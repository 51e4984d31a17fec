internal import BuildFile
internal import LinuxKernel

/// The files and directories below a directory at one moment, or one file, for `watch`.
package struct FileTreeState {
    package struct Changes: Equatable {
        /// Files, below the directory; one empty name is the watched file itself.
        package var written: [String] = []
        /// Directories that are there now, those above others first.
        package var made: [String] = []
        /// Files and directories, without what is below those directories.
        package var removed: [String] = []

        package var isEmpty: Bool { written.isEmpty && made.isEmpty && removed.isEmpty }
        package var count: Int { written.count + made.count + removed.count }
    }

    private struct Trait: Equatable {
        let inode: UInt64
        let size: Int64
        let time: FileTime
        let mode: UInt32
    }

    static let maximumFiles = 100_000

    private var files: [String: Trait] = [:]
    private var directories: Set<String> = []
    /// There is more than is looked at, so what seems gone may be there.
    package private(set) var isCut = false
    private let rules: Rules

    /// Which names count.
    package struct Rules {
        private var ignored: [(pattern: GlobPattern, isException: Bool)]
        private let included: [GlobPattern]
        private let context: (rules: IgnoreRules, prefix: String)?

        /// - Parameters:
        ///   - ignore: Patterns of names, as in `.dockerignore`; the last that matches counts, and `!` takes out what others
        ///     ignore. `.git` is always ignored.
        ///   - include: If there are any, only what they match.
        ///   - context: The text of a `.dockerignore`, and what stands before names in its directory.
        package init(ignore: [String], include: [String], context: (text: String, prefix: String)? = nil) {
            ignored = ([".git"] + ignore).map { text in
                text.hasPrefix("!") ? (GlobPattern(String(text.dropFirst())), true) : (GlobPattern(text), false)
            }
            included = include.map(GlobPattern.init)
            // What is wrong with it is said by the build.
            self.context = context.flatMap { given in
                (try? IgnoreRules(parsing: given.text)).map { ($0, given.prefix) }
            }
        }

        func ignores(_ name: String) -> Bool {
            if let found = ignored.last(where: { $0.pattern.matches(name) }) { return !found.isException }
            guard let context else { return false }
            return context.rules.excludes(context.prefix + name)
        }

        /// Whether something below a directory that is ignored may count all the same.
        var hasExceptions: Bool { ignored.contains(where: \.isException) || context?.rules.hasExceptions ?? false }

        func includes(_ name: String) -> Bool { included.isEmpty || included.contains { $0.matches(name) } }
    }

    /// - Parameter path: Absolute; what is not there has no files.
    package init(_ path: String, _ rules: Rules) {
        self.rules = rules
        guard let place = try? OwnedDescriptor(open: path, .pathOnly), let status = try? place.status() else { return }
        if status.isDirectory {
            read(path, below: "", depth: 0)
        } else if let time = try? place.times().modified {
            files[""] = Trait(inode: status.inode, size: status.size, time: time, mode: status.mode)
        }
    }

    /// The same place without anything in it.
    package init(empty other: FileTreeState) { rules = other.rules }

    private mutating func read(_ directory: String, below: String, depth: Int) {
        // What cannot be read, or goes away meanwhile, is not there.
        guard depth < 50, let opened = try? OwnedDescriptor(open: directory, [.read, .directory]),
            let entries = try? opened.entries()
        else { return }
        for entry in entries where ![".", ".."].contains(entry.name) {
            guard files.count + directories.count < Self.maximumFiles else {
                isCut = true
                return
            }
            let name = below.isEmpty ? entry.name : "\(below)/\(entry.name)"
            let isIgnored = rules.ignores(name)
            guard !isIgnored || rules.hasExceptions else { continue }
            guard let file = try? opened.open(entry.name, [.pathOnly, .noFollow]), let status = try? file.status()
            else {
                continue
            }
            if status.isDirectory {
                if !isIgnored, rules.includes(name) { directories.insert(name) }
                read("\(directory)/\(entry.name)", below: name, depth: depth + 1)
            } else if !isIgnored, status.isRegularFile || status.isSymbolicLink {
                guard rules.includes(name), let time = try? file.times().modified else { continue }
                files[name] = Trait(inode: status.inode, size: status.size, time: time, mode: status.mode)
            }
        }
    }

    package func changes(since old: FileTreeState) -> Changes {
        let gone = old.directories.subtracting(directories)
        let isBelowGone = { (name: String) in
            var above = name[...]
            while let slash = above.lastIndex(of: "/") {
                above = above[..<slash]
                if gone.contains(String(above)) { return true }
            }
            return false
        }
        let removed = old.files.keys.filter { files[$0] == nil } + gone
        return Changes(
            written: files.filter { old.files[$0.key] != $0.value }.keys.sorted(),
            made: directories.subtracting(old.directories).sorted(),
            removed: removed.filter { !isBelowGone($0) }.sorted())
    }
}

/// A pattern of names: `*` and `?` within a component, `**` for any number of them. What matches a directory matches all
/// that is below it.
package struct GlobPattern {
    private let parts: [[Character]]

    package init(_ text: String) {
        var parts = text.split(separator: "/").filter { $0 != "." }.map(Array.init)
        // A name alone is meant at any depth, as people write `node_modules/`.
        if parts.count == 1, !text.hasPrefix("/"), !text.hasPrefix("./") { parts.insert(["*", "*"], at: 0) }
        self.parts = parts
    }

    package func matches(_ name: String) -> Bool {
        let names = name.split(separator: "/").map(Array.init)
        return !parts.isEmpty && Self.match(parts[...], names[...])
    }

    private static func match(_ parts: ArraySlice<[Character]>, _ names: ArraySlice<[Character]>) -> Bool {
        guard let first = parts.first else { return true }
        if first == ["*", "*"] {
            return (0...names.count).contains { match(parts.dropFirst(), names.dropFirst($0)) && parts.count > 1 }
                || parts.count == 1
        }
        guard let name = names.first else { return false }
        return component(first[...], name[...]) && match(parts.dropFirst(), names.dropFirst())
    }

    private static func component(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>) -> Bool {
        var (place, position) = (pattern.startIndex, name.startIndex)
        var star: (place: Int, position: Int)?
        while position < name.endIndex {
            if place < pattern.endIndex, pattern[place] == "*" {
                star = (place, position)
                place += 1
            } else if place < pattern.endIndex, pattern[place] == "?" || pattern[place] == name[position] {
                place += 1
                position += 1
            } else if let last = star {
                star = (last.place, last.position + 1)
                (place, position) = (last.place + 1, last.position + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
