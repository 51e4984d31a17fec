internal import GRDB
internal import LinuxKernel
internal import Netlink
internal import Networking
internal import OCISpec

extension Store {
    /// All networks, by name.
    func networks() throws(EngineError) -> [NetworkRecord] { try read(networks) }

    func networks(_ database: Database) throws -> [NetworkRecord] {
        try Row.all(database, sql: "SELECT \(NetworkRecord.columns) FROM networks ORDER BY name")
            .map(NetworkRecord.init)
    }

    /// The network of this name or identifier, or the one whose identifier alone begins so.
    ///
    /// - Throws: `EngineError` of kind `notFound`.
    func network(_ reference: String) throws(EngineError) -> NetworkRecord {
        let all = try networks()
        if let exact = all.first(where: { $0.name.text == reference || $0.id.text == reference }) { return exact }
        let begun = reference.isEmpty ? [] : all.filter { $0.id.text.hasPrefix(reference) }
        guard let first = begun.first else {
            throw EngineError(.notFound, "network \(quotedForError(reference)) not found")
        }
        guard begun.count == 1 else {
            throw EngineError(
                .invalidInput, "several networks begin with \(quotedForError(reference)): give more digits")
        }
        return first
    }

    func insert(_ database: Database, _ network: NetworkRecord) throws {
        try database.run(
            sql: "INSERT INTO networks (\(NetworkRecord.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                network.id.text, network.name.text, network.created.nanosecondsSince1970, network.driver.rawValue,
                network.link?.text, network.isInternal ? 1 : 0, network.subnet4?.description,
                network.subnet6?.description, try network.settings.storedText(),
            ])
    }

    /// - Throws: `EngineError` of kind `conflict` while a running container is in it.
    func removeNetwork(_ network: NetworkRecord) throws(EngineError) {
        try write(freeing: true) { database in
            let users = try String.all(
                database,
                sql: """
                    SELECT coalesce(containers.name, 'a build') FROM endpoints
                    LEFT JOIN containers ON containers.id = container_id
                    WHERE network_id = ? ORDER BY 1
                    """, arguments: [network.id.text])
            guard users.isEmpty else {
                throw EngineError(
                    .conflict,
                    "network \(network.name) has active endpoints: \(users.prefix(5).joined(separator: ", "))"
                        + (users.count > 5 ? " and \(users.count - 5) more" : ""))
            }
            try database.run(sql: "DELETE FROM networks WHERE id = ?", arguments: [network.id.text])
        }
    }
}

// Which networks a container is to be in.
extension Store {
    func connections(of container: Identifier) throws(EngineError) -> [NetworkWish] {
        try ask { try connections($0, of: container) }
    }

    func connections(_ database: Database, of container: Identifier) throws -> [NetworkWish] {
        try Row.all(
            database, sql: "SELECT network, settings FROM connections WHERE container_id = ? ORDER BY position",
            arguments: [container.text]
        ).map {
            NetworkWish(
                network: try $0.text("network"), settings: try ConnectionSettings(stored: try $0.text("settings")))
        }
    }

    func insert(_ database: Database, _ wishes: [NetworkWish], for container: Identifier) throws {
        let last = try Int.one(
            database, sql: "SELECT max(position) FROM connections WHERE container_id = ?", arguments: [container.text])
        for (place, wish) in wishes.enumerated() {
            try database.run(
                sql:
                    "INSERT OR REPLACE INTO connections (container_id, position, network, settings) VALUES (?, ?, ?, ?)",
                arguments: [container.text, (last ?? -1) + 1 + place, wish.network, try wish.settings.storedText()])
        }
    }

    /// The names of networks that a container is to be in, whether it runs or not.
    func usedNetworks() throws(EngineError) -> Set<String> {
        try ask { Set(try String.all($0, sql: "SELECT DISTINCT network FROM connections")) }
    }

    func removeConnection(_ database: Database, of container: Identifier, to network: String) throws {
        try database.run(
            sql: "DELETE FROM connections WHERE container_id = ? AND network = ?", arguments: [container.text, network])
    }
}

// Where running containers are.
extension Store {
    func endpoints(in network: Identifier) throws(EngineError) -> [EndpointRecord] {
        try ask { try endpoints($0, "network_id = ?", [network.text]) }
    }

    /// In the order of their interfaces.
    func endpoints(of container: Identifier) throws(EngineError) -> [EndpointRecord] {
        try ask { try endpoints($0, "container_id = ?", [container.text]) }
    }

    func endpoints() throws(EngineError) -> [EndpointRecord] { try ask { try endpoints($0, "1", []) } }

    func endpoints(
        _ database: Database, _ condition: String, _ arguments: StatementArguments
    ) throws -> [EndpointRecord] {
        try Row.all(
            database, sql: "SELECT * FROM endpoints WHERE \(condition) ORDER BY interface", arguments: arguments
        ).map(EndpointRecord.init)
    }

    /// All endpoints with the names of their containers, by the names of their networks.
    func namedEndpoints() throws(EngineError) -> [(endpoint: EndpointRecord, name: String, names: EndpointNames)] {
        try ask { database in
            try Row.all(
                database,
                sql: """
                    SELECT endpoints.*, containers.name AS owner FROM endpoints
                    JOIN containers ON containers.id = container_id JOIN networks ON networks.id = network_id
                    ORDER BY networks.name, containers.created
                    """
            ).map { (try EndpointRecord($0), try $0.text("owner"), try EndpointNames(stored: try $0.text("names"))) }
        }
    }

