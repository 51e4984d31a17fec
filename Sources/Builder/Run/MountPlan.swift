internal import BuildFile
internal import Engine
internal import LinuxKernel
internal import OCISpec

/// What `RUN --mount` asks for, resolved: where it comes from, and what of it is part of the key.
final class MountPlan {
    static let scriptPath = "/run/brig-build/script"

    private struct Planned {
        var mount: RunMount
        var target: String
        var tree: SourceTree?
        var source: String
    }

    private let stage: StageBuilder
    private var planned: [Planned] = []
    private let script: String?

    init(_ stage: StageBuilder, _ run: Run, _ script: String?) throws {
        self.stage = stage
        self.script = script
        for mount in run.mounts {
            let source = SourceTree.normalized(
                try mount.source.map { (text) throws(ExpansionError) in try stage.expand(text) } ?? "")
            let id = try mount.id.map { (text) throws(ExpansionError) in try stage.expand(text) }
            var target = try mount.target.map { (text) throws(ExpansionError) in try stage.expand(text) }
            if target.map(stage.state.absolute) == "/" {
                throw EngineError(.invalidInput, "--mount cannot have the target /")
            }
            var mount = try Self.resolved(mount, stage)
            var tree: SourceTree?
            switch mount.kind {
            case .bind:
                tree = try stage.build.tree(mount.from, in: stage.stage.index, stage.platform, forMounting: true)
            case .cache:
                mount.id = id ?? target
                if let from = mount.from {
                    tree = try stage.build.tree(from, in: stage.stage.index, stage.platform, forMounting: true)
                }
            case .secret:
                guard let name = id ?? target.map({ String($0.split(separator: "/").last ?? "") }), !name.isEmpty else {
                    throw EngineError(.invalidInput, "--mount=type=secret needs id=NAME")
                }
                mount.id = name
                if target == nil, mount.environment == nil { target = "/run/secrets/\(name)" }
            case .ssh:
                mount.id = id ?? "default"
                target = target ?? "/run/buildkit/ssh_agent.\(planned.count { $0.mount.kind == .ssh })"
            case .tmpfs: break
            }
            if mount.id == nil { mount.id = id }
            planned.append(
                Planned(mount: mount, target: target.map(stage.state.absolute) ?? "", tree: tree, source: source))
        }
    }

    /// The mount with the values of variables that stand in its fields.
    private static func resolved(_ mount: RunMount, _ stage: StageBuilder) throws -> RunMount {
        guard let text = mount.unresolved else { return mount }
        let fields = try text.split(separator: ",", omittingEmptySubsequences: false).map { field in
            let halves = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return halves.count == 2 ? "\(halves[0])=\(try stage.expand(String(halves[1])))" : String(field)
        }
        do throws(BuildFileError) {
            return try RunMount(parsing: fields.joined(separator: ","))
        } catch {
            throw EngineError(.invalidInput, error.problem)
        }
    }

    /// Adds what the step's result depends on: content of files, but neither of caches nor of secrets.
    func describe(_ key: inout CacheKey) throws {
        for (index, plan) in planned.enumerated() {
            let name = "mount \(index + 1)"
            let mount = plan.mount
            key.add("\(name) type", mount.kind.rawValue)
            key.add("\(name) target", plan.target)
            key.add(
                "\(name) options",
                """
                id=\(mount.id ?? "") source=\(plan.source) from=\(mount.from ?? "") ro=\(mount.readOnly.map { "\($0)" } ?? "") \
                sharing=\(mount.sharing.rawValue) required=\(mount.required) mode=\(mount.mode.map { "\($0)" } ?? "") \
                uid=\(mount.uid.map { "\($0)" } ?? "") gid=\(mount.gid.map { "\($0)" } ?? "") \
                size=\(mount.size.map { "\($0)" } ?? "") env=\(mount.environment ?? "")
                """)
            guard mount.kind == .bind, let tree = plan.tree else { continue }
            let node = try opened(plan, tree)
            let selection = Selection(
                source: plan.source, destination: "", isDirectory: try node.status().isDirectory)
            let files = try SelectedEntries(tree, [selection], CopyChanges(), isListing: true).hashAll()
            for file in files { key.add("\(name) file \(file.path)", "#" + String(file.digest.prefix(32))) }
        }
    }

    /// Whether programs see files of the host's as they are, which may change meanwhile.
    var showsHostFiles: Bool { planned.contains { $0.mount.kind == .bind && $0.tree?.hasOwners == false } }

