import Foundation
import LinuxKernel
import TestSupport
import Testing

extension Attacks {
    /// The rules as far as they concern `brig`: what images and users give it.
    @Suite("Engine", .enabled(if: Engine.isReady, "needs `make bin/brig`"))
    struct EngineAttacks {
        @Test(
            "what an image and a command line try", arguments: fileAttacks + userAttacks + placeAttacks + defaultAttacks
        )
        func attack(_ each: Attack) throws { try each.check(Engine.path, isReference: Engine.isReference) }

        static let fileAttacks: [Attack] =
            [
                ("/etc/hosts", "hosts"), ("/etc/resolv.conf", "resolv.conf"), ("/etc/hostname", "hostname"),
            ].map { file in
                Attack(rule: 9, "the image's \(file.0) is a link to the host's") { workspace in
                    try "host\n".write(toFile: "\(workspace.directory)/\(file.1)", atomically: true, encoding: .utf8)
                    try makeLink("../../../../..\(workspace.canary)/secret", "\(workspace.rootfs)\(file.0)")
                    let outcome = try workspace.runImage(["/bin/sh", "-c", "cat \(file.0); echo x >> \(file.0)"])
                    return workspace.harm(outcome)
                }
            } + [
                Attack(rule: 9, "the image's /etc is a link to the host's") { workspace in
                    try FileManager.default.removeItem(atPath: "\(workspace.rootfs)/etc")
                    try makeLink(workspace.canary, "\(workspace.rootfs)/etc")
                    return workspace.harm(try workspace.runImage(["/bin/sh", "-c", "echo x >> /etc/hosts"]))
                },
                Attack(rule: 9, "the image's /etc/resolv.conf is a link to nowhere, a loop or a chain of links") {
                    workspace in
                    let path = "\(workspace.rootfs)/etc/resolv.conf"
                    for target in ["../run/systemd/resolve/stub-resolv.conf", "resolv.conf", "../../../a/../../b/./c"] {
                        try? FileManager.default.removeItem(atPath: path)
                        try makeLink(target, path)
                        let outcome = try workspace.runImage(["/bin/cat", "/etc/resolv.conf"])
                        if let harm = workspace.harm(outcome) { return harm }
                        if case .signalled = outcome.status { return outcome.summary }
                        // Images of whole systems have the first one.
                        if target.hasSuffix("stub-resolv.conf"), outcome.code != 0, !Engine.isReference {
                            return outcome.summary
                        }
                    }
                    return nil
                },
                Attack(rule: 1, "-v behind the image's links") { workspace in
                    try makeLink("../../../../../..\(workspace.canary)", "\(workspace.rootfs)/link")
                    try workspace.makeDirectory("\(workspace.directory)/volume")
                    let outcome = try workspace.runImage(
                        ["/bin/sh", "-c", "touch /link/made/here"],
                        options: ["-v", "\(workspace.directory)/volume:/link/made"])
                    return workspace.harm(outcome)
                },
                Attack(rule: 3, "-v behind the image's link to /proc") { workspace in
                    try makeLink("/proc", "\(workspace.rootfs)/link")
                    try workspace.makeDirectory("\(workspace.directory)/volume")
                    let outcome = try workspace.runImage(
                        ["/bin/sh", "-c", "ls /proc/sys/kernel || echo covered"],
                        options: ["-v", "\(workspace.directory)/volume:/link/sys"])
                    return outcome.output.contains("covered") ? "a volume covers /proc/sys" : nil
                },
                Attack(rule: 3, "-v over the kernel's own trees") { workspace in
                    try workspace.makeDirectory("\(workspace.directory)/volume")
                    for place in [
                        "/proc", "/proc/self", "/proc/1/attr", "/sys", "/sys/kernel", "/dev", "/", "/x/../proc",
                    ] {
                        let outcome = try workspace.runImage(
                            ["/bin/echo", "ran"], options: ["-v", "\(workspace.directory)/volume:\(place)"])
                        if outcome.output.contains("ran"), !Engine.isReference { return "a volume at \(place)" }
                    }
                    return nil
                },
            ]

