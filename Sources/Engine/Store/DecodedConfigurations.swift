internal import Synchronization

/// Containers' configurations by the texts in which the store keeps them: a command asks for the same ones several times, and taking
/// them apart takes longer than reading them.
final class DecodedConfigurations: Sendable {
    typealias Pair = (container: ContainerConfiguration, host: HostConfiguration)

    private struct Texts: Hashable {
        var container: String
        var host: String
    }

    private let known = Mutex<[Texts: Pair]>([:])
    /// How many are kept at most.
    private static let most = 32

    /// The configurations that these texts are.
    ///
    /// - Throws: `EngineError` of kind `fault` if they are none.
    func pair(_ container: String, _ host: String) throws -> Pair {
        let texts = Texts(container: container, host: host)
        if let pair = known.withLock({ $0[texts] }) { return pair }
        let pair = (try ContainerConfiguration(stored: container), try HostConfiguration(stored: host))
        known.withLock {
            if $0.count >= Self.most { $0 = [:] }
            $0[texts] = pair
        }
        return pair
    }
}
