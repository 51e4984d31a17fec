// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

extension Target {
    /// A Swift target with the language settings of the whole package.
    static func module(_ name: String, _ dependencies: [Dependency] = []) -> Target {
        .target(name: name, dependencies: dependencies, swiftSettings: settings)
    }

    /// A program, with what takes the place of slow beginnings and ends in a static one.
    static func tool(_ name: String, _ dependencies: [Dependency]) -> Target {
        .executableTarget(name: name, dependencies: dependencies + ["CUnwind"], swiftSettings: settings)
    }

    /// Unit tests; fixtures are read from the source tree, so they are no resources of the target.
    static func tests(_ name: String, _ dependencies: [Dependency], fixtures: [String] = []) -> Target {
        .testTarget(
            name: "\(name)Tests", dependencies: dependencies, exclude: fixtures, swiftSettings: settings)
    }
}

let imageScripts = ["list-tree", "make-layout", "make-many", "side-servers"].map { "Images/\($0)" }

// The floors of the house, lowest first: a target imports only what stands above it here (docs/house.md).
let package = Package(
    name: "brig",
    products: [
        .executable(name: "brig", targets: ["brig"]),
        .executable(name: "brig-runtime", targets: ["brig-runtime"]),
        .library(name: "LinuxKernel", targets: ["LinuxKernel"]),
        .library(name: "Netlink", targets: ["Netlink"]),
        .library(name: "Cgroups", targets: ["Cgroups"]),
        .library(name: "Capabilities", targets: ["Capabilities"]),
        .library(name: "Seccomp", targets: ["Seccomp"]),
        .library(name: "OCISpec", targets: ["OCISpec"]),
        .library(name: "ContainerRuntime", targets: ["ContainerRuntime"]),
        .library(name: "Registry", targets: ["Registry"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        // 1: what Swift cannot say
        .target(name: "CLinux"),
        .target(name: "CUnwind"),
        .target(name: "CProtect"),
        .target(name: "CSHA256"),
        .target(name: "CInit"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CXZ", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
        .systemLibrary(name: "CBzip2", providers: [.apt(["libbz2-dev"])]),

        // 2: one kernel interface or document each
        .module("LinuxKernel", ["CLinux"]),
        .module("Netlink", ["CLinux", "LinuxKernel"]),
        .module("Cgroups", ["CLinux", "LinuxKernel"]),
        .module("Capabilities", ["CLinux", "LinuxKernel"]),
        .module("Seccomp", ["CLinux", "LinuxKernel"]),
        .module("AppArmor", ["LinuxKernel"]),
        .module("OCISpec", ["CSHA256"]),
        .module("MonitorProtocol", ["LinuxKernel"]),

        // 3: from a bundle to a process, from a byte stream to a mounted root
        .module(
            "ContainerRuntime",
            [
                "CLinux", "CProtect", "LinuxKernel", "Netlink", "Cgroups", "Capabilities", "Seccomp", "AppArmor",
                "OCISpec",
            ]),
        .module("Networking", ["LinuxKernel", "Netlink"]),
        .module("HelloReport", ["LinuxKernel", "Capabilities"]),
        .module("BuildFile", ["OCISpec"]),
        .module(
            "Anatomy",
            ["CLinux", "LinuxKernel", "Netlink", "Cgroups", "Capabilities", "Seccomp", "AppArmor", "OCISpec"]),
        // libyaml comes with Yams: its events are read, so that aliases are bounded before they are followed.
        .module("ComposeFile", ["OCISpec", .product(name: "Yams", package: "Yams")]),
        .module("Monitor", ["LinuxKernel", "OCISpec", "MonitorProtocol", "ContainerRuntime"]),
        .module("Archive", ["CLinux", "LinuxKernel", "OCISpec", "CZlib", "CZstd", "CXZ", "CBzip2"]),
        // Its asynchronous functions run where their callers do.
        .target(
            name: "Registry",
            dependencies: [
                "LinuxKernel", "OCISpec", "MonitorProtocol",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], swiftSettings: settings + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]),
        .module("LayerStore", ["CLinux", "LinuxKernel", "OCISpec", "Archive"]),
        .module("ImageStore", ["LinuxKernel", "OCISpec", "Archive"]),

        // 4: the use cases
        .module(
            "Engine",
            [
                "CInit", "ContainerRuntime", "LinuxKernel", "Netlink", "Networking", "Cgroups", "Capabilities",
                "Seccomp",
                "AppArmor", "OCISpec", "MonitorProtocol", "Archive", "LayerStore", "ImageStore", "Registry",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),

        // 5: what acts on the engine
        .module("Builder", ["LinuxKernel", "OCISpec", "Archive", "BuildFile", "Engine"]),

        // 6: parse, call, print, exit code
        .module("CommandLineUI", ["LinuxKernel", "OCISpec"]),
        .module(
            "Compose",
            [
                "Archive", "BuildFile", "CommandLineUI", "ComposeFile", "Engine", "LinuxKernel", "MonitorProtocol",
                "OCISpec",
            ]),
        .tool(
            "brig",
            [
                "Builder", "ContainerRuntime", "Engine", "Registry", "CommandLineUI", "KernelTools", "Anatomy",
                "LinuxKernel",
                "MonitorProtocol", "Netlink", "Networking", "OCISpec", "Lab",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                "ComposeFile", "Compose",
            ]),
        .module(
            "KernelTools",
            [
                "CommandLineUI", "ContainerRuntime", "Anatomy", "LinuxKernel", "Netlink", "Cgroups", "Capabilities",
                "Seccomp", "AppArmor", "OCISpec",
            ]),
        .module("Lab", ["LinuxKernel"]),
        .module("RuntimeCommandLine", ["ContainerRuntime", "Cgroups", "LinuxKernel", "OCISpec"]),
        .tool(
            "brig-runtime",
            [
                "RuntimeCommandLine", "Monitor", "MonitorProtocol", "ContainerRuntime", "HelloReport", "LinuxKernel",
                "OCISpec", "Cgroups", "Capabilities", "Seccomp",
            ]),

        .tests(
            "Brig", ["brig", "brig-runtime", "LinuxKernel"],
            fixtures: [
                "make-archives", "names.sh", "networks.sh", "walkthrough.sh", "walkthrough.expected",
                "walkthrough-kernel.sh", "walkthrough-kernel.expected", "errors.sh", "check-page.py",
                "compare-anatomy.sh",
                "errors.expected", "parallel.sh", "with-docker", "kills.sh", "reboot.sh", "full-disk.sh",
                "driver-volumes.sh", "journal-logs.sh", "published.sh",
                "journal.sh",
            ]),
        .tests("BuildFile", ["BuildFile"]),
        .tests("HelloReport", ["HelloReport", "LinuxKernel"]),
        .tests("Anatomy", ["Anatomy", "Capabilities", "LinuxKernel", "Netlink", "OCISpec", "Seccomp"]),
        .tests(
            "KernelTools",
            ["KernelTools", "Capabilities", "Cgroups", "ContainerRuntime", "LinuxKernel", "OCISpec", "Seccomp"]),
        .tests("Lab", ["Lab"]),
        .tests("CommandLineUI", ["CommandLineUI", "OCISpec"]),
        .tests(
            "Engine",
            [
                "Engine", "LinuxKernel", "MonitorProtocol", "Netlink", "Networking", "OCISpec", "Seccomp",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .systemLibrary(
            name: "CLibseccomp", path: "Tests/CLibseccomp", pkgConfig: "libseccomp",
            providers: [.apt(["libseccomp-dev"])]),
        .executableTarget(name: "SeccompProbe", path: "Tests/SeccompProbe"),
        .tests("Seccomp", ["Seccomp", "CLibseccomp", "LinuxKernel"]),
        .tests("ComposeFile", ["ComposeFile", "OCISpec"]),
        .tests("Compose", ["Compose", "ComposeFile", "Engine", "LinuxKernel", "OCISpec"]),
        .tests("House", []),
        .tests("LinuxKernel", ["LinuxKernel"]),
        .tests("Cgroups", ["Cgroups", "LinuxKernel"]),
        .tests("AppArmor", ["AppArmor", "LinuxKernel"]),
        .tests("Netlink", ["Netlink", "LinuxKernel"]),
        .tests("Networking", ["Networking", "Netlink", "LinuxKernel"]),
        .tests("Capabilities", ["Capabilities", "LinuxKernel"]),
        .tests("OCISpec", ["OCISpec", "TestSupport"], fixtures: ["Corpus"]),
        .tests(
            "ContainerRuntime",
            ["ContainerRuntime", "LinuxKernel", "OCISpec", "Cgroups", "Capabilities", "Seccomp", "AppArmor", "Netlink"]),
        .tests("RuntimeCommandLine", ["RuntimeCommandLine", "ContainerRuntime", "LinuxKernel", "OCISpec"]),
        .tests("Monitor", ["Monitor", "MonitorProtocol", "LinuxKernel", "OCISpec"]),
        .executableTarget(
            name: "monitor-fixture", dependencies: ["Monitor", "MonitorProtocol", "LinuxKernel", "OCISpec", "CUnwind"],
            path: "Tests/MonitorFixture", swiftSettings: settings),
        .tests("MonitorProtocol", ["MonitorProtocol", "LinuxKernel"]),
        .tests("Archive", ["Archive", "CSHA256", "LinuxKernel", "OCISpec"], fixtures: ["Fixtures"]),
        .tests("ImageStore", ["ImageStore", "Archive", "LinuxKernel", "OCISpec"]),
        .tests("Registry", ["Registry", "LinuxKernel", "OCISpec"], fixtures: ["flaky-registry.py"]),
        .tests("LayerStore", ["LayerStore", "Archive", "LinuxKernel", "OCISpec"]),

        // The built executables, driven as root: `make integration-test`
        .target(
            name: "TestSupport", dependencies: ["LinuxKernel", "OCISpec"], path: "Tests/TestSupport",
            swiftSettings: settings),
        // Attacks on them, behind a root that is thrown away: `make attack-test`
        .testTarget(
            name: "AttackTests", dependencies: ["TestSupport", "LinuxKernel", "OCISpec"],
            swiftSettings: settings),
        .executableTarget(
            name: "config-fuzz", dependencies: ["TestSupport", "LinuxKernel", "OCISpec"], path: "Tests/ConfigFuzz",
            swiftSettings: settings),
        .executableTarget(
            name: "image-fuzz", dependencies: ["TestSupport", "Archive", "ImageStore", "LinuxKernel", "OCISpec"],
            path: "Tests/ImageFuzz", swiftSettings: settings),
        .testTarget(
            name: "IntegrationTests", dependencies: ["TestSupport", "LinuxKernel", "OCISpec"],
            swiftSettings: settings),
        .tests("Peer", ["TestSupport", "LinuxKernel", "OCISpec"], fixtures: imageScripts),
    ]
)
