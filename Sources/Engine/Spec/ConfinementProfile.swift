internal import AppArmor
internal import LinuxKernel

/// The AppArmor profile of containers.
enum ConfinementProfile {
    /// Whether the kernel has AppArmor, and the profile or the means to bring it in.
    static func isUsable() throws(SyscallError) -> Bool {
        guard try AppArmor.isEnabled() else { return false }
        return exists(DefaultProfile.parser) ? true : try AppArmor.isLoaded(DefaultProfile().name)
    }

    /// Has the kernel know the default profile, as this version has it, before a container asks for it.
    ///
    /// - Parameter runRoot: Where it is noted what was loaded.
    static func prepare(for profile: String?, runRoot: String) throws(EngineError) {
        guard profile == SpecificationBuilder.defaultAppArmorProfile else { return }
        do {
            try DefaultProfile().ensureLoaded(note: "\(runRoot)/apparmor")
        } catch {
            throw .wrapping(error, while: "load the AppArmor profile \(SpecificationBuilder.defaultAppArmorProfile)")
        }
    }
}
