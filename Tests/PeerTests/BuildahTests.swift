import Foundation
import TestSupport
import Testing

extension Peers {
    /// `buildah run --runtime`: the steps of a build.
    @Suite("Buildah", .enabled(if: Machine.has("buildah"), "needs buildah"))
    struct BuildahTests {
        @Test("from scratch, add, run, commit")
        func build() throws {
            let place = try PeerPlace()
            let directory = place.directory
            try "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1000:1000\"]\n".write(
                toFile: "\(directory)/containers.conf", atomically: true, encoding: .utf8)
            func buildah(_ words: String...) throws -> Outcome {
                let global = ["/usr/bin/buildah", "--root", "\(directory)/root", "--runroot", "\(directory)/run"]
                return try place.run(
                    global + ["--storage-driver", "vfs"] + words,
                    environment: ["CONTAINERS_CONF=\(directory)/containers.conf"])
            }
            func step(_ script: String) throws -> Outcome {
                try buildah(
                    "run", "--isolation", "oci", "--runtime", Machine.runtime, "--network", "none", "work", "--",
                    "/bin/sh", "-c", script)
            }
            expect(try buildah("from", "--name", "work", "scratch"))
            expect(try buildah("add", "work", "\(directory)/image", "/"))
            expect(try step("id -u; touch /data/made; echo err >&2"), "0", "err")
            expect(try step("ls /data; exit 3"), code: 3, "made")
            expect(try buildah("commit", "work", "built"))
            expect(try buildah("rm", "--all"))
            expect(try buildah("rmi", "--all"))
            let left = place.clear()
            #expect(left.isEmpty, "left behind: \(left)")
        }
    }
}
