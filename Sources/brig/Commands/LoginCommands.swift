import ArgumentParser
import CommandLineUI
import LinuxKernel
import OCISpec
import Registry

struct LoginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Log in to a registry, for pull and push.",
        discussion: """
            The registry is asked before anything is kept, in the file or helper that Docker uses. \
            Without -u a log-in that is already there is tried first.
            """)

    @Option(name: .shortAndLong, parsing: .unconditional, help: "The user's name.") var username: String?
    @Option(
        name: .shortAndLong, parsing: .unconditional,
        help: "The password; visible to others on this machine, so better not this way.")
    var password: String?
    @Flag(help: "Read the password from standard input.") var passwordStdin = false
    @Argument(help: "HOST[:PORT]; Docker Hub unless said otherwise.") var server: String?

    func run() throws {
        let server = try RegistryName(self.server).domain
        let store = try CredentialStore.ofUser()
        var options = RegistryClient.Options()
        options.configuration = try .load()
        options.proxies = try .ofProcess()
        if password != nil {
            guard !passwordStdin else { throw CommandExit(1, "--password and --password-stdin exclude each other") }
            Output.complain("a password on the command line can be seen by others: use --password-stdin")
        }
        if username == nil, password == nil, !passwordStdin, try succeedsWithKnown(store, server, options) { return }
        let user = try username ?? Prompt.line("Username: ")
        let secret = try password ?? (passwordStdin ? Self.passwordFromInput() : Prompt.hidden("Password: "))
        guard let credential = Credential(user: user, password: secret) else {
            throw CommandExit(1, "neither user name nor password may be empty, and the name may not have a colon")
        }
        let asked = options
        try waiting { try await RegistryClient.verify(credential, for: server, asked) }
        try store.store(credential, for: server)
        let place = try store.place(for: server)
        if place.hasPrefix("/") { Output.complain("the password is kept in \(place), readable for you only") }
        Output.line("Login Succeeded")
    }

    /// Whether there is a log-in that the registry still accepts.
    private func succeedsWithKnown(
        _ store: CredentialStore, _ server: String, _ options: RegistryClient.Options
    ) throws -> Bool {
        guard let known = try store.lookUp(server) else { return false }
        do {
            try waiting { try await RegistryClient.verify(known, for: server, options) }
            Output.line("Login Succeeded (with the log-in that was there)")
            return true
        } catch let error as RegistryError where error.kind == .unauthorized {
            Output.complain("the log-in that was there is not accepted any more")
            return false
        }
    }

    /// All of standard input but one line break at its end.
    private static func passwordFromInput() throws -> String {
        let bytes = try Terminal.lending(0) { (input: borrowing OwnedDescriptor) throws(SyscallError) in
            try input.readAll(limit: 65_536)
        }
        guard var text = String(validating: bytes, as: UTF8.self) else {
            throw CommandExit(1, "the password is not text in UTF-8")
        }
        if text.utf8.last == UInt8(ascii: "\n") { text.unicodeScalars.removeLast() }
        if text.utf8.last == UInt8(ascii: "\r") { text.unicodeScalars.removeLast() }
        return text
    }
}

struct LogoutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "logout", abstract: "Forget the log-in to a registry.")

    @Argument(help: "HOST[:PORT]; Docker Hub unless said otherwise.") var server: String?

    func run() throws {
        let server = try RegistryName(self.server).domain
        let wasThere = try CredentialStore.ofUser().erase(server)
        Output.line(wasThere ? "Removing login credentials for \(server)" : "Not logged in to \(server)")
    }
}

/// A registry as a user names it: a host, or the address that Docker once used.
private struct RegistryName {
    let domain: String

    init(_ text: String?) throws {
        var name = text ?? ImageReference.defaultDomain
        for scheme in ["https://", "http://"] where name.hasPrefix(scheme) { name.removeFirst(scheme.count) }
        name = String(name.prefix { $0 != "/" })
        // What stands before the first slash is a host only if it looks like one.
        guard let reference = try? ImageReference("\(name)/x"),
            reference.domain == name.lowercased() || name.lowercased() == "index.docker.io"
        else {
            throw CommandExit(1, "\(ShownText.quoted(text ?? "")) is not a registry: HOST[:PORT], with a dot or a port")
        }
        domain = reference.domain
    }
}

/// Questions to whoever sits at the terminal.
private enum Prompt {
    static func line(_ question: String) throws -> String {
        let terminal = try terminal()
        defer { withExtendedLifetime(terminal) {} }
        Output.write(Array(question.utf8), to: .error)
        var line: [UInt8] = []
        while let byte = try next(), byte != UInt8(ascii: "\n") {
            guard line.count < 1024 else { throw CommandExit(1, "the answer is too long") }
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// An answer that is not shown. The terminal passes on every key meanwhile, so that ^C leaves it as it was.
    static func hidden(_ question: String) throws -> String {
        let terminal = try terminal()
        Output.write(Array(question.utf8), to: .error)
        try terminal.makeRaw()
        defer {
            terminal.restore()
            Output.write([UInt8(ascii: "\n")], to: .error)
        }
        var line: [UInt8] = []
        while let byte = try next() {
            switch byte {
            case UInt8(ascii: "\r"), UInt8(ascii: "\n"): return String(decoding: line, as: UTF8.self)
            case 0x03: throw CommandExit(130)
            case 0x04: throw CommandExit(1, "no password was given")
            case 0x15: line.removeAll()
            case 0x7F, 0x08:
                // All bytes of one character.
                while let last = line.popLast(), last & 0xC0 == 0x80 {}
            default:
                guard line.count < 65_536 else { throw CommandExit(1, "the answer is too long") }
                line.append(byte)
            }
        }
        throw CommandExit(1, "no password was given")
    }

    private static func terminal() throws -> Terminal {
        let terminal = Terminal()
        guard terminal.inputIsTerminal else {
            throw CommandExit(1, "standard input is not a terminal: give -u NAME and --password-stdin")
        }
        return terminal
    }

    private static func next() throws -> UInt8? {
        try Terminal.lending(0) { (input: borrowing OwnedDescriptor) throws(SyscallError) in
            try input.read(upTo: 1)
        }.first
    }
}
