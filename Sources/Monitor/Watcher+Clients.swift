internal import LinuxKernel
internal import MonitorProtocol

extension Watcher {
    /// How many clients can be attached at a time.
    static let maximumClients = 32

    /// Takes the clients that wait at the listener.
    func acceptClients() {
        switch listener {
        case .some(let listener):
            do throws(SyscallError) {
                // Closing the last client makes room for at most one that waits, so this ends.
                while true { welcome(try listener.accept(nonBlocking: true)) }
            } catch  where error.code == .again {
                return
            } catch {
                // No descriptors or no memory. The listener stays readable: look again later, not at once.
                note("attach.sock: \(error)")
            }
        case .none: return
        }
        unwatchListener()
    }

    private func welcome(_ socket: consuming UnixSocket) {
        let client = Client(socket, token: takeToken(), patience: Self.patience)
        do throws(SyscallError) {
            guard clients.count < Self.maximumClients else {
                return try client.send(
                    .failed(StartFailure(kind: .engine, message: "\(Self.maximumClients) clients are attached")))
            }
            try client.send(.started(pid: pid))
        } catch {
            return  // It has left again.
        }
        clients.append(client)
        updateInterest(client)
    }

    /// Does what a client is ready for.
    func serve(_ client: Client, _ events: PollEvents) {
        do throws(SyscallError) {
            if events.contains(.writable) { try client.sendPending() }
        } catch {
            return remove(client)
        }
        if !events.isDisjoint(with: [.hangUp, .error]) { client.isGone = true }
        if !events.isDisjoint(with: [.readable, .hangUp, .error]) { receive(client) }
        updateInterest(client)
        if phase == .lingering, !isKept(client) || client.hasEndedInput && !client.isBehind { remove(client) }
    }

    /// Ends a connection.
    func remove(_ client: Client) {
        guard clients.contains(where: { $0 === client }) else { return }
        clients.removeAll { $0 === client }
        client.isGone = true
        updateInterest(client)
        if inputHolder == client.token, options.inputEndsWithClient { closeInput() }
    }

    /// Takes what a client has sent, until there is no more or the container takes no input.
    func receive(_ client: Client) {
        do {
            try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { room in
                try receive(client, room)
            }
        } catch {
            // It broke the protocol or the connection.
            remove(client)
        }
    }

    private func receive(_ client: Client, _ room: UnsafeMutableRawBufferPointer) throws {
        if !client.unused.isEmpty {
            let used = try use(client.unused.bytes, of: client)
            client.unused.dropFirst(used)
            if !client.unused.isEmpty { return watchInput(true) }
        }
        // Others get their turn, but what a client left behind is taken to its end: nothing reports it again.
        var turns = client.isGone ? Int.max : 16
        while turns > 0, let count = try client.socket.receive(into: room) {
            turns -= 1
            guard count > 0 else {
                client.hasEndedInput = true
                break
            }
            let received = UnsafeRawBufferPointer(rebasing: room[..<count])
            let used = try use(received, of: client)
            if used < count {
                try client.unused.append(UnsafeRawBufferPointer(rebasing: received[used...]))
                return watchInput(true)
            }
        }
        if client.isGone { remove(client) }
    }

    /// Does what the bytes say.
    ///
    /// - Returns: How many are used. It is fewer than all only if the container takes no more input for now.
    private func use(_ bytes: UnsafeRawBufferPointer, of client: Client) throws(FrameError) -> Int {
        var used = 0
        while true {
            let (step, consumed) = try client.scanner.next(UnsafeRawBufferPointer(rebasing: bytes[used...]))
            used += consumed
            guard case .payload(let header, let available) = step else { return used }
            let payload = UnsafeRawBufferPointer(rebasing: bytes[used..<used + available])
            let taken = header.kind == .input ? writeInput(payload, from: client) : available
            if header.kind == .resize {
                for byte in payload { client.collected = client.collected << 8 | UInt32(byte) }
            }
            if header.kind == .execute { client.collectedName += payload }
            used += taken
            if client.scanner.take(taken) {
                finishFrame(header.kind, client)
            } else if taken < available {
                return used
            }
        }
    }

    private func finishFrame(_ kind: FrameKind, _ client: Client) {
        switch kind {
        case .resize:
            let size = WindowSize(wire: client.collected)
            client.collected = 0
            // A size that the terminal does not take changes nothing.
            if let input, input.isTerminal { try? input.descriptor.setWindowSize(size) }
        case .endOfInput: closeInput()
        case .claim: (client.cleansUp, client.isSilent) = (true, true)
        case .cleaned: clientHasCleaned(client)
        case .execute:
            let name = ExecName(client.collectedName)
            client.collectedName = []
            client.isSilent = true
            if let name { startDetached(name, for: client) }
        default: break
        }
    }

    /// - Returns: How many bytes are done with.
    private func writeInput(_ bytes: UnsafeRawBufferPointer, from client: Client) -> Int {
        guard let input else { return bytes.count }
        if inputHolder == nil { inputHolder = client.token }
        do throws(SyscallError) {
            return try input.write(bytes)
        } catch {
            // Nobody reads it any more.
            self.input = nil
            return bytes.count
        }
    }

    /// There is room in the container's standard input again, or nobody reads it any more.
    func continueInput() {
        watchInput(false)
        for client in clients where !client.unused.isEmpty {
            receive(client)
            updateInterest(client)
        }
    }

    /// The container reads the end of its input. A terminal has none.
    func closeInput() {
        if let input, !input.isTerminal { self.input = nil }
    }

    /// Once nobody reads input any more: takes what clients could not get rid of, to throw it away.
    func discardUnused() {
        guard input == nil else { return }
        for client in clients where !client.unused.isEmpty {
            receive(client)
            updateInterest(client)
        }
    }
}
