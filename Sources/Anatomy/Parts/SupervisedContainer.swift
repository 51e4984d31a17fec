internal import LinuxKernel
internal import OCISpec

/// A container of some engine's, known by the process that looks after it: whatever cgroup it was put into.
///
/// Docker, containerd and nerdctl have `containerd-shim-runc-v2`, Podman and CRI-O have `conmon`. What these were told when
/// they were started stands in their arguments. A process may call itself so and lie; the evidence says what was believed.
package struct SupervisedContainer: Equatable, Sendable {
    /// The container's first process.
    package var pid: Int32
    package var supervisor: Int32
    /// `docker`, `podman`, `containerd`, `kubernetes`, `cri-o` or `conmon`.
    package var engine: String
    package var identifier: String?
    package var name: String?
    package var evidence: [Evidence]

    package init(
        pid: Int32, supervisor: Int32, engine: String, identifier: String? = nil, name: String? = nil,
        evidence: [Evidence] = []
    ) {
        self.pid = pid
        self.supervisor = supervisor
        self.engine = engine
        self.identifier = identifier
        self.name = name
        self.evidence = evidence
    }

    /// `docker:web`; no container of Brig's has a colon in its name.
    package var shownName: String { "\(engine):\(name ?? identifier.map { String($0.prefix(12)) } ?? "\(pid)")" }
}

/// What a supervisor was started with.
package struct SupervisorWords: Equatable, Sendable {
    package var engine: String
    package var identifier: String?
    package var name: String?

    /// - Returns: `nil` for others, and for a `conmon` that looks after an `exec`.
    package init?(name: String, _ words: [String]) {
        func value(_ flags: String...) -> String? {
            for (index, word) in words.enumerated() {
                for flag in flags {
                    if word == flag, index + 1 < words.count { return words[index + 1] }
                    if word.hasPrefix(flag + "=") { return String(word.dropFirst(flag.utf8.count + 1)) }
                }
            }
            return nil
        }
        // Names of processes are cut at 15 bytes.
        if name == "containerd-shim" {
            guard let space = value("-namespace", "--namespace") else { return nil }
            engine = space == "moby" ? "docker" : space == "k8s.io" ? "kubernetes" : "containerd"
            identifier = value("-id", "--id")
        } else if name == "conmon" {
            guard !words.contains(where: { ["-e", "--exec", "--exec-process-spec"].contains($0) }) else { return nil }
            let command = value("--exit-command")
            engine =
                command?.hasSuffix("/podman") == true
                ? "podman" : words.contains { $0.contains("/crio") } ? "cri-o" : "conmon"
            identifier = value("-c", "--cid")
            self.name = value("-n", "--name")
        } else {
            return nil
        }
    }
}

extension SupervisedContainer {
    /// Who is looked after, among all processes of the host.
    ///
    /// - Parameter processes: Each with its parent and its name. Only those with a supervisor's name are looked at.
    package static func list(_ processes: some Collection<(pid: Int32, parent: Int32, name: String)>)
        -> [SupervisedContainer]
    {
        var supervisors: [Int32: SupervisorWords] = [:]
        var arguments: [Int32: [String]] = [:]
        // A child has not always a higher number than its parent, so this comes first.
        for process in processes where process.name == "containerd-shim" || process.name == "conmon" {
            guard let words = try? ProcessInformation(pid: process.pid).commandLine(),
                let read = SupervisorWords(name: process.name, words)
            else { continue }
            supervisors[process.pid] = read
            arguments[process.pid] = words
        }
        guard !supervisors.isEmpty else { return [] }
        var found: [SupervisedContainer] = []
        for process in processes {
            guard let words = supervisors[process.parent] else { continue }
            found += [container(process.pid, process.parent, words, arguments[process.parent] ?? [])].compactMap { $0 }
        }
        return found
    }

    private static func container(
        _ pid: Int32, _ parent: Int32, _ words: SupervisorWords, _ arguments: [String]
    ) -> SupervisedContainer? {
        guard let process = try? ProcessInformation(pid: pid) else { return nil }
        let evidence = [Evidence("/proc/\(parent)/cmdline", arguments.joined(separator: " "))]
        var found = SupervisedContainer(
            pid: pid, supervisor: parent, engine: words.engine, identifier: words.identifier, name: words.name,
            evidence: evidence)
        // conmon has one child; a shim also those of exec, and with pods several containers.
        guard words.engine != "podman", words.engine != "cri-o", words.engine != "conmon" else { return found }
        let bundle = "/proc/\(parent)/cwd"
        let first =
            isTrusted(parent) ? text("\(bundle)/init.pid", 32).flatMap { Int32($0.prefix { $0.isNumber }) } : nil
        guard first == pid || (try? process.status())?.namespacePids.suffix(1) == [1] else { return nil }
        if first != pid {
            // Another container of the same pod: its own identifier is the end of its cgroup's path.
            found.identifier =
                (try? process.cgroups())?.lazy.compactMap { identifier(inCgroup: $0.path) }.first ?? words.identifier
        }
        if isTrusted(parent) { found.readName(process, bundle: first == pid ? bundle : nil) }
        return found
    }

