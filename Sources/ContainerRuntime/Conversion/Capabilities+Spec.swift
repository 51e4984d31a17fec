package import Capabilities
package import OCISpec

extension CapabilityPlan {
    /// The plan of a process; without `process.capabilities` it holds none at all.
    ///
    /// - Parameter unknown: Gets each name that is no capability, once, for a warning: the specification has runtimes
    ///   go on without it.
    package init(spec: RuntimeConfig.Process.Capabilities?, unknown: inout [String]) {
        guard let spec else {
            self.init(granting: [])
            return
        }
        self.init(
            bounding: CapabilitySet(specNames: spec.bounding, unknown: &unknown),
            permitted: CapabilitySet(specNames: spec.permitted, unknown: &unknown),
            effective: CapabilitySet(specNames: spec.effective, unknown: &unknown),
            inheritable: CapabilitySet(specNames: spec.inheritable, unknown: &unknown),
            ambient: CapabilitySet(specNames: spec.ambient, unknown: &unknown))
    }
}
