@testable import BuildFile
import Testing

@Suite("Words of EXPOSE")
struct PortTests {
    @Test(
        "as BuildKit takes them",
        arguments: [
            ("80", "80-80/tcp"), ("0", "0-0/tcp"), ("65535/udp", "65535-65535/udp"), ("8000-8002", "8000-8002/tcp"),
            ("80/", "80-80/tcp"), ("80/TCP", "80-80/tcp"), ("81:80/sctp", "80-80/sctp"), (":80", "80-80/tcp"),
            ("127.0.0.1:81:80", "80-80/tcp"), ("127.0.0.1::80", "80-80/tcp"), ("[::1]:81:80", "80-80/tcp"),
            ("::1:81:80", "80-80/tcp"), ("81-83:80-82", "80-82/tcp"), ("81-83:80", "80-80/tcp"),
        ])
    func taken(word: String, expected: String) {
        let found = ExposedPorts(word)
        #expect(found.map { "\($0.range.lowerBound)-\($0.range.upperBound)/\($0.network)" } == expected)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "/tcp", "65536", "-1", "+80", "80-", "82-80", "80/icmp", "a:80", "81-82:80-82", "host:81:80", "x",
        ])
    func refused(word: String) { #expect(ExposedPorts(word) == nil) }

    @Test("ONBUILD keeps its here-documents")
    func documents() throws {
        let file = try BuildFile(parsing: "FROM x\nONBUILD RUN <<A cat <<-B\n1\nA\n\t2\n\tB\nUSER a b")
        guard case .onBuild(let trigger) = file.stages[0].steps[0].instruction else { return #expect(Bool(false)) }
        #expect(trigger.textWithDocuments == "RUN <<A cat <<-B\n1\nA\n\t2\nB")
        guard case .run(let run) = try BuildFile.trigger(trigger.textWithDocuments).instruction else {
            return #expect(Bool(false))
        }
        #expect(run.documents.map(\.text) == ["1\n", "2\n"])
    }

    @Test("a platform that comes to nothing is told at its FROM")
    func emptyPlatform() throws {
        let file = try BuildFile(parsing: "ARG P\nFROM --platform=$P x")
        let error = #expect(throws: BuildFileError.self) { try StageGraph(file, variables: VariableLookup()) }
        #expect(error?.position.line == 2)
    }
}

@Suite("What RUN says")
struct RunWordTests {
    private func run(_ text: String) throws -> Run {
        let file = try BuildFile(parsing: "FROM x\n" + text)
        guard case .run(let run)? = file.stages[0].steps.first?.instruction else { throw Missing() }
        return run
    }

    private struct Missing: Error {}

    @Test("a here-document's name may stand apart, as long as it ends")
    func spacedDocuments() throws {
        let plain = try run("RUN cat << EOF > /a\nb\nEOF")
        #expect(plain.documents.map(\.text) == ["b\n"] && plain.command == .shell("cat << EOF > /a"))
        #expect(try run("RUN cat <<- 'A'\n\tb\n\tA").documents.map(\.text) == ["b\n"])
        #expect(try run("RUN echo $((1 << 2))").documents.isEmpty)
        #expect(try run("RUN a << b\nRUN c").documents.isEmpty)
        let alone = ["<<A", "<< A", "3<<-'A'", "<<- A"]
        for text in alone { #expect(HereDocument.isAlone(in: text), "\(text)") }
        for text in ["<<A cat", "cat <<A", "cat << A", "a", "<<", "<< a b"] {
            #expect(!HereDocument.isAlone(in: text), "\(text)")
        }
    }

    @Test("fields of mounts may hold variables; which stage, they may not")
    func variablesInMounts() throws {
        let mount = try #require(try run("RUN --mount=type=cache,target=/c,uid=$U,mode=0700 a").mounts.first)
        #expect(mount.uid == nil && mount.mode == 0o700 && mount.target == "/c")
        #expect(mount.unresolved == "type=cache,target=/c,uid=$U,mode=0700")
        #expect(try RunMount(parsing: "type=cache,target=/c,uid=5").uid == 5)
        #expect(try run("RUN --mount=type=cache,target=/$U a").mounts.first?.unresolved == nil)
        #expect(throws: BuildFileError.self) { try RunMount(parsing: "type=cache,target=/c,uid=x") }
        #expect(throws: BuildFileError.self) { try run("RUN --mount=from=$A,target=/c a") }
    }
}
