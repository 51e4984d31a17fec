/// The target of the `next` relation in a `Link` field (RFC 8288), as registries page their lists.
enum LinkField {
    static func next(_ field: String) -> String? {
        guard var scanner = FieldScanner(field) else { return nil }
        while !scanner.isAtEnd {
            scanner.skipSpace()
            if scanner.take(",") { continue }
            guard scanner.take("<"), let target = scanner.run(where: { $0 != UInt8(ascii: ">") }), scanner.take(">")
            else { return nil }
            var isNext = false
            scanner.skipSpace()
            while scanner.take(";") {
                scanner.skipSpace()
                guard let name = scanner.token() else { continue }
                scanner.skipSpace()
                guard scanner.take("=") else { continue }
                scanner.skipSpace()
                guard let value = scanner.value() else { return nil }
                if name.lowercased() == "rel" {
                    isNext = isNext || value.lowercased().split(separator: " ").contains("next")
                }
                scanner.skipSpace()
            }
            if isNext { return target }
            guard scanner.isAtEnd || scanner.next == UInt8(ascii: ",") else { return nil }
        }
        return nil
    }
}
