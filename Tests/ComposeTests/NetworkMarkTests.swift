import Engine
import Testing

@testable import Compose

@Suite("The mark of a network")
struct NetworkMarkTests {
    @Test("changes with whatever the file says of it")
    func fields() {
        let plain = NetworkRequest(name: "shop_back")
        let changes: [(inout NetworkRequest) -> Void] = [
            { $0.name = "other" }, { $0.driver = "macvlan" }, { $0.subnets = ["10.0.0.0/24"] },
            { $0.gateways = ["10.0.0.1"] }, { $0.ranges = ["10.0.0.0/25"] },
            { $0.auxiliaryAddresses = ["a": "10.0.0.2"] },
            { $0.isInternal = true }, { $0.hasVersion6 = true }, { $0.isAttachable = true }, { $0.labels = ["q": "1"] },
            { $0.labels = ["q": "2"] }, { $0.options = ["q": "1"] },
        ]
        var marks = [ComposeRunner.hash(of: plain)]
        for change in changes {
            var request = plain
            change(&request)
            marks.append(ComposeRunner.hash(of: request))
        }
        #expect(Set(marks).count == changes.count + 1)
        #expect(ComposeRunner.hash(of: plain) == marks[0])
    }
}
