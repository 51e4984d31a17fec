import Foundation
import TestSupport
import Testing

/// A place for images: stores of the built `brig` and of its peers, and bash scripts that drive them.
final class ImagePlace {
    /// The program under test. `BRIG` names another one.
    static let brig = ProcessInfo.processInfo.environment["BRIG"] ?? "\(Machine.repository)/bin/brig"
    /// Whether tests of images can run at all.
    static let isReady = Machine.isReady && FileManager.default.isExecutableFile(atPath: brig)
    static let needs: Comment = "needs root, `make build` and `make fixtures`"

    let directory: String

    init() throws {
        directory = "/tmp/brig-images-\(UUID().uuidString.prefix(8).lowercased())"
        try FileManager.default.createDirectory(atPath: "\(directory)/login", withIntermediateDirectories: true)
        try "{}".write(toFile: "\(directory)/login/config.json", atomically: true, encoding: .utf8)
    }

    deinit {
        // Containers of a test that failed; what cannot go now shows in the test's own result.
        _ = try? script("for s in root second; do [ ! -d $s ] || STORE=$s brig ps -aq | xargs -r $BRIG rm -f; done")
        _ = try? TestSupport.run(["/bin/rm", "-rf", "--one-file-system", directory], in: "/tmp")
    }

    /// What scripts can use: `brig` with the store that `STORE` names, `podman` and `buildah` with stores of their own.
    private static let words = """
        set -euo pipefail
        brig() { "$BRIG" --root "$PWD/${STORE:-root}" --run-root "$PWD/run-${STORE:-root}" "$@"; }
        begin() { "$BRIG" --root "$PWD/${STORE:-root}" --run-root "$PWD/run-${STORE:-root}" "$@" >out 2>error & pid=$!; }
        storage="--storage-driver vfs --root $PWD/storage --runroot $PWD/storage-run"
        podman() { command podman $storage --events-backend none --cgroup-manager cgroupfs "$@"; }
        buildah() { command buildah $storage "$@"; }
        same() { [ "$1" = "$2" ] || { echo "line ${BASH_LINENO[0]}: $1 is not $2" >&2; exit 99; }; }
        fails() { if "$@" >/dev/null 2>error; then echo "line ${BASH_LINENO[0]}: $* succeeds" >&2; exit 98; fi; }
        manifest_of() { jq -r '.manifests[0].digest' "$1/index.json"; }
        manifest_in() { tar -xOf "$1" index.json | jq -r '.manifests[0].digest'; }
        config_of() { jq -r .config.digest "$1/blobs/sha256/$(manifest_of "$1" | cut -d: -f2)"; }
        id_of() { brig image inspect -f '{{.Id}}' "$1"; }
        sound() { same "$(brig system check | grep -Ev '^(checked|interrupted)')" ""; }

        """

    /// Runs a bash script here. It ends with the first command that fails.
    ///
    /// - Parameter ownMounts: Whether what it mounts is seen by nobody else and goes with it.
    func script(
        _ text: String, environment: [String] = [], ownMounts: Bool = false, timeout: Duration = .seconds(300)
    ) throws -> Outcome {
        try TestSupport.run(
            (ownMounts ? ["/usr/bin/unshare", "--mount", "--propagation", "private"] : [])
                + ["/bin/bash", "-c", Self.words + text], in: directory,
            environment: testEnvironment + [
                "BRIG=\(Self.brig)", "BRIG_RUNTIME=\(Machine.runtime)", "TOOLS=\(Self.tools)",
                "REPOSITORY=\(Machine.repository)",
                "DOCKER_CONFIG=\(directory)/login",
            ] + environment, timeout: timeout)
    }

    /// Runs a script that must succeed.
    func check(
        _ text: String, environment: [String] = [], timeout: Duration = .seconds(300),
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try script(text, environment: environment, timeout: timeout)
        #expect(outcome.code == 0, "\(outcome.summary)", sourceLocation: sourceLocation)
    }

    /// Where the scripts beside this file are.
    static let tools = "\(Machine.repository)/Tests/PeerTests/Images"
}
