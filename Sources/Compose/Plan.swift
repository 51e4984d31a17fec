/// What is to be done so that a project's containers are what its files say: decided from what there is, nothing done yet.
package struct Plan: Equatable, Sendable {
    /// One service's part.
    package struct Part: Equatable, Sendable {
        package let service: String
        /// Those that go: too many, or to be made anew.
        package var removals: [Existing] = []
        /// The numbers of those to be made.
        package var creations: [Int] = []
        /// Those that are right but do not run.
        package var starts: [Existing] = []
        /// Those that are right and run.
        package var kept: [Existing] = []
        /// Those that are right and run, but are started again after what they depend on (`depends_on.restart`).
        package var restarts: [Existing] = []
        /// The old container of each number that is made anew.
        package var replaced: [Int: Existing] = [:]

        package var changesNothing: Bool {
            removals.isEmpty && creations.isEmpty && starts.isEmpty && restarts.isEmpty
        }
    }

    /// In the order in which services depend on each other.
    package var parts: [Part] = []
    /// Containers of services that the files no longer have.
    package var orphans: [Existing] = []

    /// What a service is to be.
    package struct Wish: Equatable, Sendable {
        package let service: String
        package let count: Int
        package let hash: String
        /// The identifier of the image; `nil` if it is not known, and then not looked at.
        package let image: String?
        /// The services whose containers' namespaces or volumes it has.
        package let joins: [String]
        /// The services with whose containers its own are started again.
        package let restartsWith: [String]

        package init(
            service: String, count: Int, hash: String, image: String?, joins: [String] = [],
            restartsWith: [String] = []
        ) {
            self.service = service
            self.count = count
            self.hash = hash
            self.image = image
            self.joins = joins
            self.restartsWith = restartsWith
        }
    }

    package enum Recreation: Equatable, Sendable { case changed, always, never }

    /// - Parameters:
    ///   - wishes: In the order in which services depend on each other.
    ///   - known: All services of the files, so that others' containers are orphans.
    ///   - forced: The services that are made anew whatever `recreation` says of others; `nil` for all.
    package init(
        _ wishes: [Wish], existing: [Existing], known: Set<String>, recreation: Recreation = .changed,
        forced: Set<String>? = nil
    ) {
        let regular = existing.filter { !$0.isOneOff }
        var renewed: Set<String> = []
        // Those whose containers are not the same ones, or not in the same life, afterwards.
        var updated: Set<String> = []
        for wish in wishes {
            var part = Part(service: wish.service)
            let own = regular.filter { $0.service == wish.service }.sorted { ($0.number, $0.id) < ($1.number, $1.id) }
            // Those that are right are kept before those that are not, and low numbers before high ones.
            let joinsRenewed = !renewed.isDisjoint(with: wish.joins)
            func isRight(_ container: Existing) -> Bool {
                switch recreation {
                case .never: return true
                case .always where forced?.contains(wish.service) ?? true: return false
                default:
                    return container.hash == wish.hash && !joinsRenewed
                        && (wish.image.map { $0 == container.image } ?? true) && container.status != "dead"
                }
            }
            var numbers: Set<Int> = []
            for (place, container) in own.enumerated() {
                guard place < wish.count, numbers.insert(container.number).inserted, container.number > 0 else {
                    part.removals.append(container)
                    continue
                }
                if isRight(container) {
                    if container.isRunning { part.kept.append(container) } else { part.starts.append(container) }
                } else {
                    part.removals.append(container)
                    part.creations.append(container.number)
                    part.replaced[container.number] = container
                }
            }
            var next = 1
            while part.kept.count + part.starts.count + part.creations.count < wish.count {
                if numbers.insert(next).inserted { part.creations.append(next) }
                next += 1
            }
            part.creations.sort()
            if !part.replaced.isEmpty || !part.creations.isEmpty { renewed.insert(wish.service) }
            if !updated.isDisjoint(with: wish.restartsWith) { swap(&part.kept, &part.restarts) }
            if !part.replaced.isEmpty || !part.restarts.isEmpty { updated.insert(wish.service) }
            parts.append(part)
        }
        orphans = existing.filter { !known.contains($0.service) && !$0.isOneOff }
    }
}