        static let userAttacks: [Attack] = [
            Attack(rule: 9, "CVE-2016-3697: -u 1000 where the image's user of that name is root") { workspace in
                try workspace.write("rootfs/etc/passwd", "1000:x:0:0::/root:/bin/sh\n")
                let outcome = try workspace.runImage(["/bin/id", "-u"], options: ["-u", "1000"])
                return outcome.trimmed == "0" ? "the number was taken for a name" : nil
            },
            Attack(rule: 9, "CVE-2024-40635: -u with numbers out of range", succeedsOn: [.podman]) { workspace in
                for user in ["4294967296", "-1", "4294967295", "18446744073709551616", "1000:4294967296", "0x0", "+0"] {
                    let outcome = try workspace.runImage(["/bin/id", "-u"], options: ["-u", user])
                    if outcome.trimmed == "0" { return "\(user) is root" }
                }
                return nil
            },
            Attack(rule: 1, "the image's /etc/passwd is a link to the host's") { workspace in
                try "evil:x:0:0::/:/bin/sh\n".write(
                    toFile: "\(workspace.directory)/passwd", atomically: true, encoding: .utf8)
                try FileManager.default.removeItem(atPath: "\(workspace.rootfs)/etc/passwd")
                for target in ["\(workspace.directory)/passwd", "../../../../../..\(workspace.directory)/passwd"] {
                    try? FileManager.default.removeItem(atPath: "\(workspace.rootfs)/etc/passwd")
                    try makeLink(target, "\(workspace.rootfs)/etc/passwd")
                    let outcome = try workspace.runImage(["/bin/id", "-u"], options: ["-u", "evil"])
                    if outcome.trimmed == "0" { return "the host's file gave the user" }
                }
                return nil
            },
            Attack(
                rule: 14, "the image's /etc/passwd is a pipe, an endless device or a very large file",
                succeedsOn: [.podman]
            ) { workspace in
                let path = "\(workspace.rootfs)/etc/passwd"
                for make in ["mkfifo \(path)", "mknod \(path) c 1 5", "truncate -s 100G \(path)"] {
                    _ = try TestSupport.run(["/bin/sh", "-c", "rm -f \(path); \(make)"], in: "/tmp")
                    // Not from an archive, which would have to be written: changed in the container's own files.
                    let start = ContinuousClock.now
                    let outcome: Outcome
                    do {
                        outcome = try workspace.runImage(
                            ["/bin/true"], options: ["-u", "app"], isPacked: !make.hasPrefix("truncate"))
                    } catch is ProgramHangs {
                        return "\(make): it hangs"
                    }
                    if ContinuousClock.now - start > .seconds(30) { return "\(make): it hangs" }
                    if case .signalled = outcome.status { return "\(make): \(outcome.summary)" }
                }
                return nil
            },
            Attack(rule: 9, "a hostname that adds a line to /etc/hosts", succeedsOn: [.podman]) { workspace in
                for name in ["a\n1.2.3.4 evil", "a b", "a\u{0}b", "-a", "a/../b", String(repeating: "a", count: 300)] {
                    let outcome = try workspace.runImage(["/bin/cat", "/etc/hosts"], options: ["-h", name])
                    if outcome.output.contains("1.2.3.4") { return "a line of the hostname's" }
                }
                return nil
            },
        ]

