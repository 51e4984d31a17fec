internal import LinuxKernel

/// A path looked up step by step, as the kernel does it for the process whose root is given, and with every directory and
/// link on the way noted.
struct PathWalk {
    /// What `/proc/self` and `/proc/thread-self` are for it.
    private let process: String
    private let thread: String

    init(own status: ProcessStatus) {
        let process = status.numbers("NStgid").last.map { "\($0)" } ?? "self"
        self.process = process
        thread = "\(process)/task/\(status.numbers("NSpid").last.map { "\($0)" } ?? process)"
    }

    /// - Parameters:
    ///   - base: The directory from which it is looked up: those above it are not asked.
    ///   - follows: Whether a link at its end is followed.
    func file(
        _ path: String, from base: String? = nil, follows: Bool = true, _ root: borrowing OwnedDescriptor
    ) -> FileFacts {
        let parts = path.split(separator: "/")
        var file = FileFacts(path: "/" + parts.joined(separator: "/"))
        var (rest, done, links): ([Substring], [Substring], Int) = (parts.reversed(), [], 0)
        // So many parts belong to what is open already.
        let known = base.map { $0.split(separator: "/").count } ?? 0
        if known == 0, let node = Self.node("/", root) { file.directories = [node] }
        if known > 0 {
            done = Array(parts.prefix(known))
            rest = parts.dropFirst(known).reversed()
            for count in 0...done.count {
                guard var node = Self.node("/" + done.prefix(count).joined(separator: "/"), root) else { continue }
                node.isSearched = count == known && !rest.isEmpty
                file.directories.append(node)
            }
        }
        while let part = rest.popLast() {
            if part == "." { continue }
            if part == ".." {
                if !done.isEmpty {
                    done.removeLast()
                    if file.directories.count > 1 { file.directories.removeLast() }
                }
                continue
            }
            let place = "/" + (done + [part]).joined(separator: "/")
            guard let node = Self.node(place, root) else {
                file.isThere = false
                file.path = "/" + (done + [part] + rest.reversed()).joined(separator: "/")
                return file
            }
            if node.mode & 0o170000 == 0o120000, follows || !rest.isEmpty {
                links += 1
                guard links <= 40, let target = target(place, root) else { break }
                if rest.isEmpty, let directory = file.directories.last { file.link = (node, directory) }
                rest += target.split(separator: "/").reversed()
                if target.hasPrefix("/") {
                    done = []
                    file.directories.removeLast(max(0, file.directories.count - 1))
                }
                continue
            }
            done.append(part)
            file.path = place
            if node.isDirectory, !rest.isEmpty {
                file.directories.append(node)
            } else if rest.isEmpty {
                Self.take(node, place, root, &file)
                return file
            }
        }
        // It ended with a dot, or at a directory that is open.
        file.path = "/" + done.joined(separator: "/")
        if let node = Self.node(file.path, root) {
            if file.directories.last?.path == file.path { file.directories.removeLast() }
            Self.take(node, file.path, root, &file)
        } else {
            file.isThere = false
        }
        return file
    }

    /// Where a link leads, with the links of procfs to whoever asks read as the process reads them.
    private func target(_ place: String, _ root: borrowing OwnedDescriptor) -> String? {
        switch place {
        case "/proc/self": return process
        case "/proc/thread-self": return thread
        default:
            guard let link = try? root.resolve(place, [.pathOnly, .noFollow]) else { return nil }
            return try? link.readSymbolicLink()
        }
    }

    private static func node(_ place: String, _ root: borrowing OwnedDescriptor) -> FileNode? {
        guard let found = try? root.resolve(place, [.pathOnly, .noFollow]), let status = try? found.status() else {
            return nil
        }
        var node = FileNode(path: place, mode: status.mode, uid: status.userID, gid: status.groupID)
        node.attributes = (try? found.attributes()) ?? []
        // To open what drivers and the kernel show there may do something.
        let isKernels = ["/proc/", "/sys/", "/dev/"].contains { place.hasPrefix($0) }
        if status.isDirectory || status.isRegularFile, !isKernels,
            let opened = try? OwnedDescriptor(open: "/proc/self/fd/\(found.raw)", [.read, .nonBlocking])
        {
            node.hasAccessList = (try? opened.attribute("system.posix_acl_access")) != nil
        }
        return node
    }

    private static func take(
        _ node: FileNode, _ place: String, _ root: borrowing OwnedDescriptor, _ file: inout FileFacts
    ) {
        (file.mode, file.uid, file.gid) = (node.mode, node.uid, node.gid)
        (file.attributes, file.hasAccessList) = (node.attributes, node.hasAccessList)
        if let found = try? root.resolve(place, [.pathOnly, .noFollow]), let status = try? found.status(),
            status.isCharacterDevice || status.isBlockDevice
        {
            file.device = DeviceNumber(raw: status.specialDevice)
            file.isBlockDevice = status.isBlockDevice
        }
    }
}
