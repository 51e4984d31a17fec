package import Engine

/// A container that belongs to a project.
package struct Existing: Equatable, Sendable {
    package let id: String
    package let name: String
    package let service: String
    package let number: Int
    package let hash: String
    /// The image's identifier.
    package let image: String
    package let isRunning: Bool
    package let status: String
    package let exitCode: Int32
    package let health: String?
    package let isOneOff: Bool
    /// The services that it needed when it was made.
    package let needs: [String]

    package init(
        id: String, name: String, service: String, number: Int, hash: String, image: String, isRunning: Bool,
        status: String = "", exitCode: Int32 = 0, health: String? = nil, isOneOff: Bool = false, needs: [String] = []
    ) {
        self.id = id
        self.name = name
        self.service = service
        self.number = number
        self.hash = hash
        self.image = image
        self.isRunning = isRunning
        self.status = status
        self.exitCode = exitCode
        self.health = health
        self.isOneOff = isOneOff
        self.needs = needs
    }

    package init(_ container: LabelledContainer) {
        self.init(
            id: container.id.text, name: container.name.text, service: container.labels[Label.service] ?? "",
            number: Int(container.labels[Label.number] ?? "") ?? 0, hash: container.labels[Label.hash] ?? "",
            image: container.imageID, isRunning: container.isRunning, status: container.status,
            exitCode: container.exitCode, health: container.health,
            isOneOff: container.labels[Label.oneOff]?.lowercased() == "true",
            // NAME:CONDITION:RESTARTS,...
            needs: (container.labels[Label.dependsOn] ?? "").split(separator: ",").map {
                String($0.prefix { $0 != ":" })
            })
    }
}
