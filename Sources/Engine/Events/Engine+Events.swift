public import LinuxKernel
internal import MonitorProtocol

extension Engine {
    var eventLog: EventLog { EventLog(directory: locations.events) }

    /// Remembers that something happened, for `events`. What cannot be remembered is lost: the deed was done.
    public func record(event: Event) {
        try? eventLog.append(event)  // See above.
    }

    /// Remembers what happened to a container, with its name, image and labels.
    ///
    /// - Parameter configuration: If it is known already.
    func record(
        _ action: String, _ container: ContainerRecord, _ further: [String: String] = [:],
        _ configuration: ContainerConfiguration? = nil
    ) {
        // Without its labels an event says less, and is still true.
        let labels =
            configuration?.labels ?? (try? store.configurations(of: container.id).container.labels) ?? [:]
        var attributes = labels
        attributes["image"] = container.imageName
        attributes["name"] = container.name.text
        attributes.merge(further) { $1 }
        record(event: Event(.container, action, actor: container.id.text, attributes))
    }

    /// Gives events to `body`, in the order in which they were written.
    ///
    /// - Parameters:
    ///   - since: Events of the past from this time on; `nil` is those from now on.
    ///   - until: The last time of interest: in the past, only the past is read; `nil` goes on for ever.
    ///   - body: Returns whether it wants more.
    public func events(
        since: Timestamp?, until: Timestamp?, _ filter: EventFilter = EventFilter(),
        _ body: @escaping (Event) throws -> Bool
    ) throws(EngineError) {
        let since = since ?? .now
        do {
            try HostDirectory.make(locations.events, mode: 0o700)
            // Watched before it is read, so that nothing falls between.
            let watch = try DirectoryWatch(locations.events)
            var reader = ChainReader(eventLog.chain)
            while true {
                try watch.clear()
                let goesOn = try reader.read { line in
                    guard let event = Event(line: line), event.time >= since else { return true }
                    if let until, event.time > until { return true }
                    return filter.admits(event) ? try body(event) : true
                }
                guard goesOn else { return }
                var patience: Duration?
                if let until {
                    let left = until.nanosecondsSince1970.subtractingReportingOverflow(
                        Timestamp.now.nanosecondsSince1970)
                    guard !left.overflow, left.partialValue > 0 else { return }
                    patience = .nanoseconds(left.partialValue)
                }
                _ = try watch.descriptor.wait(for: .readable, timeout: patience)
            }
        } catch {
            throw .wrapping(error, while: "read the events")
        }
    }

    /// The exit code in the last event that tells of a container's end: all that is left of one that is removed.
    func lastExitCode(of id: Identifier) -> Int32? {
        var code: Int32?
        var reader = ChainReader(eventLog.chain)
        // What cannot be read tells nothing.
        _ = try? reader.read { line in
            if let event = Event(line: line), event.kind == .container, event.action == "die", event.actor == id.text {
                code = event.attributes["exitCode"].flatMap { Int32($0) } ?? code
            }
            return true
        }
        return code
    }
}