    /// The 64 hexadecimal digits that end `/docker/ID`, `/x.slice/docker-ID.scope` or `/pod/cri-containerd-ID.scope`.
    package static func identifier(inCgroup path: String) -> String? {
        guard let last = path.split(separator: "/").last else { return nil }
        let base = last.hasSuffix(".scope") ? last.dropLast(6) : last
        let digits = base.utf8.suffix(64)
        guard digits.count == 64, digits.allSatisfy({ 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }) else { return nil }
        return String(Substring(digits))
    }

    /// Of what its engine has written: annotations in the bundle, or Docker's own record beside the container's `hostname`.
    private mutating func readName(_ process: borrowing ProcessInformation, bundle: String?) {
        if let bundle, engine != "docker", let config = document("\(bundle)/config.json"),
            case .object(let annotations)? = config["annotations"]
        {
            for key in ["nerdctl/name", "io.kubernetes.cri.container-name"] {
                guard case .string(let text)? = annotations[key] else { continue }
                name = text
                evidence.append(Evidence("\(bundle)/config.json", "annotation \(key): \(text)"))
                return
            }
        }
        guard engine == "docker", let identifier, let own = try? process.mounts(), let table = try? MountTable.current()
        else { return }
        let end = "/containers/\(identifier)/hostname"
        guard let entry = own.entries.first(where: { $0.mountPoint == "/etc/hostname" && $0.root.hasSuffix(end) }),
            let path = HostMounts(table).path(of: entry), path.hasSuffix("/hostname")
        else { return }
        let record = path.dropLast("hostname".utf8.count) + "config.v2.json"
        guard case .string(let text)? = document(String(record), isPlain: true)?["Name"] else { return }
        name = String(text.drop { $0 == "/" })
        evidence.append(Evidence(String(record), "Name: \(text)"))
    }

    private func document(_ path: String, isPlain: Bool = false) -> JSONObject? {
        guard let text = Self.text(path, 4 << 20, isPlain: isPlain),
            case .object(let object)? = try? JSONValue(parsing: text, sizeLimit: 4 << 20)
        else { return nil }
        return object
    }

    /// Whether a supervisor's directory may be looked into: anybody can call a process so, and lay there what they like.
    private static func isTrusted(_ pid: Int32) -> Bool {
        guard let users = try? ProcessInformation(pid: pid).status().userIDs else { return false }
        return users.allSatisfy { $0 == 0 } || users.allSatisfy { $0 == CallerIdentity.effectiveUid }
    }

    /// A regular file's content; anything else, such as a pipe or a device, is not opened.
    ///
    /// - Parameter isPlain: No link may lead there: a container may have shaped the directories on the way.
    private static func text(_ path: String, _ limit: Int, isPlain: Bool = false) -> String? {
        guard let place = try? OwnedDescriptor(open: path, [.pathOnly, .noFollow]),
            let status = try? place.status(), status.isRegularFile
        else { return nil }
        let own = "/proc/self/fd/\(place.raw)"
        guard !isPlain || (try? readSymbolicLink(own)) == path, let bytes = try? readFile(own, limit: limit) else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension ProcessScan {
    /// Containers that somebody else's engine looks after.
    package func supervised() -> [SupervisedContainer] {
        SupervisedContainer.list(processes.lazy.map { (pid: $0.pid, parent: $0.parent, name: $0.name) })
    }

    /// The nearest of those above a process, or the process itself.
    func supervisor(of pid: Int32, _ containers: [SupervisedContainer]) -> SupervisedContainer? {
        guard !containers.isEmpty else { return nil }
        let byPid = Dictionary(containers.map { ($0.pid, $0) }, uniquingKeysWith: { first, _ in first })
        var (pid, steps) = (pid, 0)
        while pid > 0, steps < 1000 {
            if let found = byPid[pid] { return found }
            guard let parent = self.byPid[pid]?.parent else { return nil }
            (pid, steps) = (parent, steps + 1)
        }
        return nil
    }
}