        static let placeAttacks: [Attack] = [
            Attack(rule: 9, "names that are paths") { workspace in
                try workspace.importImage()
                for name in ["../canary", workspace.canary, "..", ".", "a/b", "a\nb", ""] {
                    _ = try workspace.engine(["run", "--name", name, "--network", "none", "image", "/bin/true"])
                    for command in [["rm", "-f"], ["logs"], ["inspect"], ["kill"], ["stop"], ["rmi"]] {
                        _ = try workspace.engine(command + [name])
                    }
                    if let harm = workspace.harm() { return "\(name.debugDescription): \(harm)" }
                }
                return nil
            },
            Attack(rule: 15, "CVE-2021-41091: the host's users reach images, containers and sockets") { workspace in
                try workspace.importImage()
                _ = try workspace.engine([
                    "run", "-d", "--network", "none", "--name", "up", "image", "/bin/sleep", "20",
                ])
                defer { _ = try? workspace.engine(["rm", "-f", "up"]) }
                let look = try TestSupport.run(
                    [
                        "/usr/bin/setpriv", "--reuid=4711", "--clear-groups", "/usr/bin/find",
                        "\(workspace.directory)/root", "\(workspace.directory)/run", "-mindepth", "1",
                    ], in: "/tmp")
                return look.output.isEmpty ? nil : "seen: \(look.lines.first ?? "")"
            },
            Attack(rule: 15, "CVE-2020-15257: an abstract socket of the monitor's") { workspace in
                try workspace.importImage()
                let abstract = {
                    Set(
                        contents("/proc/net/unix").split(separator: "\n").compactMap { $0.split(separator: " ").last }
                            .filter { $0.hasPrefix("@") }.map(String.init))
                }
                let before = abstract()
                _ = try workspace.engine([
                    "run", "-d", "--network", "host", "--name", "up", "image", "/bin/sleep", "20",
                ])
                defer { _ = try? workspace.engine(["rm", "-f", "up"]) }
                return abstract().subtracting(before).first.map { "an abstract socket: \($0)" }
            },
            Attack(rule: 14, "CVE-2022-31030: a line without an end fills the monitor's memory") { workspace in
                try workspace.importImage()
                let script = "busybox head -c 30000000 /dev/zero | busybox tr '\\0' a; sleep 20"
                _ = try workspace.engine(
                    ["run", "-d", "--network", "none", "--name", "up", "image", "/bin/sh", "-c", script])
                defer { _ = try? workspace.engine(["rm", "-f", "up"]) }
                var peak = 0
                for _ in 0..<20 {
                    Thread.sleep(forTimeInterval: 0.1)
                    peak = max(peak, workspace.largestMonitor())
                }
                return peak > 16_384 ? "a monitor of \(peak) KiB" : nil
            },
            Attack(rule: 14, "a command's escape sequences in the list of containers", succeedsOn: [.podman]) {
                workspace in
                try workspace.importImage()
                _ = try workspace.engine(
                    [
                        "run", "-d", "--network", "none", "--name", "up", "image", "/bin/sleep", "20",
                        "\u{1B}[31m\u{9B}2J",
                    ])
                defer { _ = try? workspace.engine(["rm", "-f", "up"]) }
                let list = try workspace.engine(["ps", "-a", "--no-trunc"]).output
                return list.contains("\u{1B}") || list.contains("\u{9B}") ? "ps passes them on" : nil
            },
        ]

        static let defaultAttacks: [Attack] = [
            Attack(rule: 13, "CVE-2026-31431: calls that the default filter forbids", succeedsOn: [.podman]) {
                workspace in
                // socket(AF_ALG), socket(AF_VSOCK), 2³²+38, keyctl, add_key, bpf, unshare(CLONE_NEWUSER), mount,
                // userfaultfd, io_uring_setup, kexec_load, perf_event_open, open_by_handle_at, setns
                for call in [
                    "41 38 5 0", "41 40 1 0", "41 4294967334 5 0", "250 0 -3 0", "248", "321 0", "272 268435456", "165",
                    "323 0", "425 1", "246", "298", "304", "308 0 0",
                ] {
                    let words = call.split(separator: " ").map(String.init)
                    let outcome = try workspace.runImage(["/bin/probe", "call"] + words)
                    guard let answer = Int(outcome.trimmed) else { return outcome.summary }
                    // EPERM, or ENOSYS.
                    if answer != -1 && answer != -38 { return "call \(call) answers \(answer)" }
                }
                return nil
            },
            Attack(rule: 13, "what a container holds by default") { workspace in
                let outcome = try workspace.runImage(["/bin/sh", "-c", "cat /proc/self/status; ls /dev"])
                let lines = outcome.lines
                guard lines.contains("CapInh:\t0000000000000000"), lines.contains("CapAmb:\t0000000000000000") else {
                    return "inheritable or ambient capabilities"
                }
                // The fourteen of Docker; Podman has eleven.
                guard Engine.isReference || lines.contains("CapBnd:\t00000000a80425fb") else {
                    return lines.first { $0.hasPrefix("CapBnd") } ?? "no status"
                }
                return lines.contains("Seccomp:\t2") ? nil : "no filter"
            },
            Attack(rule: 13, "masked and read-only paths by default") { workspace in
                let outcome = try workspace.runImage([
                    "/bin/sh", "-c",
                    """
                    attacker open /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/kcore /proc/keys /proc/timer_list \
                        /proc/irq/default_smp_affinity /sys/kernel/uevent_helper /sys/fs/cgroup/cgroup.procs
                    cat /proc/kcore /proc/keys /proc/timer_list /proc/latency_stats /proc/sched_debug; ls /sys/firmware \
                        /sys/devices/virtual/powercap /proc/scsi /proc/acpi
                    """,
                ])
                let opened = outcome.lines.filter {
                    $0.hasSuffix("opened") && !$0.contains("/proc/k") && !$0.contains("timer")
                }
                if let first = opened.first { return first }
                return outcome.output.contains("Keyring") || outcome.output.contains("DMI") ? outcome.trimmed : nil
            },
            Attack(rule: 12, "exec goes past the filter, the capabilities or the user") { workspace in
                try workspace.importImage()
                _ = try workspace.engine(
                    ["run", "-d", "--network", "none", "--name", "up", "-u", "1000", "image", "/bin/sleep", "20"])
                defer { _ = try? workspace.engine(["rm", "-f", "up"]) }
                let outcome = try workspace.engine(["exec", "up", "/bin/cat", "/proc/self/status"])
                guard outcome.lines.contains("Seccomp:\t2") else { return "exec without the filter" }
                guard outcome.lines.contains("CapEff:\t0000000000000000") else { return "exec with capabilities" }
                return outcome.output.contains("Uid:\t1000\t1000") ? nil : "exec as another user"
            },
            Attack(rule: 1, "exec -u in a container that has made /etc/passwd a link or a pipe", succeedsOn: [.podman])
            { workspace in
                try workspace.importImage()
                let script = """
                    rm -f /etc/passwd; ln -s ../../../../../..\(workspace.directory)/passwd /etc/passwd
                    rm -f /etc/group; busybox mkfifo /etc/group; sleep 20
                    """
                try "evil:x:0:0::/:/bin/sh\n".write(
                    toFile: "\(workspace.directory)/passwd", atomically: true, encoding: .utf8)
                _ = try workspace.engine(
                    ["run", "-d", "--network", "none", "--name", "up", "image", "/bin/sh", "-c", script])
                defer { _ = try? workspace.engine(["rm", "-f", "up"]) }
                Thread.sleep(forTimeInterval: 0.5)
                guard let outcome = try? workspace.engine(["exec", "-u", "evil", "up", "/bin/id", "-u"]) else {
                    return "it hangs"
                }
                return outcome.trimmed == "0" ? "the host's file gave the user" : nil
            },
        ]
    }
}

