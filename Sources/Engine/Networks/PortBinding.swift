internal import Netlink
internal import Networking

/// Where on the host a container's port is reached: Docker's object.
public struct PortBinding: Codable, Equatable, Sendable {
    /// Empty for all addresses.
    public var hostIP: String
    /// A number, a range of which any will do, or empty for Brig's choice.
    public var hostPort: String

    public init(hostIP: String = "", hostPort: String = "") {
        self.hostIP = hostIP
        self.hostPort = hostPort
    }

    enum CodingKeys: String, CodingKey {
        case hostIP = "HostIp"
        case hostPort = "HostPort"
    }
}

extension ContainerRequest {
    /// The short form of `published=8080,target=80,protocol=tcp`.
    private static func shortForm(_ text: String) throws(EngineError) -> String {
        var fields = ["published": "", "target": "", "protocol": "tcp", "mode": "ingress"]
        for field in text.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = halves[0].lowercased()
            guard halves.count == 2, fields[key] != nil else {
                throw EngineError(.invalidInput, "invalid field \(quotedForError(String(field))) of a published port")
            }
            fields[key] = String(halves[1])
        }
        let number = { (key: String) in PortWish.range(fields[key] ?? "").map { $0.count == 1 } ?? false }
        guard number("target"), fields["published"] == "" || number("published"),
            ["ingress", "host"].contains(fields["mode"])
        else { throw EngineError(.invalidInput, "invalid published port: \(quotedForError(text))") }
        return "\(fields["published"] ?? ""):\(fields["target"] ?? "")/\(fields["protocol"] ?? "")"
    }

    /// Adds what `-p` says.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`.
    public mutating func publish(_ text: String) throws(EngineError) {
        let text = text.contains("=") ? try Self.shortForm(text) : text
        do throws(NetworkingError) {
            for wish in try PortWish.parse(text) {
                let ports = wish.hostPorts.map {
                    $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
                }
                let port = "\(wish.containerPort)/\(wish.transport.rawValue)"
                configuration.exposedPorts[port] = [:]
                host.portBindings[port, default: []].append(
                    PortBinding(hostIP: wish.hostAddress?.description ?? "", hostPort: ports ?? ""))
            }
        } catch {
            throw EngineError(.invalidInput, error.description)
        }
    }

    /// Adds what `--expose` says: `PORT[-PORT][/PROTOCOL]`.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`.
    public mutating func expose(_ text: String) throws(EngineError) {
        guard !text.contains(":") else {
            throw EngineError(.invalidInput, "invalid port format for --expose: \(quotedForError(text))")
        }
        do throws(NetworkingError) {
            for wish in try PortWish.parse(text) {
                configuration.exposedPorts["\(wish.containerPort)/\(wish.transport.rawValue)"] = [:]
            }
        } catch {
            throw EngineError(.invalidInput, error.description)
        }
    }
}

extension HostConfiguration {
    /// The ports as checked values, in order.
    func portWishes() throws(EngineError) -> [PortWish] {
        var result: [PortWish] = []
        for (port, bindings) in portBindings {
            for binding in bindings {
                if binding.hostIP.isEmpty, let wish = PortWish(plain: port, at: binding.hostPort) {
                    result.append(wish)
                    continue
                }
                let address = binding.hostIP.contains(":") ? "[\(binding.hostIP)]" : binding.hostIP
                do throws(NetworkingError) {
                    result += try PortWish.parse("\(address):\(binding.hostPort):\(port)")
                } catch {
                    throw EngineError(.invalidInput, error.description)
                }
            }
        }
        // Those that leave no choice first, so that nobody else's choice takes them away.
        return result.map { ($0.rank, $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
}

extension PortWish {
    /// Its place among others: the number of choices, then the container's port, the protocol's name and the host's port.
    fileprivate var rank: UInt64 {
        let choices = UInt64(hostPorts?.count ?? 65_536)
        let name: UInt64 =
            switch transport {
            case .sctp: 0
            case .tcp: 1
            case .udp: 2
            }
        return choices << 40 | UInt64(containerPort) << 24 | name << 16 | UInt64(hostPorts?.lowerBound ?? 0)
    }
}
