import Foundation
import TestSupport

/// A Podman with roots of its own, and the image `box`.
final class PodmanHost {
    let place: PeerPlace
    private let global: [String]

    init() throws {
        place = try PeerPlace()
        // Without CAP_SYS_RESOURCE Podman's default limits cannot be had. No file of the user's is read.
        let configuration = """
            [containers]
            default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
            [engine]
            runtime_supports_nocgroup = ["tested"]
            [engine.runtimes]
            tested = ["\(Machine.runtime)"]
            """
        try configuration.write(toFile: "\(place.directory)/containers.conf", atomically: true, encoding: .utf8)
        global =
            [
                "/usr/bin/podman", "--root", "\(place.directory)/root", "--runroot", "\(place.directory)/run",
                "--tmpdir", "\(place.directory)/tmp", "--cgroup-manager", "cgroupfs", "--events-backend", "file",
                "--storage-driver", "vfs", "--runtime", "tested",
            ]
        let imported = try podman("import", "\(place.directory)/image.tar", "box")
        guard imported.code == 0 else { throw UnexpectedOutcome(what: "podman import", outcome: imported) }
    }

    private var environment: [String] { ["CONTAINERS_CONF=\(place.directory)/containers.conf"] }

    func podman(_ words: String..., input: String? = nil) throws -> Outcome { try podman(words, input: input) }

    func podman(_ words: [String], input: String? = nil) throws -> Outcome {
        try place.run(global + words, input: input, environment: environment)
    }

    /// The same on a terminal, for a shell that is told what to do once it asks.
    func shell(_ words: String..., typed: String) throws -> Outcome {
        try converse(
            global + words, in: place.directory, prompt: "# ", typed: typed + "\n",
            environment: testEnvironment + environment)
    }

    /// `podman run` without a network, in this place's cgroup.
    func run(_ words: String..., input: String? = nil) throws -> Outcome {
        try podman(["run", "--network", "none", "--cgroup-parent", place.cgroup] + words, input: input)
    }

    /// One field of `podman inspect`.
    func inspect(_ name: String, _ field: String) throws -> String {
        try podman("inspect", "--format", "{{\(field)}}", name).trimmed
    }

    /// The container's cgroup directory below this place's.
    func group(_ name: String) throws -> String { "libpod-\(try inspect(name, ".Id"))" }

    func close() -> [String] {
        // Pods first: their containers cannot go one by one. What a test left is what `clear` tells.
        _ = try? podman("pod", "rm", "--force", "--all", "--time", "0")
        _ = try? podman("rm", "--force", "--all", "--time", "0")
        _ = try? podman("volume", "rm", "--force", "--all")
        return place.clear { $0.hasPrefix("libpod-") }
    }
}

/// Runs `body` with a Podman of its own and takes everything away after it.
func withPodman(_ body: (PodmanHost) throws -> Void) throws {
    let host = try PodmanHost()
    var failure: (any Error)?
    do { try body(host) } catch { failure = error }
    let left = host.close()
    if let failure { throw failure }
    if !left.isEmpty { throw Leftovers(found: left) }
}
