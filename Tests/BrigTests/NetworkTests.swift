import LinuxKernel
import Testing

/// The built `brig` in a network namespace that is its host, with another one outside. The machine's own links and rules are
/// not touched.
@Suite(.drivesBrig(with: "ip", "nft", "unshare")) struct NetworkTests {
    @Test("traffic, ports, wrong options, and rules that somebody took away")
    func traffic() throws { try check("networks.sh", Self.expected) }

    @Test("names, and networks and ports of containers that run")
    func names() throws { try check("names.sh", Self.expectedNames) }

    /// Compares what a script prints with what is expected, line by line.
    private func check(_ script: String, _ expected: String) throws {
        let fixture = try BrigFixture()
        let directory = String(#filePath[..<(#filePath.lastIndex(of: "/") ?? #filePath.endIndex)])
        let result = try BrigFixture.run(
            "/usr/bin/unshare",
            [
                "-n", "sh", "\(directory)/\(script)", BrigFixture.products + "/brig", "--root",
                fixture.directory + "/root", "--run-root", fixture.directory + "/run",
            ], limit: .seconds(600))
        let facts = result.output.split(separator: "\n").map(String.init)
        let wanted = expected.split(separator: "\n").map(String.init)
        for (fact, wanted) in zip(facts, wanted) { #expect(trimmed(fact) == trimmed(wanted)) }
        #expect(facts.count == wanted.count, "\(result.errors)")
    }

    private func trimmed(_ text: String) -> String {
        var rest = text[...]
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }

    private static let expected = """
        overlapping subnet: brig: subnet 10.77.0.128/25 overlaps with 10.77.0.0/24, which is in use on this host
        from outside: root:x:0:
        by loopback: root:x:0:
        by the host's address: root:x:0:
        hairpin: root:x:0:
        hairpin by the gateway: root:x:0:
        hairpin without br_netfilter: root:x:0:
        one address: root:x:0:
        one address from outside: nobody
        addresses: 172.17.0.2 10.77.0.9 fd77::2 10.78.0.2 02:00:00:00:00:09
        host to container: root:x:0:
        host to container, version 6: root:x:0:
        between networks: nobody
        between networks by a published port: root:x:0:
        routed from outside: nobody
        to the outside: answered
        internal to the outside: nobody
        internal from outside: nobody
        client seen by the container: 192.0.2.2
        client seen outside: 192.0.2.1
        loopback of the host: nobody
        ps: dark 80/tcp;six 127.0.0.1:8081->80/tcp;web 0.0.0.0:8080->80/tcp, 0.0.0.0:7000-7199->7000-7199/udp;
        port: 0.0.0.0:8080; 0.0.0.0:7100; brig: no public port '81/tcp' published for web
        shared namespace: net:[same] same
        host's namespace: same
        hosts: 1.2.3.4 a;172.17.0.1 b;172.17.0.2 w ID web;172.17.0.3 me.example.org me;
        resolv: nameserver 192.0.2.53;search example.org;options ndots:3;
        published at random: 81/tcp -> 0.0.0.0:PORT
        any of a range: 0.0.0.0:8082
        run --ip 172.17.0.5: brig: user specified IP address is supported on user defined networks only
        run --network second --ip 10.78.0.5: brig: no configured subnet of network second contains the IP address 10.78.0.5
        run --network second --ip 10.77.0.9: brig: address 10.77.0.9 is already in use on network second
         (made)
        run -p 8080:80: brig: port 0.0.0.0:8080/tcp is in use by container web
         (made)
        run -p 1:2:3:4: brig: invalid port "1:2:3:4": write ADDRESS:HOST:CONTAINER
        run -p 80/sctp: brig: SCTP ports cannot be published: use tcp or udp
        run --network nowhere: brig: network nowhere not found
        run --network container:nobody: brig: no such container: nobody
        run --network container:web -p 1:1: brig: conflicting options: port publishing and the container type network mode
        run --network host --ip 1.2.3.4: brig: conflicting options: --ip, --ip6, --mac-address, --network-alias and network mode host
        run --network-alias x: brig: network-scoped alias is supported only for containers in user defined networks
        run -p [::1]:99:80: brig: port 80/tcp: the network has no addresses of the version of ::1
         (made)
        port of a program: brig: port 0.0.0.0:8090/tcp is in use by busybox (pid)
        one of many of a program: brig: port 0.0.0.0:8090/tcp is in use by busybox (pid)
        many beside a program: fine
        check: fine
        flushed: 5 problems
        after the flush: nobody
        repaired: fine
        after the repair: root:x:0:
        the next start: brig: the packet rules were not as they must be (table is missing): put back
        the next start repairs: fine
        in use: brig: network second has active endpoints: six
        links: 0
        elements: 0
        networks: bridge host none
        bridges: 1
        tables of others: 1
        """

    private static let expectedNames = """
        resolv: nameserver 127.0.0.11;options ndots:0;
        default bridge: 0
        name: 10.77.0.20 fd77::3
        in capitals: 10.77.0.20 fd77::3
        alias: 10.77.0.2 fd77::2
        shared alias: 10.77.0.2 10.77.0.20 fd77::2 fd77::3
        version 6: fd77::2
        pointer: 20.0.77.10.in-addr.arpa name = api.back
        of another network: can't find web: SERVFAIL can't find web: SERVFAIL
        link: 10.77.0.2 fd77::2
        link of somebody else: 203.0.113.9
        outside: 203.0.113.9
        outside from an internal network: can't find example.org: SERVFAIL can't find example.org: SERVFAIL
        joined while running: 10.78.0.3
        second address: inet 10.78.0.3/24; 1
        joined twice: brig: endpoint with name web already exists in network front
        left while running: 203.0.113.9 ; 0; default via 10.78.0.1 dev eth1
        not there: brig: container web is not connected to network back
        from the default bridge: 10.77.0.20 fd77::3 ; 1
        and back: 0
        port added: 80/tcp -> 0.0.0.0:8080;80/tcp -> [::]:8080;
        port taken: brig: port 0.0.0.0:8080/tcp is in use by container web
        port removed:  0
        name server: 1 65534  0000000000000000 1
        without name server: the name server of user-defined networks is missing
        repaired: fine
        after the repair: 10.77.0.20 fd77::3
        stopped: 203.0.113.9
        prune: Deleted Networks: unused
        filtered: back
        name servers without their socket: 0
        name servers left: 0
        links: 0
        """
}
