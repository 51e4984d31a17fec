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
    /// Adds what `-p` says.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`.
    public mutating func publish(_ text: String) throws(EngineError) {
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
                let address = binding.hostIP.contains(":") ? "[\(binding.hostIP)]" : binding.hostIP
                do throws(NetworkingError) {
                    result += try PortWish.parse("\(address):\(binding.hostPort):\(port)")
                } catch {
                    throw EngineError(.invalidInput, error.description)
                }
            }
        }
        // Those that leave no choice first, so that nobody else's choice takes them away.
        return result.sorted { left, right in
            let choices = (left.hostPorts?.count ?? 65_536, right.hostPorts?.count ?? 65_536)
            return choices.0 != choices.1
                ? choices.0 < choices.1
                : (left.containerPort, left.transport.rawValue, left.hostPorts?.lowerBound ?? 0)
                    < (right.containerPort, right.transport.rawValue, right.hostPorts?.lowerBound ?? 0)
        }
    }
}