    private func opened(_ plan: Planned, _ tree: SourceTree) throws -> OwnedDescriptor {
        guard let node = try tree.open(plan.source) else {
            throw EngineError(.notFound, tree.absence(of: plan.source, named: plan.source))
        }
        return node
    }

    /// Variables that hold secrets, and where the agent is.
    func environment() throws -> [String] {
        var result: [String] = []
        for plan in planned {
            if plan.mount.kind == .ssh, stage.build.request.agents[plan.mount.id ?? ""] != nil {
                result.append("SSH_AUTH_SOCK=\(plan.target)")
            }
            if plan.mount.kind == .secret, let name = plan.mount.environment, let secret = secret(plan.mount) {
                result.append("\(name)=\(String(decoding: secret.bytes, as: UTF8.self))")
            }
        }
        return result
    }

    private func secret(_ mount: RunMount) -> BuildRequest.Secret? {
        stage.build.request.secrets.first { $0.id == mount.id }
    }

    func make(in root: BuildRoot) throws -> [BuildMount] {
        var mounts: [BuildMount] = []
        for plan in planned {
            switch plan.mount.kind {
            case .bind:
                guard let tree = plan.tree else { continue }
                let node = try opened(plan, tree)
                if plan.mount.readOnly == false {
                    mounts.append(BuildMount(scratchOver: node, at: plan.target))
                } else {
                    mounts.append(BuildMount(tree: node, at: plan.target, readOnly: true, keeping: tree))
                }
            case .cache: mounts.append(try cache(plan))
            case .tmpfs:
                let size = plan.mount.size.map { ",size=\($0)" } ?? ""
                mounts.append(BuildMount(.tmpfs("mode=1777,exec\(size)"), at: plan.target))
            case .secret:
                guard let secret = secret(plan.mount) else {
                    guard !plan.mount.required else {
                        throw EngineError(
                            .notFound,
                            "the secret \(quoted(plan.mount.id ?? "")) is needed: --secret id=\(plan.mount.id ?? ""),src=FILE"
                        )
                    }
                    continue
                }
                guard !plan.target.isEmpty else { continue }
                mounts.append(
                    BuildMount(
                        .secret(
                            secret.bytes, uid: plan.mount.uid ?? 0, gid: plan.mount.gid ?? 0,
                            mode: plan.mount.mode ?? 0o400),
                        at: plan.target))
            case .ssh:
                guard let path = stage.build.request.agents[plan.mount.id ?? ""] else {
                    guard !plan.mount.required else {
                        throw EngineError(.notFound, "an agent is needed: --ssh \(plan.mount.id ?? "default")")
                    }
                    continue
                }
                let agent = try OwnedDescriptor(open: path, .pathOnly)
                // Anything else, such as a key, would be shown to the program as it is.
                guard try agent.status().isSocket else {
                    throw EngineError(
                        .invalidInput, "--ssh \(plan.mount.id ?? ""): \(path) is not the socket of an agent")
                }
                // One can speak to a socket without being allowed to change its mode.
                mounts.append(BuildMount(tree: agent, at: plan.target, readOnly: true))
            }
        }
        if let script {
            mounts.append(BuildMount(.script(Array(script.utf8)), at: Self.scriptPath))
        }
        return mounts
    }

    private func cache(_ plan: Planned) throws -> BuildMount {
        let mount = plan.mount
        let directory = try BuildCacheDirectory(
            stage.build.session,
            id: (stage.build.request.arguments["BUILDKIT_CACHE_MOUNT_NS"].map { "\($0)/" } ?? "")
                + (mount.id ?? plan.target),
            sharing: mount.sharing == .locked ? .locked : mount.sharing == .private ? .alone : .shared,
            owner: (mount.uid ?? 0, mount.gid ?? 0), mode: mount.mode ?? 0o755,
            fill: { (destination: consuming OwnedDescriptor) in
                guard let tree = plan.tree else { return }
                let selection = Selection(source: plan.source, destination: "", isDirectory: true)
                try CopyOut.copy(tree, [selection], CopyChanges(), into: destination)
            })
        let path = plan.tree == nil ? plan.source : ""
        do throws(SyscallError) {
            return BuildMount(
                tree: try directory.open(path), at: plan.target, readOnly: mount.readOnly ?? false, keeping: directory)
        } catch {
            throw EngineError(
                .invalidInput,
                "\(quoted(path)) in the cache directory \(quoted(mount.id ?? plan.target)): \(error.code)")
        }
    }
}
