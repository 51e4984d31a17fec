internal import Archive
internal import Engine

/// How far each service of an `up` is, for the threads that bring them up.
///
/// Unchecked: the fields are touched under the turnstile's lock only.
final class ServiceTable: @unchecked Sendable {
    enum Outcome: Sendable {
        case done
        case failed(StartFailure)
    }

    private let turnstile = Turnstile()
    private var outcomes: [String: Outcome] = [:]
    private var made: [(id: String, isNew: Bool)] = []
    private var isCancelled = false

    func set(_ service: String, _ outcome: Outcome) {
        turnstile.locked {
            outcomes[service] = outcome
            if case .failed = outcome { isCancelled = true }
            turnstile.wakeAll()
        }
    }

    /// Waits until a service is done with.
    func outcome(of service: String) -> Outcome {
        turnstile.locked {
            while true {
                if let outcome = outcomes[service] { return outcome }
                turnstile.wait()
            }
        }
    }

    /// Whether a service has failed, so that the others need not go on.
    var hasFailed: Bool { turnstile.locked { isCancelled } }

    func add(_ id: String) { turnstile.locked { made.append((id, true)) } }

    /// The containers that were made and did not replace others, the latest first.
    var newContainers: [String] { turnstile.locked { made.map(\.id).reversed() } }

    var failures: [StartFailure] {
        turnstile.locked {
            outcomes.sorted { $0.key < $1.key }.compactMap {
                if case .failed(let failure) = $0.value { return failure }
                return nil
            }
        }
    }
}

/// Why a service is not up: itself, or a service that it waits for.
struct StartFailure: Error, Sendable {
    /// The service that is the reason.
    let culprit: String
    let message: String
    /// The last lines that the culprit put out.
    var lines: [String] = []
    /// Those that waited for the culprit, from it to the service whose failure this is.
    var waiting: [String] = []
    /// Given up only because another service failed.
    var isConsequence = false

    /// The same for a service that waits for the one that failed so.
    func passed(to service: String) -> StartFailure {
        var result = self
        result.waiting.append(service)
        return result
    }
}
