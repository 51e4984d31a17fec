import Foundation
import LinuxKernel

/// The images of `Tests/images`: Debian packages under the names that tutorials use, without a registry.
package enum TestImages {
    /// Where they lie: `Tests/images/make-images` says it, and makes them first if nobody has yet. Processes side by side
    /// share one cache, under the script's lock.
    private static let directory = Result<String, any Error> {
        let made = try TestSupport.run(
            ["\(Machine.repository)/Tests/images/make-images"], in: "/tmp", timeout: .seconds(600))
        guard made.code == 0 else { throw UnexpectedOutcome(what: "make-images", outcome: made) }
        return made.trimmed
    }

    /// Why there are none; `nil` where there are.
    package static let objection: String? = {
        do {
            _ = try directory.get()
            return nil
        } catch {
            return "no test images: \(error)"
        }
    }()

    /// The path of an archive for `load`.
    ///
    /// - Parameter name: Such as `redis:alpine`; without a tag the latest. Busybox, debian, redis, nginx, httpd, fish.
    package static func archive(_ name: String) throws -> String {
        let tagged = name.contains(":") ? name : name + ":latest"
        return "\(try directory.get())/\(tagged.replacing(":", with: "-")).tar"
    }

    /// The path of the bare tree of the image `fish`, as a tar archive.
    package static func fishTree() throws -> String { "\(try directory.get())/fish.tar" }
}

/// Debian's docker-registry on a loopback port of its own, gone when this is.
package final class TestRegistry: Sendable {
    /// `127.0.0.1:PORT`.
    package let address: String
    private let directory: String
    private static let script = "\(Machine.repository)/Tests/images/serve-images"

    /// - Parameter hasImages: Whether it has the images of ``TestImages``, under `library/NAME`.
    package init(hasImages: Bool = true) throws {
        directory = "/tmp/brig-registry-\(UUID().uuidString.prefix(8).lowercased())"
        let started = try TestSupport.run(
            [Self.script, "start"] + (hasImages ? [] : ["--empty"]) + [directory], in: "/tmp", timeout: .seconds(600))
        guard started.code == 0 else { throw UnexpectedOutcome(what: "serve-images", outcome: started) }
        address = started.trimmed
    }

    /// The storage of docker-registry.
    package var storage: String { "\(directory)/storage" }

    deinit {
        // What it leaves otherwise is a process that a later look finds: no test depends on it.
        _ = try? TestSupport.run([Self.script, "stop", directory], in: "/tmp")
    }
}