/// The engine that is attacked: `brig`, or `ENGINE=/usr/bin/podman`.
enum Engine {
    static let path = ProcessInfo.processInfo.environment["ENGINE"] ?? "\(Machine.repository)/bin/brig"
    static let isReference = !path.hasSuffix("/brig")
    static let isReady =
        FileManager.default.isExecutableFile(atPath: path)
        // With another runtime that one is what is asked.
        && (isReference || !Machine.isReference)
}

struct EngineFails: Error { let what: String }

extension Workspace {
    /// Runs the engine on roots of this workspace.
    func engine(_ words: [String]) throws -> Outcome {
        let roots =
            Engine.isReference
            ? [
                "--root", "\(directory)/root", "--runroot", "\(directory)/run", "--storage-driver", "vfs",
                "--cgroup-manager", "cgroupfs", "--runtime", "/usr/sbin/runc", "--events-backend", "none",
            ] : ["--root", "\(directory)/root", "--run-root", "\(directory)/run"]
        return try TestSupport.run([Engine.path] + roots + words, in: directory)
    }

    /// Makes an image of the bundle's root.
    func importImage() throws {
        let tar = "\(directory)/image.tar"
        let packed = try TestSupport.run(["/bin/tar", "-C", rootfs, "-cf", tar, "."], in: directory)
        guard packed.code == 0 else { throw EngineFails(what: "tar: \(packed.summary)") }
        let imported = try engine(["import", tar, "image"])
        guard imported.code == 0 else { throw EngineFails(what: "import: \(imported.summary)") }
    }

    /// Makes an image of the bundle's root as it is now, and runs a command in it.
    func runImage(_ command: [String], options: [String] = [], isPacked: Bool = true) throws -> Outcome {
        if isPacked {
            try importImage()
        } else if let outcome = try? TestSupport.run(
            ["/bin/tar", "-C", rootfs, "-cSf", "\(directory)/image.tar", "."], in: "/tmp"),
            outcome.code == 0
        {
            _ = try engine(["import", "\(directory)/image.tar", "image"])
        }
        return try engine(["run", "--rm", "--network", "none"] + options + ["image"] + command)
    }

    /// The most memory that a monitor of this workspace's has held, in KiB.
    func largestMonitor() -> Int {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { Int32($0) }.filter { pid in
            let line = contents("/proc/\(pid)/cmdline")
            return line.contains("monitor") && line.contains(directory)
        }.compactMap { pid in
            contents("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("VmHWM") }
                .flatMap { $0.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } }
        }.max() ?? 0
    }
}
