package import LinuxKernel
internal import Netlink

/// The one small process that answers containers' questions for names, and asks the host's servers for the rest.
///
/// It has no rights: everything is given to it over its control socket, by commands of Brig. It ends with the last
/// container, or when its socket is taken away.
package final class NameServer {
    private let epoll: Epoll
    private let control: UnixSocket
    private let removal: RemovalWatch
    private var table = NameTable()
    private var sources: [UInt64: Source] = [:]
    private var lastToken: UInt64 = 0
    private var turn = 0
    private var hostServers = HostServers()
    private var isDone = false
    /// How many questions of each container wait for servers.
    private var waiting: [String: Int] = [:]

    fileprivate enum Source {
        case control
        case removal
        case command(CommandConnection)
        case datagrams(ServedContainer)
        case connections(ServedContainer)
        case asked(ForwardedDatagram)
        case client(NameClient)
        case relay(ForwardedConnection)
    }

    /// - Parameters:
    ///   - control: A listening socket of packets.
    ///   - removal: Of the socket's file: nobody can give a name server without one anything to do.
    package static func run(
        control: consuming UnixSocket, removal: consuming RemovalWatch
    ) throws(SyscallError) {
        let server = NameServer(try Epoll(), control, removal)
        try server.watch()
        try server.serve()
    }

    private init(_ epoll: consuming Epoll, _ control: consuming UnixSocket, _ removal: consuming RemovalWatch) {
        self.epoll = epoll
        self.control = control
        self.removal = removal
    }

    private func watch() throws(SyscallError) {
        try epoll.add(control.descriptor, .readable, token: add(.control))
        try epoll.add(removal.descriptor, .readable, token: add(.removal))
    }

    private func add(_ source: Source) -> UInt64 {
        lastToken += 1
        sources[lastToken] = source
        return lastToken
    }

    private func serve() throws(SyscallError) {
        var ready: [(UInt64, PollEvents)] = []
        while !isDone {
            ready.removeAll(keepingCapacity: true)
            try epoll.wait(timeout: sources.values.contains(where: \.hasDeadline) ? .milliseconds(250) : nil) {
                ready.append(($0, $1))
            }
            for (token, _) in ready { handle(token) }
            expire()
        }
    }

    private func handle(_ token: UInt64) {
        // Whatever goes wrong on one socket concerns that one alone.
        switch sources[token] {
        case .control: acceptCommand()
        case .removal: if (try? removal.isRemoved()) != false { isDone = true }
        case .command(let connection): if !takeCommands(connection) { remove(token) }
        case .datagrams(let container): answerDatagrams(of: container)
        case .connections(let container): acceptClient(of: container)
        case .asked(let question): takeAnswer(question, token)
        case .client(let client): read(client, token)
        case .relay(let relay): proceed(relay, token)
        case nil: break
        }
    }

    private func remove(_ token: UInt64) {
        switch sources.removeValue(forKey: token) {
        case .asked(let question): release(question.container)
        case .relay(let relay): release(relay.client.container)
        default: break
        }
    }

    private func expire() {
        let now = MonotonicClock.milliseconds
        for (token, source) in sources {
            switch source {
            case .asked(let question) where question.deadline <= now: askNext(question, token)
            case .client(let client) where client.deadline <= now: remove(token)
            case .relay(let relay) where relay.deadline <= now: relayNext(relay, token)
            default: break
            }
        }
    }
}

extension NameServer.Source {
    fileprivate var hasDeadline: Bool {
        switch self {
        case .asked, .client, .relay: true
        case .control, .removal, .command, .datagrams, .connections: false
        }
    }
}

// What Brig says.
extension NameServer {
    private func acceptCommand() {
        guard let socket = try? control.accept(nonBlocking: true),
            let peer = try? socket.peerCredentials(), peer.uid == 0
        else { return }
        let served = sources.values.compactMap { source in
            if case .datagrams(let container) = source { container.id } else { nil }
        }
        // The first word is ours: who is served already.
        guard (try? socket.sendAll(Array(("served " + served.joined(separator: " ")).utf8))) != nil else { return }
        let connection = CommandConnection(socket)
        let token = add(.command(connection))
        if (try? epoll.add(connection.socket.descriptor, .readable, token: token)) == nil { remove(token) }
    }

    /// - Returns: Whether more may come.
    private func takeCommands(_ connection: CommandConnection) -> Bool {
        while !isDone {
            do throws(SyscallError) {
                var message = try connection.socket.receive(upTo: 256)
                let words = String(decoding: message.bytes, as: UTF8.self).split(separator: " ").map(String.init)
                guard !words.isEmpty else { return false }
                let first = message.descriptors.takeFirst()
                let second = message.descriptors.takeFirst()
                try connection.socket.sendAll(Array(obey(words, first, second).utf8))
            } catch {
                return error.code == .again
            }
        }
        return false
    }

    private func obey(
        _ words: [String], _ first: consuming OwnedDescriptor?, _ second: consuming OwnedDescriptor?
    ) -> String {
        switch words[0] {
        case "serve" where words.count == 2:
            guard let first, let second else { return "failed: two sockets belong to it" }
            let container = ServedContainer(
                id: words[1], InternetSocket(adopting: first), InternetSocket(adopting: second))
            stopServing { $0 == container.id }
            do throws(SyscallError) {
                try epoll.add(container.datagrams.descriptor, .readable, token: add(.datagrams(container)))
                try epoll.add(container.connections.descriptor, .readable, token: add(.connections(container)))
            } catch {
                return "failed: \(error)"
            }
            return "ok"
        case "table":
            guard let first, let bytes = try? first.readAll(limit: 64 << 20) else { return "failed: no table" }
            table = NameTable(parsing: String(decoding: bytes, as: UTF8.self))
            let known = Set(table.containers.keys)
            stopServing { !known.contains($0) }
            isDone = table.containers.isEmpty
            return isDone ? "gone" : "ok"
        default: return "failed: unknown word"
        }
    }

