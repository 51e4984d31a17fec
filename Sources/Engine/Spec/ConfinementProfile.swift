internal import AppArmor
internal import LinuxKernel

/// The AppArmor profile of containers.
enum ConfinementProfile {
    /// Whether the kernel has AppArmor, and the profile or the means to bring it in.
    static func isUsable() throws(SyscallError) -> Bool {
        guard try AppArmor.isEnabled() else { return false }
        return exists(DefaultProfile.parser) ? true : try AppArmor.isLoaded(DefaultProfile().name)
    }

    /// Has the kernel know the default profile before a container asks for it.
    static func prepare(for profile: String?) throws(EngineError) {
        guard profile == SpecificationBuilder.defaultAppArmorProfile else { return }
        do {
            try DefaultProfile().ensureLoaded()
        } catch {
            throw .wrapping(error, while: "load the AppArmor profile \(SpecificationBuilder.defaultAppArmorProfile)")
        }
    }
}
