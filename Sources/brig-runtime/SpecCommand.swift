import ContainerRuntime
import LinuxKernel
import OCISpec
import RuntimeCommandLine

extension Command {
    /// Writes a `config.json` to begin with; one that is there already is never touched.
    func writeSpec() throws {
        // The mount is absent in some containers; then there is nothing to show of it.
        let hasUnifiedCgroups = (try? FileSystemType(of: "/sys/fs/cgroup")) == .cgroup2
        let starter = StarterConfig(
            ociVersion: Runtime.specVersion, hasUnifiedCgroups: hasUnifiedCgroups,
            rootless: options.has("rootless") ? (CallerIdentity.effectiveUid, CallerIdentity.effectiveGid) : nil)
        let path = options["bundle"].map { $0.isEmpty ? "config.json" : "\($0)/config.json" } ?? "config.json"
        try create(path).write(starter.json.text(.indented("    ")) + "\n")
    }

    private func create(_ path: String) throws -> OwnedDescriptor {
        do throws(SyscallError) {
            return try OwnedDescriptor(open: path, [.write, .create, .exclusive], mode: 0o666)
        } catch {
            guard error.code == .fileExists else { throw error }
            throw RuntimeError(.conflict, "\(path) exists; remove it first")
        }
    }

    func printFeatures() throws {
        try StandardDescriptors.print(Runtime.features.json.text(.indented("    ")) + "\n")
    }
}
