internal import LinuxKernel
internal import OCISpec

/// A program that keeps credentials, as Docker starts it: `docker-credential-NAME get|store|erase`.
struct CredentialHelper {
    private let program: String
    private let environment: [String]
    var timeLimit = Duration.seconds(60)

    enum Failure: Error, Equatable { case notThere, failed(String) }

    /// Finds the program in the absolute directories of a search path.
    ///
    /// - Throws: ``RegistryError`` of kind `invalidInput` if there is none or the name could lead elsewhere.
    init(name: String, searchPath: String, environment: [String]) throws(RegistryError) {
        let allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
        guard !name.isEmpty, name.utf8.count <= 100, name.utf8.allSatisfy(allowed.utf8.contains) else {
            throw RegistryError(.invalidInput, host: "", "\(quoted(name)) is not the name of a credential helper")
        }
        let directories = searchPath.split(separator: ":").filter { $0.hasPrefix("/") }
        let candidates = directories.map { "\($0)/docker-credential-\(name)" }
        guard let program = candidates.first(where: Self.isProgram) else {
            throw RegistryError(
                .invalidInput, host: "", "the credential helper docker-credential-\(name) is not in PATH",
                advice: "install it, or take it out of the configuration")
        }
        self.program = program
        self.environment = environment
    }

    private static func isProgram(_ path: String) -> Bool {
        guard let status = try? OwnedDescriptor(open: path, .pathOnly).status() else { return false }
        return status.isRegularFile && status.permissions & 0o111 != 0
    }

    /// nil if the helper has none for this server.
    func credential(for key: String) throws(RegistryError) -> Credential? {
        let output: [UInt8]
        do {
            output = try run("get", Array(key.utf8))
        } catch .notThere {
            return nil
        } catch {
            throw failed(error)
        }
        guard let json = try? JSONValue(parsing: output, sizeLimit: 1 << 16), case .object(let object) = json,
            case .string(let user)? = object["Username"], case .string(let secret)? = object["Secret"]
        else {
            throw RegistryError(.invalidInput, host: "", "\(program) gave an answer that is not understood")
        }
        if user.isEmpty, secret.isEmpty { return nil }
        let credential =
            user == "<token>" ? Credential(identityToken: secret) : Credential(user: user, password: secret)
        guard let credential else {
            throw RegistryError(.invalidInput, host: "", "\(program) gave a credential that cannot be one")
        }
        return credential
    }

    func store(_ credential: Credential, for key: String) throws(RegistryError) {
        let (user, secret) =
            switch credential.secret {
            case .password(let password): (credential.user, password)
            case .identityToken(let token): ("<token>", token)
            }
        let document: JSONValue = ["ServerURL": .string(key), "Username": .string(user), "Secret": .string(secret)]
        do {
            _ = try run("store", document.bytes())
        } catch {
            throw failed(error)
        }
    }

    /// - Returns: Whether there was one.
    func erase(_ key: String) throws(RegistryError) -> Bool {
        do {
            _ = try run("erase", Array(key.utf8))
            return true
        } catch .notThere {
            return false
        } catch {
            throw failed(error)
        }
    }

    private func failed(_ failure: Failure) -> RegistryError {
        let problem = if case .failed(let text) = failure { text } else { "failed" }
        return RegistryError(.invalidInput, host: "", "\(program): \(problem)")
    }

    private func run(_ action: String, _ input: [UInt8]) throws(Failure) -> [UInt8] {
        let (output, succeeded): ([UInt8], Bool)
        do throws(SyscallError) {
            (output, succeeded) = try start(action, input)
        } catch {
            throw error.code == .timedOut ? .failed("no answer within \(timeLimit)") : .failed(error.code.description)
        }
        if succeeded { return output }
        let text = String(decoding: output.prefix(200), as: UTF8.self)
        if text.contains("credentials not found") { throw .notThere }
        throw .failed(text.isEmpty ? "failed without a word" : printable(text))
    }

    private func start(_ action: String, _ input: [UInt8]) throws(SyscallError) -> ([UInt8], Bool) {
        // A file in memory instead of a pipe: a helper that does not read it raises no signal here.
        let question = try OwnedDescriptor(memoryFile: "question")
        try question.write(input)
        try question.seek(to: 0)
        let pipe = try Pipe()
        let child = try Spawn(program: program, arguments: [program, action], environment: environment)
            .start([(question.raw, 0), (pipe.writeEnd.raw, 1)])
        let answer = pipe.keepReadEnd()
        let end = ContinuousClock.now + timeLimit
        do throws(SyscallError) {
            let output = try Self.readAll(answer, until: end)
            if let status = try child.wait(timeout: max(.zero, end - ContinuousClock.now)) {
                return (output, status == .exited(0))
            }
            throw SyscallError(call: "wait", subject: program, code: .timedOut)
        } catch {
            // It may be gone already; waiting makes sure that nothing of it stays.
            try? child.send(.kill)
            _ = try? child.wait(timeout: .seconds(5))
            throw error
        }
    }

    private static func readAll(
        _ answer: borrowing OwnedDescriptor, until end: ContinuousClock.Instant
    ) throws(SyscallError) -> [UInt8] {
        var output: [UInt8] = []
        while output.count < 1 << 16 {
            let left = end - ContinuousClock.now
            guard left > .zero, try !answer.wait(for: .readable, timeout: left).isEmpty else {
                throw SyscallError(call: "read", subject: "helper", code: .timedOut)
            }
            let bytes = try answer.read(upTo: 4096)
            if bytes.isEmpty { return output }
            output += bytes
        }
        throw SyscallError(call: "read", subject: "helper", code: .fileTooLarge)
    }
}
