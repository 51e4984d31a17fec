package import LinuxKernel

/// The files of a container that does not run: its root directory, and what its mounts lay over it.
package struct EndedFiles: ~Copyable {
    /// What lies on a path of the container.
    package struct Mount: Equatable, Sendable {
        /// An absolute path in the container.
        package var destination: String
        /// Where the host has it; `nil` if it begins empty, as a tmpfs does.
        package var source: String?

        package init(_ destination: String, source: String?) {
            self.destination = destination
            self.source = source
        }
    }

    private let root: OwnedDescriptor
    private let mounts: [String: String?]

    /// - Parameter mounts: Of several at one place the last counts.
    package init(root: borrowing OwnedDescriptor, mounts: [Mount]) throws(SyscallError) {
        self.root = try root.open(".", [.pathOnly, .directory])
        self.mounts = Dictionary(
            mounts.map { ("/" + Self.parts($0.destination).joined(separator: "/"), $0.source) },
            uniquingKeysWith: { $1 })
    }

    private static func parts(_ path: String) -> [String] { path.split(separator: "/").map(String.init) }

    /// Finds a file as a process of the container would; links are followed within the container.
    ///
    /// - Throws: `ENOENT`, `ENOTDIR`, `ELOOP`.
    package func find(_ path: String) throws(SyscallError) -> OwnedDescriptor {
        var (done, links): ([String], Int) = ([], 0)
        var rest = Array(Self.parts(path).reversed())
        var current = try start()
        while let part = rest.popLast() {
            if part == "." || part == ".." {
                guard try current.status().isDirectory else {
                    throw SyscallError(call: "open", subject: path, code: .notDirectory)
                }
                if part == "." { continue }
                _ = done.popLast()
                current = try walk(done)
                continue
            }
            let next = try step(current, done, part)
            let mode = try next.status().mode
            if mode & 0o170000 == 0o120000 {
                links += 1
                guard links <= 40 else { throw SyscallError(call: "open", subject: path, code: .tooManyLinks) }
                let target = try readSymbolicLink("/proc/self/fd/\(current.raw)/\(part)")
                rest += Self.parts(target).reversed()
                if target.hasPrefix("/") {
                    done = []
                    current = try start()
                }
            } else {
                done.append(part)
                current = next
            }
        }
        return current
    }

    private func start() throws(SyscallError) -> OwnedDescriptor { try root.open(".", [.pathOnly, .directory]) }

    /// Goes a way again on which there is no link.
    private func walk(_ parts: [String]) throws(SyscallError) -> OwnedDescriptor {
        var current = try start()
        for (index, part) in parts.enumerated() { current = try step(current, Array(parts[..<index]), part) }
        return current
    }

    private func step(
        _ directory: borrowing OwnedDescriptor, _ above: [String], _ name: String
    ) throws(SyscallError) -> OwnedDescriptor {
        let place = "/" + (above + [name]).joined(separator: "/")
        if case .some(.some(let source)) = mounts[place] { return try OwnedDescriptor(open: source, .pathOnly) }
        if case .some(.none) = mounts["/" + above.joined(separator: "/")] {
            throw SyscallError(call: "open", subject: place, code: .noSuchFile)
        }
        return try directory.open(name, [.pathOnly, .noFollow])
    }
}

extension EndedContainer.Program {
    /// Looks for a program as execvp(3) would.
    package static func find(
        _ name: String, environment: [String], in files: borrowing EndedFiles
    ) -> EndedContainer.Program {
        let path = environment.last { $0.hasPrefix("PATH=") }.map { String($0.dropFirst(5)) }
        let standard = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        let candidates =
            name.contains("/") ? [name] : (path ?? standard).split(separator: ":").map { "\($0)/\(name)" }
        for candidate in candidates {
            guard let found = try? files.find(candidate), let status = try? found.status() else { continue }
            var program = EndedContainer.Program(path: candidate, mode: status.mode, isDirectory: status.isDirectory)
            guard status.isRegularFile,
                let file = try? OwnedDescriptor(open: "/proc/self/fd/\(found.raw)", [.read, .nonBlocking]),
                let bytes = try? file.read(upTo: 8192)
            else { return program }
            program.header = ProgramHeader(bytes)
            switch program.header {
            case .script(let interpreter): program.interpreterIsThere = (try? files.find(interpreter)) != nil
            case .elf(_, _, let loader?): program.interpreterIsThere = (try? files.find(loader)) != nil
            default: break
            }
            return program
        }
        return EndedContainer.Program(path: nil)
    }
}
