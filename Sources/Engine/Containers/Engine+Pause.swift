internal import LinuxKernel

extension Engine {
    /// Lets all processes of a container stand still.
    ///
    /// - Throws: `EngineError` of kind `conflict` unless it runs.
    public func pause(_ reference: String) throws(EngineError) {
        try change(reference) { record throws(EngineError) in
            guard !isFrozen(record) else {
                throw EngineError(.conflict, "container \(record.name) is already paused")
            }
            // Remembered before it is done: whoever ends a container that stands still must know that it does.
            record.isPaused = true
            try store.update(record)
            do throws(EngineError) {
                try callRuntime("pause", on: record)
            } catch {
                record.isPaused = false
                try store.update(record)
                throw error
            }
        }
    }

    /// Lets them go on.
    public func unpause(_ reference: String) throws(EngineError) {
        try change(reference) { record throws(EngineError) in
            guard isFrozen(record) else { throw EngineError(.conflict, "container \(record.name) is not paused") }
            try callRuntime("resume", on: record)
            record.isPaused = false
            try store.update(record)
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
            try body(&record)
            self.record(record.isPaused ? "pause" : "unpause", record)
        }
    }

    /// Whether a container stands still: because somebody asked for it, and the kernel says so.
    func isFrozen(_ record: ContainerRecord) -> Bool {
        record.isPaused && record.process.map(Freezer.holds) ?? false
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
