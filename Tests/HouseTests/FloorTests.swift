import Foundation
import Testing

/// The floors of the house, lowest first (docs/house.md). A target imports only what stands on a lower floor, or beside it
/// on the same one where the package says so.
private let floors: [[String]] = [
    ["CLinux", "CUnwind", "CProtect", "CInit", "CSHA256", "CZlib", "CZstd", "CXZ", "CBzip2"],
    ["LinuxKernel"],
    ["Netlink", "Cgroups", "Capabilities", "Seccomp", "AppArmor", "OCISpec", "MonitorProtocol"],
    ["ContainerRuntime", "BuildFile", "ComposeFile", "HelloReport", "Anatomy", "Archive", "Registry", "Networking"],
    ["LayerStore", "ImageStore", "Monitor"],
    ["Engine"],
    ["Builder"],
    ["CommandLineUI", "KernelTools", "Lab", "RuntimeCommandLine", "Compose", "brig", "brig-runtime"],
]

/// What `brig-runtime` is made of.
private let runtimeTargets: Set<String> = [
    "CLinux", "CUnwind", "CProtect", "CSHA256", "LinuxKernel", "Netlink", "Cgroups", "Capabilities", "Seccomp",
    "AppArmor",
    "OCISpec", "MonitorProtocol", "ContainerRuntime", "HelloReport", "Monitor", "RuntimeCommandLine", "brig-runtime",
]

private struct SourceFile: CustomTestStringConvertible, Sendable {
    let target: String
    let path: String
    let text: String

    var testDescription: String { path }

    /// The modules that the file imports.
    var imports: [String] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let at = words.firstIndex(of: "import"), at + 1 < words.count,
                words[..<at].allSatisfy({ ["public", "package", "internal", "private", "@testable"].contains($0) })
            else { return nil }
            return String(words[at + 1])
        }
    }

    /// The code without comments and what stands in quotes.
    var code: String {
        text.split(separator: "\n").map { line -> Substring in
            var inText = false
            var previous: Character = " "
            for index in line.indices {
                if line[index] == "\"" && previous != "\\" { inText.toggle() }
                if !inText, line[index] == "/", previous == "/" { return line[..<index] }
                previous = line[index]
            }
            return line
        }.joined(separator: "\n")
    }
}

private let sources: [SourceFile] = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources")
    let names = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
        SourceFile(
            target: String(name.split(separator: "/")[0]), path: name,
            text: (try? String(contentsOf: root.appending(path: name), encoding: .utf8)) ?? "")
    }
}()

private func floor(of target: String) -> Int? { floors.firstIndex { $0.contains(target) } }

@Suite("The floors of the house")
struct FloorTests {
    @Test("every target has a floor")
    func allPlaced() {
        #expect(!sources.isEmpty)
        for target in Set(sources.map(\.target)).sorted() {
            #expect(floor(of: target) != nil, "\(target) stands on no floor")
        }
    }

    @Test("no target imports a higher one")
    func arrowsPointDown() {
        for file in sources {
            guard let own = floor(of: file.target) else { continue }
            for name in file.imports {
                guard let other = floor(of: name) else { continue }
                #expect(other <= own, "\(file.path) imports \(name), which is higher")
                let areSiblings = other == own && name != file.target
                #expect(!areSiblings || own == floors.count - 1, "\(file.path) imports \(name), a neighbour")
            }
        }
    }

    @Test("only LinuxKernel imports Glibc, and nobody reads errno by another way")
    func glibc() {
        for file in sources where file.target != "LinuxKernel" {
            #expect(!file.imports.contains("Glibc"), "\(file.path) imports Glibc")
            let readsErrno = file.code.contains("clinux_errno(")
            #expect(!readsErrno, "\(file.path) reads errno")
        }
    }

    @Test("brig-runtime has no event loop, no async code, no thread and no Foundation")
    func runtimeIsPlain() {
        let forbidden = ["Foundation", "FoundationEssentials", "Dispatch", "NIO", "Synchronization", "Crypto"]
        for file in sources where runtimeTargets.contains(file.target) {
            for name in file.imports {
                #expect(!forbidden.contains { name.hasPrefix($0) }, "\(file.path) imports \(name)")
                #expect(
                    floor(of: name).map { _ in runtimeTargets.contains(name) || name == "Glibc" } ?? (name == "Glibc"),
                    "\(file.path) imports \(name)")
            }
            for word in [") async", "{ async", "await ", " actor ", "Task {", "Task.", "pthread_create("] {
                let isThere = file.code.contains(word)
                #expect(!isThere, "\(file.path) has \(word)")
            }
        }
    }

    @Test("an option with a value takes the next word, even one that begins with a dash")
    func valuesWithDashes() {
        var count = 0
        for file in sources where file.target == "brig" {
            for piece in file.text.components(separatedBy: "@Option").dropFirst() where !piece.hasPrefix("Group") {
                count += 1
                let words = piece.components(separatedBy: "var ")[0]
                #expect(words.contains("parsing: .unconditional"), "\(file.path): @Option\(words)")
            }
        }
        #expect(count > 100)
    }

    @Test("nothing that input can reach traps on purpose")
    func noDeliberateTraps() {
        for file in sources {
            for word in ["try!", "as!", "fatalError(", "unsafelyUnwrapped"] {
                let isThere = file.code.contains(word)
                #expect(!isThere, "\(file.path) has \(word)")
            }
        }
    }
}
