internal import LinuxKernel

extension Engine {
    /// Lets all processes of a container stand still.
    ///
    /// - Throws: `EngineError` of kind `conflict` unless it runs.
    public func pause(_ reference: String) throws(EngineError) {
        try change(reference) { record throws(EngineError) in
            guard !record.isPaused else {
                throw EngineError(.conflict, "container \(record.name) is already paused")
            }
            try callRuntime("pause", on: record)
            record.isPaused = true
        }
    }

    /// Lets them go on.
    public func unpause(_ reference: String) throws(EngineError) {
        try change(reference) { record throws(EngineError) in
            guard record.isPaused else { throw EngineError(.conflict, "container \(record.name) is not paused") }
            try callRuntime("resume", on: record)
            record.isPaused = false
        }
    }

    private func change(
        _ reference: String, _ body: (inout ContainerRecord) throws(EngineError) -> Void
    ) throws(EngineError) {
        let id = try store.container(reference).id
        try withLock(on: id) { () throws(EngineError) in
            guard var record = try store.container(id) else { throw .noSuchContainer(quotedForError(reference)) }
            guard case .running(_?) = try observe(record) else {
                throw EngineError(.conflict, "container \(record.name) is not running")
            }
            let isPaused = record.isPaused
            try body(&record)
            try store.update(record)
            self.record(isPaused ? "unpause" : "pause", record)
        }
    }

    /// Lets a container go on that is to end: it does not take a signal while it stands still.
    func thaw(_ record: ContainerRecord) throws(EngineError) {
        do {
            try callRuntime("resume", on: record)
        } catch {
            // It may have ended in the meantime.
            if try observe(record).isActive { throw error }
        }
    }

    func callRuntime(_ command: String, on record: ContainerRecord) throws(EngineError) {
        do {
            let errors = try OwnedDescriptor(memoryFile: "errors")
            let status = try Spawn(
                program: runtime, arguments: [runtime, "--root", locations.runtimeState, command, record.id.text]
            ).start([(errors.raw, 2)]).wait()
            if status.isSuccess { return }
            try errors.seek(to: 0)
            let text = String(decoding: try errors.readAll(limit: 4096), as: UTF8.self)
            throw EngineError(
                .fault, "could not \(command) container \(record.name): \(text.prefix { !$0.isNewline })")
        } catch {
            throw .wrapping(error, while: "\(command) container \(record.name)")
        }
    }
}
