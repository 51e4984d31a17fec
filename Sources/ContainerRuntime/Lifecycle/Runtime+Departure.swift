internal import Cgroups

extension Runtime {
    /// Takes the calling process out of the cgroups of whoever has started it, as far as it may: what stays beside a
    /// container must not end, freeze or run out of memory with a session or a service.
    package static func leaveCgroups() {
        // Nothing depends on it but that.
        (try? CgroupHost.detect())?.moveCallerToRoots()
    }
}
