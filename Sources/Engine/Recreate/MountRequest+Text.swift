extension MountRequest {
    /// The request in the form of `--mount`.
    var text: String {
        var fields = ["type=\(type.rawValue)"]
        if !source.isEmpty { fields.append("source=\(source)") }
        fields.append("target=\(target)")
        if readOnly { fields.append("readonly") }
        if let bind {
            if !bind.propagation.isEmpty { fields.append("bind-propagation=\(bind.propagation)") }
            if bind.nonRecursive { fields.append("bind-nonrecursive") }
            if bind.createMountpoint { fields.append("bind-create-src") }
            if bind.readOnlyNonRecursive { fields.append("bind-recursive=writable") }
            if bind.readOnlyForceRecursive { fields.append("bind-recursive=readonly") }
            let owners = [("uids", bind.uidMappings), ("gids", bind.gidMappings)].compactMap { name, list in
                list.map { "\(name)=\($0)" }
            }
            if !owners.isEmpty { fields.append("idmap=\(owners.joined(separator: ";"))") }
        }
        if let volume {
            if volume.noCopy { fields.append("volume-nocopy") }
            if !volume.subpath.isEmpty { fields.append("volume-subpath=\(volume.subpath)") }
            for (key, value) in volume.labels.sorted(by: { $0.key < $1.key }) {
                fields.append("volume-label=\(key)=\(value)")
            }
            for (key, value) in (volume.driver?.options ?? [:]).sorted(by: { $0.key < $1.key }) {
                fields.append("volume-opt=\(key)=\(value)")
            }
        }
        if let image, !image.subpath.isEmpty { fields.append("image-subpath=\(image.subpath)") }
        if let tmpfs {
            if tmpfs.sizeBytes > 0 { fields.append("tmpfs-size=\(tmpfs.sizeBytes)") }
            if tmpfs.mode > 0 { fields.append("tmpfs-mode=\(String(tmpfs.mode, radix: 8))") }
        }
        return fields.map(Self.quoted).joined(separator: ",")
    }

    /// A field of a line of comma-separated values.
    private static func quoted(_ field: String) -> String {
        guard field.contains(where: { ",\"".contains($0) }) else { return field }
        return "\"\(field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }
}
