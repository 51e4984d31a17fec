package import LinuxKernel

/// What a mount's option list says, sorted by who acts on it.
///
/// Source: runtime-spec config.md, "Linux mount options"; mount(8), "FILESYSTEM-INDEPENDENT MOUNT OPTIONS".
package struct MountOptions: Equatable, Sendable {
    /// How owners are mapped: `idmap`, `ridmap`.
    package enum OwnerMapping: Equatable, Sendable { case none, mount, tree }

    /// `bind` or `rbind`: the source is a path, whatever the type says.
    package var isBind = false
    /// `rbind`: with the mounts below the source.
    package var isRecursive = false
    /// Attributes of the mount itself, to set and to clear.
    package var set: MountAttributes = []
    package var clear: MountAttributes = []
    /// Attributes of it and of all mounts below it: `rro` and its kin.
    package var recursiveSet: MountAttributes = []
    package var recursiveClear: MountAttributes = []
    /// In the order of the list.
    package var propagation: [Propagation] = []
    package var ownerMapping = OwnerMapping.none
    /// `tmpcopyup`: a tmpfs starts with what the image has at its place.
    package var copiesUp = false
    /// For the file system: its own options, and the kernel's flags of a superblock such as `sync`.
    package var data: [String] = []

    package struct Propagation: Equatable, Sendable {
        package let kind: MountPropagation
        package let recursive: Bool
    }

    /// Sorts the words of a mount's `options`.
    package init(_ words: [String]) {
        for word in words { take(word) }
    }

    /// Whether nothing may be written through the mount.
    package var isReadOnly: Bool { self.set.contains(.readOnly) || recursiveSet.contains(.readOnly) }

    private mutating func take(_ word: String) {
        if let attribute = attributeWord(word) {
            apply(attribute, recursive: false)
        } else if word.utf8.first == UInt8(ascii: "r"), let attribute = attributeWord(String(word.dropFirst())) {
            apply(attribute, recursive: true)
        } else {
            takeOther(word)
        }
    }

    private mutating func apply(_ attribute: AttributeWord, recursive: Bool) {
        // Later words win over earlier ones.
        if recursive {
            attribute.merge(into: &recursiveSet, &recursiveClear)
        } else {
            attribute.merge(into: &set, &clear)
        }
    }

    private mutating func takeOther(_ word: String) {
        switch word {
        case "bind": isBind = true
        case "rbind":
            isBind = true
            isRecursive = true
        case "defaults", "remount", "loud", "silent", "": break
        case "idmap": ownerMapping = .mount
        case "ridmap": ownerMapping = .tree
        case "tmpcopyup": copiesUp = true
        case "shared", "rshared", "slave", "rslave", "private", "rprivate", "unbindable", "runbindable":
            let recursive = word.utf8.first == UInt8(ascii: "r")
            let kind: MountPropagation =
                switch recursive ? String(word.dropFirst()) : word {
                case "shared": .shared
                case "slave": .slave
                case "private": .private
                default: .unbindable
                }
            propagation.append(Propagation(kind: kind, recursive: recursive))
        // Old words of mount(8) for what the kernel does anyway, or no longer knows.
        case "iversion", "noiversion", "nomand", "mand", "acl", "noacl": break
        default: data.append(word)
        }
    }
}

private struct AttributeWord {
    var set: MountAttributes = []
    var clear: MountAttributes = []

    func merge(into allSet: inout MountAttributes, _ allClear: inout MountAttributes) {
        // An access time mode is both set and a reason to clear its field: mount_setattr(2) wants exactly that.
        let wasSet = allSet.subtracting(clear)
        allClear = allClear.subtracting(set.subtracting(.accessTimeField)).union(clear)
        allSet = wasSet.union(set)
    }
}

/// What a word says of a mount's attributes, or `nil` if it is about something else.
private func attributeWord(_ word: String) -> AttributeWord? {
    /// A mode of access times replaces the whole field.
    func accessTime(_ mode: MountAttributes) -> AttributeWord { AttributeWord(set: mode, clear: .accessTimeField) }
    return switch word {
    case "ro": AttributeWord(set: .readOnly)
    case "rw": AttributeWord(clear: .readOnly)
    case "nosuid": AttributeWord(set: .noSetUID)
    case "suid": AttributeWord(clear: .noSetUID)
    case "nodev": AttributeWord(set: .noDevices)
    case "dev": AttributeWord(clear: .noDevices)
    case "noexec": AttributeWord(set: .noExec)
    case "exec": AttributeWord(clear: .noExec)
    case "nodiratime": AttributeWord(set: .noDirectoryAccessTime)
    case "diratime": AttributeWord(clear: .noDirectoryAccessTime)
    case "nosymfollow": AttributeWord(set: .noSymbolicLinks)
    case "symfollow": AttributeWord(clear: .noSymbolicLinks)
    case "noatime": accessTime(.noAccessTime)
    case "strictatime", "norelatime": accessTime(.strictAccessTime)
    case "relatime", "atime", "nostrictatime": accessTime([])
    default: nil
    }
}
