internal import LinuxKernel

/// The options for kinds of namespaces that unshare and nsenter share.
enum NamespaceOptions {
    /// The letter and the name of each kind, in the order of the tools' help.
    static let kinds: [(letter: Character, name: String, kind: NamespaceKind, help: String)] = [
        ("m", "mount", .mount, "mount namespace"), ("u", "uts", .uts, "UTS namespace (hostname etc)"),
        ("i", "ipc", .ipc, "System V IPC namespace"), ("n", "net", .network, "network namespace"),
        ("p", "pid", .pid, "pid namespace"), ("U", "user", .user, "user namespace"),
        ("C", "cgroup", .cgroup, "cgroup namespace"), ("T", "time", .time, "time namespace"),
    ]

    /// - Parameter letterTakesFile: Whether a file may stand behind the letter, too.
    static func options(_ verb: String, letterTakesFile: Bool) -> [ToolOption] {
        kinds.map { entry in
            ToolOption(
                entry.letter, entry.name, letterTakesFile ? .optional("FILE") : .optionalBehindName("FILE"),
                "\(verb) \(entry.help)")
        }
    }

    /// The kinds that a command line asks for, each with its file.
    static func requested(_ options: ToolOptions) -> [(kind: NamespaceKind, file: String?)] {
        kinds.filter { options.has($0.name) }.map {
            ($0.kind, options.value($0.name).flatMap { $0.isEmpty ? nil : $0 })
        }
    }
}

/// A number of seconds, with a sign.
func seconds(_ text: String, _ option: String) throws(ToolFailure) -> Int64 {
    guard let number = Int64(text) else {
        throw ToolFailure("failed to parse \(option): '\(text)' is no number of seconds")
    }
    return number
}
