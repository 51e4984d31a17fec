public import OCISpec

/// The kind of machine that an image is wanted for: `linux/amd64`, `linux/arm/v7`.
public struct PlatformRequest: Hashable, Sendable, CustomStringConvertible {
    /// As in GOOS.
    public let os: String
    /// As in GOARCH.
    public let architecture: String
    /// Such as `v7`; `nil` where the architecture has none or its usual one is meant.
    public let variant: String?

    /// A text that names no platform.
    public struct Invalid: Error, Equatable, CustomStringConvertible {
        /// As it was given.
        public let text: String
        public var description: String {
            "invalid platform \(text.debugDescription): it must be OS/ARCHITECTURE[/VARIANT], such as linux/amd64"
        }
    }

    /// Reads `os/architecture[/variant]`, or an architecture alone, which is then one of Linux.
    ///
    /// Source: github.com/containerd/platforms, whose spellings (`x86_64`, `aarch64`, `armhf`) are taken, too.
    public init(_ text: String) throws(Invalid) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { $0.lowercased() }
        guard (1...3).contains(parts.count), parts.allSatisfy(Self.isWord) else { throw Invalid(text: text) }
        if parts.count == 1, parts[0] == "linux" {
            let host = Self.host(machine: "")
            self.init(os: "linux", architecture: host.architecture, variant: host.variant)
            return
        }
        self.init(
            os: parts.count == 1 ? "linux" : parts[0], architecture: parts.count == 1 ? parts[0] : parts[1],
            variant: parts.count == 3 ? parts[2] : nil)
    }

    /// Brings the spellings of architectures to those of GOARCH, and leaves out the variants that go without saying.
    public init(os: String, architecture: String, variant: String?) {
        let variant = variant == "" ? nil : variant
        self.os = os
        switch (architecture, variant) {
        case ("x86_64", _), ("x86-64", _), ("amd64", _):
            self.architecture = "amd64"
            self.variant = variant == "v1" ? nil : variant
        case ("aarch64", _), ("arm64", _):
            self.architecture = "arm64"
            self.variant = variant == "8" || variant == "v8" ? nil : variant
        case ("armhf", _):
            self.architecture = "arm"
            self.variant = "v7"
        case ("armel", _):
            self.architecture = "arm"
            self.variant = "v6"
        case ("arm", let variant):
            self.architecture = "arm"
            self.variant = variant.map { $0.hasPrefix("v") ? $0 : "v\($0)" } ?? "v7"
        case ("i386", _), ("i486", _), ("i586", _), ("i686", _):
            self.architecture = "386"
            self.variant = nil
        default:
            self.architecture = architecture
            self.variant = variant
        }
    }

    /// What an image says that it is made for.
    public init(_ platform: Platform) {
        self.init(os: platform.os, architecture: platform.architecture, variant: platform.variant)
    }

    /// What this machine runs.
    ///
    /// - Parameter machine: As uname(2) has it: `x86_64`, `armv7l`.
    public static func host(machine: String) -> PlatformRequest {
        switch machine {
        case "armv7l", "armv8l": PlatformRequest(os: "linux", architecture: "arm", variant: "v7")
        case "armv6l": PlatformRequest(os: "linux", architecture: "arm", variant: "v6")
        case "": PlatformRequest(os: "linux", architecture: builtFor, variant: nil)
        default: PlatformRequest(os: "linux", architecture: machine, variant: nil)
        }
    }

    private static var builtFor: String {
        #if arch(x86_64)
            "amd64"
        #elseif arch(arm64)
            "arm64"
        #elseif arch(arm)
            "arm"
        #else
            "unknown"
        #endif
    }

    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy { byte in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    || "_-.".utf8.contains(byte)
            }
    }

    public var description: String { ([os, architecture] + (variant.map { [$0] } ?? [])).joined(separator: "/") }

    /// What can run here, the best first: an arm processor runs what is made for older ones.
    var acceptable: [PlatformRequest] {
        guard architecture == "arm", let variant, let number = Int(variant.dropFirst()), (5...8).contains(number)
        else { return [self] }
        return (5...number).reversed().map { PlatformRequest(os: os, architecture: "arm", variant: "v\($0)") }
    }

    /// Checks that an image is made for this.
    ///
    /// - Throws: `ImageStoreError.noPlatform`.
    public func check(_ image: ImageParts) throws(ImageStoreError) {
        let found = image.platform
        guard
            acceptable.contains(found)
                || variant == nil && found.os == os && found.architecture == architecture
        else { throw .noPlatform(self, available: [found.description]) }
    }

    /// The manifest that fits best; of equal ones, the first, as the image-spec says.
    ///
    /// An entry that says nothing of its platform is taken if it is the only one: layouts of one image are written so.
    public func choose(from manifests: [Descriptor]) -> Descriptor? {
        for wanted in acceptable {
            if let found = manifests.first(where: { $0.platform.map { PlatformRequest($0) == wanted } ?? false }) {
                return found
            }
        }
        // A variant that nobody asked for is better than nothing.
        if variant == nil,
            let found = manifests.first(where: { $0.platform?.os == os && $0.platform?.architecture == architecture })
        {
            return found
        }
        return manifests.count == 1 && manifests[0].platform == nil ? manifests[0] : nil
    }
}