    /// Closes sockets: while one is open, so is its container's network namespace.
    private func stopServing(_ ends: (String) -> Bool) {
        for (token, source) in sources {
            switch source {
            case .datagrams(let container) where ends(container.id): remove(token)
            case .connections(let container) where ends(container.id): remove(token)
            case .client(let client) where ends(client.container): remove(token)
            case .asked(let question) where ends(question.container): remove(token)
            case .relay(let relay) where ends(relay.client.container): remove(token)
            default: break
            }
        }
    }
}

// Questions as datagrams.
extension NameServer {
    private func answerDatagrams(of container: ServedContainer) {
        // Not without end: others ask, too.
        for _ in 0..<32 {
            guard let received = try? container.datagrams.receive(limit: 4096) else { return }
            let (bytes, peer) = received
            let query: DomainQuery
            do throws(DomainQuery.Refusal) {
                query = try DomainQuery(parsing: bytes)
            } catch {
                if case .code(let id, let code) = error {
                    container.reply(DomainAnswer.refusal(id, code), to: peer)
                }
                continue
            }
            turn &+= 1
            switch table.decide(query, from: container.id, turn: turn) {
            case .answer(let code, let records):
                container.reply(
                    DomainAnswer.message(to: query, code, records: records, limit: query.datagramLimit), to: peer)
            case .forward:
                let servers = servers(for: container.id)
                guard !servers.isEmpty, reserve(container.id) else {
                    container.reply(DomainAnswer.message(to: query, .failure, limit: 512), to: peer)
                    continue
                }
                let question = ForwardedDatagram(container, peer, query, bytes, servers)
                askNext(question, add(.asked(question)))
            }
        }
    }

    /// Asks the next server, or says that none answers.
    private func askNext(_ question: ForwardedDatagram, _ token: UInt64) {
        while let socket = question.next() {
            if (try? epoll.add(socket.socket.descriptor, .readable, token: token)) != nil { return }
        }
        question.fail()
        remove(token)
    }

    private func takeAnswer(_ question: ForwardedDatagram, _ token: UInt64) {
        switch question.receive() {
        case .answer: remove(token)
        case .refused: askNext(question, token)
        case .nothing: break
        }
    }

    private func servers(for id: String) -> [IPAddress] {
        let own = table.containers[id]?.servers ?? []
        return own.isEmpty ? hostServers.current() : own
    }

    /// A place among the questions that wait: a container that asks without end is in nobody's way but its own.
    private func reserve(_ id: String) -> Bool {
        guard waiting[id, default: 0] < 64, sources.count < 2000 else { return false }
        waiting[id, default: 0] += 1
        return true
    }

    private func release(_ id: String) {
        let left = waiting[id, default: 1] - 1
        waiting[id] = left > 0 ? left : nil
    }
}

// Questions over connections.
extension NameServer {
    private func acceptClient(of container: ServedContainer) {
        guard let socket = try? container.connections.accept() else { return }
        // Taken off the queue first: a connection that waits there would wake us again and again.
        guard clients(of: container.id) < 64, sources.count < 2000 else { return }
        let client = NameClient(container.id, socket)
        let token = add(.client(client))
        if (try? epoll.add(client.socket.descriptor, .readable, token: token)) == nil { remove(token) }
    }

    private func clients(of id: String) -> Int {
        sources.values.count { if case .client(let client) = $0 { client.container == id } else { false } }
    }

    private func read(_ client: NameClient, _ token: UInt64) {
        guard client.fill() else { return remove(token) }
        while let bytes = client.takeMessage() {
            guard let query = try? DomainQuery(parsing: bytes) else { return remove(token) }
            turn &+= 1
            switch table.decide(query, from: client.container, turn: turn) {
            case .answer(let code, let records):
                let answer = DomainAnswer.message(to: query, code, records: records, limit: 65_535)
                guard client.send(answer) else { return remove(token) }
            case .forward:
                let servers = servers(for: client.container)
                guard !servers.isEmpty, reserve(client.container) else {
                    guard client.send(DomainAnswer.message(to: query, .failure, limit: 512)) else {
                        return remove(token)
                    }
                    continue
                }
                let relay = ForwardedConnection(client, query, bytes, servers)
                relayNext(relay, add(.relay(relay)))
            }
        }
    }

    private func relayNext(_ relay: ForwardedConnection, _ token: UInt64) {
        while let socket = relay.next() {
            if (try? epoll.add(socket.socket.descriptor, .writable, token: token)) != nil { return }
        }
        relay.fail()
        remove(token)
    }

    private func proceed(_ relay: ForwardedConnection, _ token: UInt64) {
        switch relay.proceed() {
        case .answer: remove(token)
        case .refused: relayNext(relay, token)
        case .nothing:
            guard let socket = relay.current else { return }
            _ = try? epoll.modify(socket.socket.descriptor, .readable, token: token)  // Else the deadline ends it.
        }
    }
}