    func insert(
        _ database: Database, _ endpoint: EndpointRecord, _ names: EndpointNames
    ) throws {
        try database.run(
            sql: """
                INSERT INTO endpoints
                    (id, container_id, network_id, interface, address4, address6, hardware_address, host_link, names)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                endpoint.id.text, endpoint.container.text, endpoint.network.text, endpoint.interface.text,
                endpoint.address4?.description, endpoint.address6?.description, endpoint.hardwareAddress.description,
                endpoint.hostLink?.text, try names.storedText(),
            ])
    }

    /// The addresses that containers of a network have.
    func leases(_ database: Database, in network: Identifier) throws -> Set<IPAddress> {
        var result: Set<IPAddress> = []
        let rows = try Row.fetchCursor(
            database, sql: "SELECT address4, address6 FROM endpoints WHERE network_id = ?", arguments: [network.text])
        while let row = try rows.next() {
            for column in [0, 1] {
                let text = String.fromDatabaseValue(row[column] as DatabaseValue)
                if let address = text.flatMap({ IPAddress($0) }) { result.insert(address) }
            }
        }
        return result
    }

    /// Containers that hold a place in a network though they are not known to run: being started at this moment, or left
    /// by a command that was killed.
    func waitingEndpoints() throws(EngineError) -> [Identifier] {
        try ask { database in
            try String.all(
                database,
                sql: """
                    SELECT DISTINCT container_id FROM endpoints JOIN containers ON containers.id = container_id
                    WHERE phase NOT IN ('running', 'paused')
                    """
            ).compactMap { Identifier($0) }
        }
    }

    func removeEndpoint(_ database: Database, _ endpoint: EndpointRecord) throws {
        try database.run(sql: "DELETE FROM endpoints WHERE id = ?", arguments: [endpoint.id.text])
    }

    /// Forgets a container's places in its networks and its ports.
    func removeEndpoints(of container: Identifier) throws(EngineError) {
        try write(freeing: true) { database in
            try database.run(sql: "DELETE FROM ports WHERE container_id = ?", arguments: [container.text])
            try database.run(sql: "DELETE FROM endpoints WHERE container_id = ?", arguments: [container.text])
        }
    }
}

// What of the host leads to running containers.
extension Store {
    private static let order = "ORDER BY container_port, transport, host_address, host_port"

    /// All published ports by container.
    func ports() throws(EngineError) -> [Identifier: [PublishedPort]] {
        try read { database in
            var result: [Identifier: [PublishedPort]] = [:]
            for row in try Row.all(database, sql: "SELECT * FROM ports \(Self.order)") {
                guard let id = Identifier(try row.text("container_id")) else { continue }
                result[id, default: []].append(try PublishedPort(row))
            }
            return result
        }
    }

    /// The ports that containers say they listen on, by container: only of those that have a network of their own.
    func exposedPorts() throws(EngineError) -> [Identifier: [String]] {
        try read { database in
            var result: [Identifier: [String]] = [:]
            // Of a thousand documents SQLite takes a member faster than we take them apart.
            let rows = try Row.all(
                database,
                sql: """
                    SELECT containers.id AS id, ports.key AS port FROM containers,
                        json_each(iif(json_valid(config), config, '{}'), '$.ExposedPorts') AS ports
                    WHERE phase IN ('starting', 'running') AND containers.id IN (SELECT container_id FROM endpoints)
                    AND config LIKE '%"ExposedPorts":{"%'
                    ORDER BY 1, CAST(ports.key AS INTEGER), 2
                    """)
            for row in rows {
                guard let id = Identifier(try row.text("id")) else { continue }
                result[id, default: []].append(try row.text("port"))
            }
            return result
        }
    }

    func ports(of container: Identifier) throws(EngineError) -> [PublishedPort] {
        try ask { database in
            try Row.all(
                database, sql: "SELECT * FROM ports WHERE container_id = ? \(Self.order)", arguments: [container.text]
            ).map(PublishedPort.init)
        }
    }

    /// Those of the range with the names of their containers.
    func ports(
        _ database: Database, _ transport: TransportProtocol, _ range: ClosedRange<UInt16>
    ) throws -> [(PublishedPort, String)] {
        try Row.all(
            database,
            sql: """
                SELECT ports.*, containers.name AS holder FROM ports JOIN containers ON containers.id = container_id
                WHERE transport = ? AND host_port BETWEEN ? AND ?
                """, arguments: [transport.rawValue, Int64(range.lowerBound), Int64(range.upperBound)]
        ).map { (try PublishedPort($0), try $0.text("holder")) }
    }

    func insert(_ database: Database, _ ports: [PublishedPort], for container: Identifier) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO ports (container_id, host_address, host_port, transport, container_address, container_port)
                VALUES (?, ?, ?, ?, ?, ?)
                """)
        for port in ports {
            try statement.execute(arguments: [
                container.text, port.hostAddressText, Int64(port.hostPort), port.transport.rawValue,
                port.containerAddress.description, Int64(port.containerPort),
            ])
        }
    }

    func remove(_ database: Database, _ ports: [PublishedPort], of container: Identifier) throws {
        for port in ports {
            try database.run(
                sql: """
                    DELETE FROM ports WHERE container_id = ? AND transport = ? AND host_port = ? AND host_address = ?
                    """,
                arguments: [container.text, port.transport.rawValue, Int64(port.hostPort), port.hostAddressText])
        }
    }

    /// Writes a container's configurations anew.
    func rewrite(_ database: Database, _ id: Identifier, _ request: ContainerRequest) throws {
        try database.run(
            sql: "UPDATE containers SET config = ?, host_config = ? WHERE id = ?",
            arguments: [try request.configuration.storedText(), try request.host.storedText(), id.text])
    }
}
