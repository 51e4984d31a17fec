internal import OCISpec

/// The hooks of one container, with the state that they are told.
struct ContainerHooks {
    let id: ContainerID
    let ociVersion: String
    let bundle: String
    let annotations: OrderedMap<String>
    let hooks: RuntimeConfig.Hooks

    init(_ plan: CreationPlan) {
        self.init(id: plan.id, bundle: plan.bundle, config: plan.config)
    }

    init(id: ContainerID, bundle: String, config: RuntimeConfig) {
        (self.id, self.bundle) = (id, bundle)
        ociVersion = config.ociVersion
        annotations = config.annotations
        hooks = config.hooks ?? RuntimeConfig.Hooks()
    }

    /// Whether the runtime itself has hooks to run while the container's root is being prepared.
    var parentHasHooks: Bool { !hooks.prestart.isEmpty || !hooks.createRuntime.isEmpty }

    func containerState(_ status: ContainerState.Status, pid: Int32?) -> ContainerState {
        ContainerState(
            ociVersion: ociVersion, id: id.text, status: status, pid: pid, bundle: bundle, annotations: annotations)
    }

    /// In the runtime's namespaces, before pivot_root.
    func runInParent(pid: Int32) throws(RuntimeError) {
        try run(.prestart, hooks.prestart, .creating, pid)
        try run(.createRuntime, hooks.createRuntime, .creating, pid)
    }

    /// In the container's namespaces, before pivot_root.
    func runCreateContainer(pid: Int32) throws(RuntimeError) {
        try run(.createContainer, hooks.createContainer, .creating, pid)
    }

    /// In the container, before its program.
    func runStartContainer(pid: Int32) throws(RuntimeError) {
        try run(.startContainer, hooks.startContainer, .created, pid)
    }

    /// After the program was executed. A failure stops the container (runtime.md, "Lifecycle", step 9).
    func runPoststart(pid: Int32) throws(RuntimeError) {
        try run(.poststart, hooks.poststart, .running, pid)
    }

    private func run(
        _ kind: HookKind, _ hooks: [RuntimeConfig.Hooks.Hook], _ status: ContainerState.Status, _ pid: Int32
    ) throws(RuntimeError) {
        do throws(HookError) {
            try HookRunner.run(kind, hooks, state: containerState(status, pid: pid).json)
        } catch {
            throw RuntimeError(.fault, "\(error)")
        }
    }
}
