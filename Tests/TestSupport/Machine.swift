import Foundation
import LinuxKernel

/// What the tests stand on: this machine, or the virtual one.
package enum Machine {
    package static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// The runtime under test. `RUNTIME` names another one with the same command line, such as `/usr/sbin/runc`.
    package static let runtime =
        ProcessInfo.processInfo.environment["RUNTIME"] ?? "\(repository)/bin/brig-runtime"

    package static var isReference: Bool { !runtime.hasSuffix("brig-runtime") }
    package static let probe = "\(repository)/bin/test/probe"
    package static let isRoot = CallerIdentity.effectiveUid == 0

    /// How long a program may take before it counts as hanging: the virtual machine is slow.
    package static let patience = Duration.seconds(60)

    /// Whether the tests can run at all: as root, with what `make build fixtures` leaves.
    package static let isReady =
        isRoot && [runtime, probe, "/bin/busybox"].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }

    /// Whether a processor is emulated, and every program ten to twenty times as slow: there the main line must do, unless
    /// `BRIG_TEST_ALL` is set.
    package static let isSlow =
        contents("/proc/cpuinfo").contains("QEMU TCG") && ProcessInfo.processInfo.environment["BRIG_TEST_ALL"] == nil

    /// The cases of a table to be tried here: every one, or every second or third one where the machine is slow.
    package static func sample<Case>(_ cases: [Case], _ step: Int = 2) -> [Case] {
        isSlow ? stride(from: 0, to: cases.count, by: step).map { cases[$0] } : cases
    }

    package static let hasUnifiedCgroups = (try? FileSystemType(of: "/sys/fs/cgroup")) == .cgroup2
    package static let hasAppArmor = contents("/sys/kernel/security/lsm").contains("apparmor")
    package static let mayRaiseLimits =
        contents("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("CapEff") }
        .flatMap { UInt64($0.split(separator: "\t").last ?? "", radix: 16) }.map { $0 >> 24 & 1 == 1 } ?? false

    /// The directory of a cgroup: of `controller` on v1, of all on v2.
    package static func cgroup(_ path: String, _ controller: String) -> String {
        hasUnifiedCgroups ? "/sys/fs/cgroup\(path)" : "/sys/fs/cgroup/\(controller)\(path)"
    }

    /// Every hierarchy's mount point.
    package static var hierarchies: [String] {
        guard !hasUnifiedCgroups else { return ["/sys/fs/cgroup"] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/fs/cgroup")) ?? []
        return names.map { "/sys/fs/cgroup/\($0)" }
    }
}
