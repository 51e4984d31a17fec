import LinuxKernel
import Netlink
import Testing

@testable import Anatomy

/// What other engines' processes say of the containers that they look after.
@Suite struct SupervisorTests {
    @Test("Docker's and containerd's shims name engine and identifier")
    func shims() throws {
        let words = ["/usr/bin/containerd-shim-runc-v2", "-namespace", "moby", "-id", "abc", "-address", "/run/x.sock"]
        let docker = try #require(SupervisorWords(name: "containerd-shim", words))
        #expect(docker.engine == "docker" && docker.identifier == "abc" && docker.name == nil)
        for (space, engine) in [("k8s.io", "kubernetes"), ("default", "containerd")] {
            let other = SupervisorWords(name: "containerd-shim", ["shim", "-namespace", space, "-id", "abc"])
            #expect(other?.engine == engine)
        }
        #expect(SupervisorWords(name: "containerd-shim", ["shim", "-id", "abc"]) == nil)
        #expect(SupervisorWords(name: "containerd-shim", ["shim", "-id"]) == nil)
        #expect(SupervisorWords(name: "bash", words) == nil)
    }

    @Test("conmon names the container, and not the sessions within it")
    func conmon() throws {
        let words = [
            "/usr/bin/conmon", "--api-version", "1", "-c", "abc", "-u", "abc", "-n", "web", "--exit-dir",
            "/run/libpod/exits", "--exit-command", "/usr/bin/podman", "--exit-command-arg", "container",
        ]
        let podman = try #require(SupervisorWords(name: "conmon", words))
        #expect(podman.engine == "podman" && podman.identifier == "abc" && podman.name == "web")
        #expect(SupervisorWords(name: "conmon", words + ["-e"]) == nil)
        let crio = SupervisorWords(name: "conmon", ["conmon", "-c", "abc", "--exit-dir=/var/run/crio/exits"])
        #expect(crio?.engine == "cri-o")
        #expect(SupervisorWords(name: "conmon", [])?.engine == "conmon")
    }

    @Test(
        "identifiers at the ends of cgroups' paths",
        arguments: [
            ("/docker/ID", true), ("/system.slice/docker-ID.scope", true),
            ("/kubepods/pod1/cri-containerd-ID.scope", true),
            ("/a/ID/b", false), ("/", false), ("", false), ("/docker/IDx", false), ("/docker/1234", false),
        ])
    func identifiers(path: String, isOne: Bool) {
        let identifier = String(repeating: "0123456789abcdef", count: 4)
        let found = SupervisedContainer.identifier(inCgroup: path.replacing("ID", with: identifier))
        #expect(found == (isOne ? identifier : nil))
    }

    @Test("a rule and a program for the same port are one port; others' addresses are nobody's")
    func published() throws {
        let own: Set = [try #require(IPAddress("172.17.0.2"))]
        var rule = DestinationRule.sample
        let words = [
            "/usr/sbin/docker-proxy", "-proto", "tcp", "-host-ip", "0.0.0.0", "-host-port", "8080", "-container-ip",
            "172.17.0.2", "-container-port", "80",
        ]
        let ports = [PublishedPort(rule, to: own), PublishedPort(proxy: 77, words, to: own)].compactMap { $0 }
        let merged = PublishedPort.merged(ports)
        #expect(merged.count == 1 && ports.count == 2)
        let port = try #require(merged.first)
        #expect(port.transport == "tcp" && port.hostAddress == "0.0.0.0" && port.insidePort == 80)
        #expect(port.shownPorts == "port 8080")
        #expect(port.by == ["rule 9 of chain DOCKER, table ip nat", "docker-proxy (77)"])
        #expect(port.evidence.count == 2)
        rule.target = try #require(IPAddress("172.17.0.3"))
        #expect(PublishedPort(rule, to: own) == nil)
        #expect(PublishedPort(proxy: 77, words.map { $0 == "172.17.0.2" ? "172.17.0.9" : $0 }, to: own) == nil)
        for count in 0..<words.count { _ = PublishedPort(proxy: 77, Array(words.prefix(count)), to: own) }
        rule.ports = nil
        rule.target = try #require(IPAddress("172.17.0.2"))
        #expect(PublishedPort(rule, to: own)?.shownPorts == "every port")
    }

    @Test("only the sockets that a process has are its own")
    func sockets() {
        let text = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0
               1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4712 1 0
            """
        #expect(NetworkView.ListeningPort.list(text, transport: "tcp").count == 2)
        #expect(NetworkView.ListeningPort.list(text, transport: "tcp", of: [4711]).map(\.port) == [8080])
        #expect(NetworkView.ListeningPort.list(text, transport: "tcp", of: []).isEmpty)
    }
}

extension DestinationRule {
    /// Docker's for `-p 8080:80`.
    fileprivate static var sample: DestinationRule {
        DestinationRule(
            family: .ip4, table: "nat", chain: "DOCKER", handle: 9, transport: 6, ports: 8080...8080,
            target: .version4(0xac11_0002), targetPort: 80)
    }
}
