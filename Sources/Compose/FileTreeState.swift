internal import LinuxKernel

/// The files below a directory at one moment, or one file, for `watch`.
package struct FileTreeState {
    package struct Changes: Equatable {
        /// Below the directory; one empty name is the watched file itself.
        package var written: [String] = []
        package var removed: [String] = []

        package var isEmpty: Bool { written.isEmpty && removed.isEmpty }
        package var count: Int { written.count + removed.count }
    }

    private struct Trait: Equatable {
        let inode: UInt64
        let size: Int64
        let time: FileTime
        let mode: UInt32
    }

    static let maximumFiles = 100_000

    private var files: [String: Trait] = [:]
    private let ignored: [GlobPattern]
    private let included: [GlobPattern]

    /// - Parameters:
    ///   - path: Absolute; what is not there has no files.
    ///   - ignore: Patterns of names below it, as in `.dockerignore`; `.git` is always ignored.
    ///   - include: If there are any, only what they match.
    package init(_ path: String, ignore: [String], include: [String]) {
        ignored = ([".git"] + ignore).map(GlobPattern.init)
        included = include.map(GlobPattern.init)
        guard let place = try? OwnedDescriptor(open: path, .pathOnly), let status = try? place.status() else { return }
        if status.isDirectory {
            read(path, below: "", depth: 0)
        } else if let time = try? place.times().modified {
            files[""] = Trait(inode: status.inode, size: status.size, time: time, mode: status.mode)
        }
    }

    /// The same place without any files.
    package init(empty other: FileTreeState) {
        ignored = other.ignored
        included = other.included
    }

    private mutating func read(_ directory: String, below: String, depth: Int) {
        // What cannot be read, or goes away meanwhile, is not there.
        guard depth < 50, let opened = try? OwnedDescriptor(open: directory, [.read, .directory]),
            let entries = try? opened.entries()
        else { return }
        for entry in entries where ![".", ".."].contains(entry.name) {
            guard files.count < Self.maximumFiles else { return }
            let name = below.isEmpty ? entry.name : "\(below)/\(entry.name)"
            guard !ignored.contains(where: { $0.matches(name) }) else { continue }
            guard let file = try? opened.open(entry.name, [.pathOnly, .noFollow]), let status = try? file.status()
            else {
                continue
            }
            if status.isDirectory {
                read("\(directory)/\(entry.name)", below: name, depth: depth + 1)
            } else if status.isRegularFile || status.isSymbolicLink {
                guard included.isEmpty || included.contains(where: { $0.matches(name) }),
                    let time = try? file.times().modified
                else { continue }
                files[name] = Trait(inode: status.inode, size: status.size, time: time, mode: status.mode)
            }
        }
    }

    package func changes(since old: FileTreeState) -> Changes {
        Changes(
            written: files.filter { old.files[$0.key] != $0.value }.keys.sorted(),
            removed: old.files.keys.filter { files[$0] == nil }.sorted())
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
