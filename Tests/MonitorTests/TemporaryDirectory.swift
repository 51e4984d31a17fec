import Foundation
import LinuxKernel
import Synchronization

/// A directory of a test's own, removed with the value.
final class TemporaryDirectory: Sendable {
    let path: String
    private static let count = Atomic(0)

    init() throws {
        let number = Self.count.add(1, ordering: .relaxed).newValue
        path = "/tmp/brig-monitor-tests-\(CallerIdentity.pid)-\(number)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The file's content; empty if there is none.
    func text(_ name: String) -> String { (try? readText("\(path)/\(name)", limit: 1 << 26)) ?? "" }

    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

    func write(_ name: String, _ text: String) throws {
        try OwnedDescriptor(open: "\(path)/\(name)", [.write, .create, .truncate]).write(text)
    }
}
