internal import LinuxKernel

/// Whether programs of another machine run on this one: the kernel hands them to an interpreter that it was told of.
///
/// Source: the kernel's Documentation/admin-guide/binfmt-misc.rst.
enum Emulation {
    /// `e_machine` of ELF files, elf(5).
    private static let machines: [String: UInt16] = [
        "386": 3, "amd64": 62, "arm": 40, "arm64": 183, "ppc64le": 21, "s390x": 22, "riscv64": 243, "mips64le": 8,
        "mipsle": 8, "loong64": 258,
    ]
    private static let directory = "/proc/sys/fs/binfmt_misc"

    /// What to do so that programs of a platform run here, for a step that has failed.
    ///
    /// - Returns: `nil` if they do, as far as the kernel can tell.
    static func advice(for platform: BuildPlatform, on host: BuildPlatform) -> String? {
        let own = [host.architecture, host.architecture == "amd64" ? "386" : "arm"]
        guard !own.contains(platform.architecture), let machine = machines[platform.architecture] else { return nil }
        let (needed, install) = (
            "programs for \(platform.text) need an interpreter on this machine",
            "install Debian's qemu-user-static"
        )
        guard let entries = try? OwnedDescriptor(open: directory, [.read, .directory]).entries(), !entries.isEmpty
        else {
            return "\(needed): \(install), and see that binfmt_misc is mounted at \(directory)"
        }
        let found = entries.compactMap { entry in
            (try? readFile("\(directory)/\(entry.name)", limit: 1 << 16)).map { String(decoding: $0, as: UTF8.self) }
        }.filter { handles($0, machine) }
        guard !found.isEmpty else { return "\(needed): \(install)" }
        if found.contains(where: isOpenedInAdvance) { return nil }
        return "\(needed), and the one that there is cannot be seen in a container (no flag F): \(install)"
    }

    /// Whether an entry is enabled, and for ELF files of a machine.
    static func handles(_ entry: String, _ machine: UInt16) -> Bool {
        let lines = entry.split(separator: "\n")
        guard lines.first == "enabled", let magic = lines.first(where: { $0.hasPrefix("magic ") }) else { return false }
        let digits = Array(magic.dropFirst("magic ".count).utf8)
        guard digits.count >= 40, digits.starts(with: "7f454c46".utf8) else { return false }
        let field = String(decoding: digits[36..<40], as: UTF8.self)
        guard let number = UInt16(field, radix: 16) else { return false }
        // 5 is the order of bytes: 1 for the least significant first.
        let isLittle = String(decoding: digits[10..<12], as: UTF8.self) == "01"
        return (isLittle ? number.byteSwapped : number) == machine
    }

    /// `F`: the kernel holds the interpreter since it was told of it.
    static func isOpenedInAdvance(_ entry: String) -> Bool {
        entry.split(separator: "\n").contains { $0.hasPrefix("flags: ") && $0.dropFirst("flags: ".count).contains("F") }
    }
}
