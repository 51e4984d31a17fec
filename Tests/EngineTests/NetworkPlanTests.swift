import LinuxKernel
import Netlink
import Networking
import Testing

@testable import Engine

@Suite("What a container's options say of networks")
struct NetworkPlanTests {
    func plan(
        _ change: (inout ContainerRequest) throws -> Void
    ) throws -> NetworkPlan {
        var request = ContainerRequest()
        try change(&request)
        return try NetworkPlan(request.configuration, request.host)
    }

    @Test("the default is the default bridge")
    func modes() throws {
        #expect(try plan { _ in }.mode == .network("bridge"))
        #expect(try plan { $0.host.networkMode = "default" }.mode == .network("bridge"))
        #expect(try plan { $0.host.networkMode = "none" }.mode == .none)
        #expect(try plan { $0.host.networkMode = "container:x" }.mode == .container("x"))
        #expect(throws: EngineError.self) { try plan { $0.host.networkMode = "container:" } }
        #expect(throws: EngineError.self) { try plan { $0.host.networkMode = "a b" } }
    }

    @Test("published ports are exposed, too, and those without a choice come first")
    func ports() throws {
        let plan = try plan {
            try $0.publish("80")
            try $0.publish("127.0.0.1:8080-8081:90-91/udp")
            try $0.publish("9000-9009:95")
        }
        #expect(plan.portWishes.map(\.containerPort) == [90, 91, 95, 80])
        #expect(plan.portWishes[0].hostAddress == IPAddress("127.0.0.1"))
        #expect(plan.portWishes[2].hostPorts == 9000...9009)
        #expect(plan.exposedPorts.map(\.text) == ["80/tcp", "90/udp", "91/udp", "95/tcp"])
    }

    @Test("-P takes every exposed port that is not published already; what an image calls a port may be nonsense")
    func publishAll() throws {
        let plan = try plan {
            try $0.publish("8080:80")
            try $0.expose("53/udp")
            $0.configuration.exposedPorts["nonsense"] = [:]
            $0.host.publishAllPorts = true
        }
        #expect(plan.portWishes.map(\.containerPort) == [80, 53])
        #expect(plan.portWishes[1].hostPorts == nil)
        // They mean nothing there, as in Docker.
        #expect(
            try self.plan {
                try $0.publish("8080:80")
                $0.host.networkMode = "host"
            }.portWishes.isEmpty)
    }

    @Test(
        "what cannot be is refused",
        arguments: [
            { $0.host.dns = ["x"] }, { $0.host.dnsSearch = ["a b"] }, { $0.host.dnsOptions = ["a\nb"] },
            { $0.host.extraHosts = ["x"] }, { $0.host.extraHosts = ["x:y"] }, { $0.host.extraHosts = ["a b:1.2.3.4"] },
            { $0.host.links = [":"] }, { try $0.publish("1/sctp") }, { try $0.publish("1:0") },
            { try $0.expose("1:2") },
            {
                $0.host.networkMode = "container:x"
                try $0.publish("1:1")
            },
        ] as [@Sendable (inout ContainerRequest) throws -> Void])
    func refused(_ change: @Sendable (inout ContainerRequest) throws -> Void) {
        #expect(throws: EngineError.self) { try plan(change) }
    }

    @Test("--network with fields")
    func fields() throws {
        let wish = try NetworkWish(
            parsing: "name=a,alias=b,alias=c,ip=10.0.0.1,ip6=fd00::1,mac-address=02:00:00:00:00:01,gw-priority=-1")
        #expect(wish.network == "a")
        #expect(wish.settings.aliases == ["b", "c"])
        let plan = try ConnectionPlan(wish)
        #expect(plan.address4 == IPAddress("10.0.0.1") && plan.address6 == IPAddress("fd00::1"))
        #expect(plan.hardwareAddress?.description == "02:00:00:00:00:01" && plan.gatewayPriority == -1)
        #expect(try NetworkWish(parsing: "container:a=b").network == "container:a=b")
        for wrong in ["alias=b", "name=a,x=y", "name=a,gw-priority=x", "name=a,b"] {
            #expect(throws: EngineError.self) { try NetworkWish(parsing: wrong) }
        }
        for wrong in ["ip=fd00::1", "ip6=10.0.0.1", "mac-address=x", "mac-address=01:00:00:00:00:01", "alias=a b"] {
            #expect(throws: EngineError.self) { try ConnectionPlan(try NetworkWish(parsing: "name=a,\(wrong)")) }
        }
    }

    @Test("the way out is the network of the highest priority, then of the first name; never an internal one")
    func gateway() throws {
        func member(_ name: String, priority: Int = 0, isInternal: Bool = false) throws -> Membership {
            var generator = SystemRandomNumberGenerator()
            var wish = NetworkWish(network: name)
            wish.settings.gatewayPriority = priority
            return Membership(
                network: NetworkRecord(
                    id: .random(using: &generator), name: try NetworkName(name), created: .now, driver: .bridge,
                    link: nil, isInternal: isInternal, subnet4: IPNetwork("10.0.0.1/8"), subnet6: nil, settings: .init()
                ),
                plan: try ConnectionPlan(wish))
        }
        func way(_ members: Membership...) -> String? {
            Membership.gateway(among: members, version4: true)?.network.name.text
        }
        #expect(way(try member("b"), try member("a")) == "a")
        #expect(way(try member("b", priority: 1), try member("a")) == "b")
        #expect(way(try member("b"), try member("a", isInternal: true)) == "b")
        #expect(way(try member("a", isInternal: true)) == nil)
        #expect(Membership.gateway(among: [try member("a")], version4: false) == nil)
    }

    @Test("resolv.conf is read and written")
    func resolvConf() {
        let text = "# x\nnameserver 10.0.0.1\nsearch a b\nnameserver fe80::1%eth0\noptions x y:1\nsortlist z\n"
        let read = ResolverConfiguration(parsing: text)
        #expect(
            read.text == "nameserver 10.0.0.1\nnameserver fe80::1%eth0\nsearch a b\noptions x y:1\nsortlist z\n")
        #expect(ResolverConfiguration(parsing: read.text) == read)
    }
}
