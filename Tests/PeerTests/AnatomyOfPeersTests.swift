import Foundation
import TestSupport
import Testing

extension Peers {
    /// `brig anatomy` looks at what others run as at its own: beside independent readings of the same process.
    @Suite(
        "Anatomy of others' containers",
        .enabled(
            if: Machine.has("jq", "lsns", "findmnt", "capsh", "ip", "nsenter")
                && FileManager.default.isExecutableFile(atPath: ImagePlace.brig),
            "needs jq, util-linux, libcap2-bin, iproute2 and `make build`"))
    struct AnatomyOfPeersTests {
        @Test("Podman's", .enabled(if: Machine.has("podman", "conmon"), "needs podman and conmon"))
        func podman() throws {
            try withPodman { host in
                expect(try host.run("-d", "--name", "seen", "-m", "64m", "box", "/bin/sleep", "100000"))
                try compare(host.place, try host.inspect("seen", ".State.Pid"), "podman")
            }
        }

        @Test(
            "Docker's, with runc",
            .enabled(if: Machine.has("dockerd", "docker", "containerd"), "needs docker.io"),
            .enabled(if: !Machine.isSlow, "the virtual machine is slow"))
        func docker() throws {
            let host = try DockerHost()
            var failure: (any Error)?
            do {
                expect(
                    try host.run(
                        "-d", "--runtime", "runc", "--name", "seen", "-m", "64m", "box", "/bin/sleep", "100000"))
                try compare(host.place, try host.inspect("seen", "{{.State.Pid}}"), "docker")
            } catch { failure = error }
            let left = host.close()
            if let failure { throw failure }
            #expect(left.isEmpty, "left behind: \(left)")
        }

        /// Also whose container it is, and its name: both lie in control groups of the test's own choice.
        private func compare(_ place: PeerPlace, _ pid: String, _ engine: String) throws {
            let script = "\(Machine.repository)/Tests/BrigTests/compare-anatomy.sh"
            let asked = ["/bin/sh", script, "\(place.directory)/anatomy.json", pid, ImagePlace.brig]
            var answer = try place.run(asked)
            // Others mount and connect on this machine meanwhile: what is really different stays so.
            for _ in 0..<20 where answer.output != "" { answer = try place.run(asked) }
            expect(answer)
            #expect(answer.output == "")
            expect(
                try place.run([ImagePlace.brig, "anatomy", pid]), "container \(engine):seen, ", "made by \(engine)",
                "64 MiB")
            expect(
                try place.run([ImagePlace.brig, "lsns", "-n", "-t", "pid", "-p", pid, "-o", "CONTAINER"]),
                "\(engine):seen")
            expect(try place.run([ImagePlace.brig, "pstree", "-A", pid]), "sleep[\(engine):seen]")
        }
    }
}
