internal import LinuxKernel
internal import OCISpec
internal import Seccomp

extension Engine {
    /// The filter of a container: the default allow-list, a profile of the user's, or none.
    ///
    /// - Throws: `EngineError` of kind `invalidInput` for a profile file that cannot be read or understood.
    func seccomp(for plan: ContainerPlan) throws(EngineError) -> RuntimeConfig.Linux.Seccomp? {
        if plan.privileged { return nil }
        let context = try SeccompContext.current(capabilities: plan.capabilities)
        switch plan.security.seccomp {
        case .unconfined: return nil
        case .builtin:
            do {
                return try DefaultProfile.profile(
                    capabilities: plan.capabilities,
                    kernel: .init(context.kernel.major, context.kernel.minor), architecture: context.architecture
                ).ociSeccomp()
            } catch {
                throw .wrapping(error, while: "make the seccomp filter")
            }
        case .file(let path):
            do {
                return try SeccompFile.parse(try readFile(path, limit: 4 << 20), context)
            } catch {
                throw EngineError(.invalidInput, "seccomp profile \(quotedForError(path)): \(error)")
            }
        }
    }
}

/// What the conditions of a profile's rules are about.
struct SeccompContext: Equatable, Sendable {
    let capabilities: [String]
    let architecture: Architecture
    let kernel: (major: Int, minor: Int)

    static func == (one: Self, other: Self) -> Bool {
        one.capabilities == other.capabilities && one.architecture == other.architecture && one.kernel == other.kernel
    }

    static func current(capabilities: [String]) throws(EngineError) -> SeccompContext {
        guard let architecture = Architecture.native else {
            throw EngineError(.unsupported, "there are no seccomp filters for this processor")
        }
        do {
            return SeccompContext(
                capabilities: capabilities, architecture: architecture, kernel: try SystemName().version ?? (0, 0))
        } catch {
            throw .wrapping(error, while: "ask for the kernel's version")
        }
    }
}
