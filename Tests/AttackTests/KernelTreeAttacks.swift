import Foundation
import OCISpec
import TestSupport
import Testing

extension Attacks {
    /// Rules 2 to 4: mounts by object, our own procfs, a /dev of our own.
    @Suite("Kernel's trees")
    struct KernelTreeAttacks {
        @Test("rules 2, 3 and 4", arguments: maskAttacks + procAttacks + deviceAttacks)
        func attack(_ each: Attack) throws { try each.check() }

        /// A `/dev` that another container shares and shapes: a bind mount of a directory of the host's.
        private static func shareDevices(_ workspace: Workspace) throws -> String {
            let shared = "\(workspace.directory)/dev"
            try workspace.makeDirectory("\(shared)/pts")
            try workspace.makeDirectory("\(shared)/shm")
            var kept: [JSONValue] = []
            if case .array(let mounts)? = workspace.config["mounts"] {
                kept = mounts.filter { mount in
                    guard case .object(let fields) = mount, case .string(let place)? = fields["destination"] else {
                        return true
                    }
                    return !place.hasPrefix("/dev")
                }
            }
            workspace.config["mounts"] = .array(kept)
            workspace.config.mount("/dev", "bind", shared, ["rbind", "rw"])
            return shared
        }

        static let maskAttacks: [Attack] = [
            Attack(rule: 2, "CVE-2025-31133: /dev/null of a shared /dev is a link", succeedsOn: [.runc]) { workspace in
                let shared = try shareDevices(workspace)
                // On a machine this is /proc/sys/kernel/core_pattern; the class is that a mask shows it at all.
                try makeLink("/dir/file", "\(shared)/null")
                try workspace.write("rootfs/etc/masked", "secret")
                workspace.config["root.readonly"] = false
                workspace.config.append("linux.maskedPaths", "/etc/masked")
                let outcome = try workspace.runContainer([
                    "/bin/sh", "-c", "cat /etc/masked; echo; echo evil > /etc/masked; cat /dir/file",
                ])
                if outcome.output.contains("evil") { return "the mask is a way to write: \(outcome.trimmed)" }
                return outcome.output.hasPrefix("file") ? "the mask shows the link's target" : nil
            },
            Attack(rule: 2, "CVE-2025-31133: /dev/null of a shared /dev is absent") { workspace in
                _ = try shareDevices(workspace)
                try workspace.write("rootfs/etc/masked", "secret")
                workspace.config.append("linux.maskedPaths", "/etc/masked")
                let outcome = try workspace.runContainer(["/bin/cat", "/etc/masked"])
                return outcome.output.contains("secret") ? "the masked file is shown" : nil
            },
            Attack(rule: 2, "a mask shows nothing of ours and cannot be written") { workspace in
                try workspace.write("rootfs/etc/masked", "secret")
                workspace.config.append("linux.maskedPaths", "/etc/masked")
                workspace.config.append("linux.maskedPaths", "/dir")
                let outcome = try workspace.runContainer([
                    "/bin/sh", "-c", "cat /etc/masked; ls -A /dir; echo x > /etc/masked; cat /etc/masked; touch /dir/x",
                ])
                return outcome.output.isEmpty ? nil : outcome.output
            },
            Attack(rule: 2, "read-only reaches the mounts below", succeedsOn: [.runc, .crun]) { workspace in
                workspace.config.mount("/mnt", "tmpfs", "tmpfs")
                workspace.config.mount("/mnt/below", "tmpfs", "tmpfs")
                workspace.config.append("linux.readonlyPaths", "/mnt")
                let outcome = try workspace.runContainer(["/bin/sh", "-c", "touch /mnt/x /mnt/below/y; ls /mnt/below"])
                return outcome.trimmed.isEmpty ? nil : "written below a read-only path"
            },
        ]

        /// The container's /proc is no procfs although it runs.
        private static func hasFakeProc(_ workspace: Workspace) throws -> String? {
            let outcome = try workspace.runContainer(["/bin/sh", "-c", "ls /proc; cat /proc/marker"])
            return outcome.output.contains("marker") ? "the container runs on a /proc of the image's making" : nil
        }

        static let procAttacks: [Attack] = [
            Attack(rule: 3, "CVE-2019-16884: a volume at /proc", succeedsOn: [.crun]) { workspace in
                try workspace.write("rootfs/dir/marker", "marker\n")
                workspace.config.mount("/proc", "bind", "\(workspace.rootfs)/dir", ["bind"])
                return try hasFakeProc(workspace)
            },
            Attack(rule: 3, "CVE-2019-16884: a tmpfs at /proc") { workspace in
                workspace.config.mount("/proc", "tmpfs", "tmpfs", ["size=64k"])
                let outcome = try workspace.runContainer(["/bin/sh", "-c", "ls /proc | wc -l"])
                return outcome.trimmed == "0" ? "the container runs without a procfs at /proc" : nil
            },
            Attack(
                rule: 3, "CVE-2019-19921, 2023-27561: /proc of the image is a link into a volume"
            ) { workspace in
                try FileManager.default.removeItem(atPath: "\(workspace.rootfs)/proc")
                try makeLink("/dir/evil", "\(workspace.rootfs)/proc")
                try workspace.makeDirectory("\(workspace.rootfs)/dir/evil")
                let outcome = try workspace.runContainer(["/bin/sh", "-c", "cat /dir/evil/self/status | grep -c Name"])
                return outcome.trimmed == "1" ? "procfs lies where the image's link led" : nil
            },
            Attack(rule: 3, "CVE-2023-27561: /sys of the image is a link") { workspace in
                try FileManager.default.removeItem(atPath: "\(workspace.rootfs)/sys")
                try makeLink("/dir/evil", "\(workspace.rootfs)/sys")
                try workspace.makeDirectory("\(workspace.rootfs)/dir/evil")
                let outcome = try workspace.runContainer(["/bin/sh", "-c", "ls -d /dir/evil/kernel"])
                return outcome.code == 0 && outcome.trimmed == "/dir/evil/kernel"
                    ? "sysfs lies where the image's link led" : nil
            },
            Attack(
                rule: 3, "CVE-2025-52881: a volume reaches below /proc through the image's link", succeedsOn: [.crun]
            ) { workspace in
                try makeLink("/proc", "\(workspace.rootfs)/link")
                try workspace.write("rootfs/dir/marker", "marker\n")
                workspace.config.mount("/link/sys", "bind", "\(workspace.rootfs)/dir", ["bind"])
                let outcome = try workspace.runContainer(["/bin/sh", "-c", "cat /proc/sys/marker"])
                return outcome.output.contains("marker") ? "a volume covers /proc/sys" : nil
            },
            Attack(
                rule: 3, "CVE-2025-52881: a file of procfs covered through the image's link", succeedsOn: [.crun]
            ) { workspace in
                try makeLink("/proc/self", "\(workspace.rootfs)/link")
                workspace.config.mount("/link/oom_score_adj", "bind", "\(workspace.rootfs)/dir/file", ["bind"])
                let outcome = try workspace.runContainer(["/bin/sh", "-c", "cat /proc/1/oom_score_adj"])
                return outcome.output.contains("file") ? "a file covers one of procfs" : nil
            },
            Attack(
                rule: 3, "CVE-2025-52881: sysctls written while volumes move below /proc", succeedsOn: [.runc, .crun],
                isRace: true
            ) {
                workspace in
                let volume = "\(workspace.directory)/volume"
                try workspace.makeDirectory("\(volume)/target")
                try makeLink("/proc/sys/kernel", "\(volume)/swapped")
                let fake = "\(workspace.directory)/fake"
                try "0\n".write(toFile: fake, atomically: true, encoding: .utf8)
                workspace.config["linux.sysctl"] = ["kernel.msgmax": "12345"]
                workspace.config.mount("/vol", "bind", volume, ["rbind", "rw"])
                workspace.config.mount("/vol/target/msgmax", "bind", fake, ["bind"])
                let other = try Accomplice(
                    [Workspace.attacker, "swap", "\(volume)/target", "\(volume)/swapped", "50"],
                    in: workspace.directory)
                defer { _ = other }
                for _ in 0..<40 {
                    let outcome = try workspace.runContainer([
                        "/bin/sh", "-c", "cat /proc/sys/kernel/msgmax; grep -c ' /proc/sys/kernel' /proc/self/mounts",
                    ])
                    try? workspace.delete()
                    if contents(fake) != "0\n" { return "a sysctl went to a file of the volume: \(contents(fake))" }
                    if outcome.code == 0, !outcome.output.hasPrefix("12345") {
                        return "the sysctl is \(outcome.output)"
                    }
                }
                return nil
            },
            Attack(rule: 3, "oom_score_adj is not written to the image's /proc") { workspace in
                workspace.config["mounts"] = []
                workspace.config["process.oomScoreAdj"] = 500
                workspace.config["linux.maskedPaths"] = []
                workspace.config["linux.readonlyPaths"] = []
                try workspace.makeDirectory("\(workspace.rootfs)/proc/self")
                try workspace.makeDirectory("\(workspace.rootfs)/proc/1")
                try workspace.write("rootfs/proc/self/oom_score_adj", "fake")
                try workspace.write("rootfs/proc/1/oom_score_adj", "fake")
                workspace.config["root.readonly"] = false
                let outcome = try workspace.runContainer(
                    ["/bin/sh", "-c", "cat /proc/self/oom_score_adj /proc/1/oom_score_adj"])
                return outcome.code == 0 && outcome.trimmed != "fakefake" ? outcome.summary : nil
            },
        ]

        static let deviceAttacks: [Attack] = [
            Attack(
                rule: 4, "CVE-2025-52565: the terminal's path in a shared /dev is a link"
            ) { workspace in
                let shared = try shareDevices(workspace)
                for number in 0..<20 { try makeLink("/dir/file", "\(shared)/pts/\(number)") }
                try "".write(toFile: "\(shared)/ptmx", atomically: true, encoding: .utf8)
                workspace.config.mount("/dev/ptmx", "bind", "/dev/pts/ptmx", ["bind", "rw"])
                workspace.config["process.terminal"] = true
                workspace.config["root.readonly"] = false
                try workspace.prepare([
                    "/bin/sh", "-c",
                    "/bin/attacker kind /dev/console >/dir/seen; echo evil > /dev/console; exec sleep 9",
                ])
                let socket = "\(workspace.directory)/console"
                let engine = try Accomplice([Workspace.attacker, "console", socket, "20"], in: workspace.directory)
                defer { _ = engine }
                while !FileManager.default.fileExists(atPath: socket) { Thread.sleep(forTimeInterval: 0.01) }
                let created = try workspace.runtime(
                    "create", "--bundle", workspace.bundle, "--console-socket", socket, workspace.id)
                guard created.code == 0, try workspace.runtime("start", workspace.id).code == 0 else { return nil }
                Thread.sleep(forTimeInterval: 0.5)
                if contents("\(workspace.rootfs)/dir/file").contains("evil") {
                    return "/dev/console is a file of the link's choice"
                }
                return contents("\(workspace.rootfs)/dir/seen").contains(" 100000 ")
                    ? "/dev/console is no terminal" : nil
            },
            Attack(rule: 4, "an image's /dev/console that is a link, without a /dev mount") { workspace in
                workspace.config["mounts"] = [
                    ["destination": "/proc", "type": "proc", "source": "proc"]
                ]
                try makeLink("/dir/file", "\(workspace.rootfs)/dev/console")
                workspace.config["process.terminal"] = true
                workspace.config["root.readonly"] = false
                try workspace.prepare(["/bin/sh", "-c", "echo evil > /dir/file; sleep 1; exec sleep 9"])
                let socket = "\(workspace.directory)/console"
                let engine = try Accomplice([Workspace.attacker, "console", socket, "20"], in: workspace.directory)
                defer { _ = engine }
                while !FileManager.default.fileExists(atPath: socket) { Thread.sleep(forTimeInterval: 0.01) }
                let created = try workspace.runtime(
                    "create", "--bundle", workspace.bundle, "--console-socket", socket, workspace.id)
                guard created.code == 0, try workspace.runtime("start", workspace.id).code == 0 else { return nil }
                Thread.sleep(forTimeInterval: 0.3)
                // A terminal mounted over the link's target takes what is written there.
                return contents("\(workspace.rootfs)/dir/file").contains("evil")
                    ? nil : "the console lies on another file"
            },
            Attack(
                rule: 4, "the image's /dev/null is another device, without a /dev mount", succeedsOn: [.runc, .crun]
            ) { workspace in
                workspace.config["mounts"] = [["destination": "/proc", "type": "proc", "source": "proc"]]
                _ = try TestSupport.run(["/bin/mknod", "\(workspace.rootfs)/dev/null", "c", "1", "5"], in: "/tmp")
                workspace.config["root.readonly"] = false
                let outcome = try workspace.runContainer(["/bin/attacker", "kind", "/dev/null"])
                return outcome.output.contains("1:5") ? "/dev/null is the image's device" : nil
            },
            Attack(
                rule: 4, "the image's /dev/null is a file, without a /dev mount"
            ) { workspace in
                workspace.config["mounts"] = [["destination": "/proc", "type": "proc", "source": "proc"]]
                try workspace.write("rootfs/dev/null", "collects what is thrown away")
                workspace.config["root.readonly"] = false
                let outcome = try workspace.runContainer(["/bin/attacker", "kind", "/dev/null"])
                return outcome.output.contains(" 100000 ") ? "/dev/null is a file of the image's" : nil
            },
            Attack(rule: 4, "an exec's terminal where the container has put something else at /dev/ptmx") { workspace in
                // No devpts: what exec opens must not be what lies at a path of the container's.
                workspace.config["mounts"] = [["destination": "/proc", "type": "proc", "source": "proc"]]
                workspace.config["root.readonly"] = false
                let capabilities: JSONValue = ["CAP_MKNOD", "CAP_KILL"]
                for set in ["bounding", "effective", "permitted"] {
                    workspace.config["process.capabilities.\(set)"] = capabilities
                }
                try workspace.startContainer([
                    "/bin/sh", "-c",
                    "rm -f /dev/ptmx; busybox mkfifo /dev/ptmx; exec /bin/attacker pause",
                ])
                Thread.sleep(forTimeInterval: 0.3)
                let socket = "\(workspace.directory)/console"
                let engine = try Accomplice([Workspace.attacker, "console", socket, "20"], in: workspace.directory)
                defer { _ = engine }
                while !FileManager.default.fileExists(atPath: socket) { Thread.sleep(forTimeInterval: 0.01) }
                // A pipe there must neither hang us nor become a terminal.
                let outcome = try workspace.runtime(
                    "exec", "--tty", "--detach", "--console-socket", socket, workspace.id, "/bin/sh", "-c",
                    "/bin/attacker kind /dev/fd/0 > /dir/seen")
                Thread.sleep(forTimeInterval: 0.3)
                return contents("\(workspace.rootfs)/dir/seen").contains(" 10000 ") ? outcome.summary : nil
            },
            Attack(rule: 4, "a disk's node made in the container cannot be opened") { workspace in
                workspace.config["root.readonly"] = false
                let capabilities: JSONValue = ["CAP_MKNOD", "CAP_SYS_RAWIO"]
                for set in ["bounding", "effective", "permitted"] {
                    workspace.config["process.capabilities.\(set)"] = capabilities
                }
                // The loop device's controller stands for a disk: to open it does nothing.
                let outcome = try workspace.runContainer([
                    "/bin/sh", "-c",
                    "busybox mknod /tmp/disk c 10 237; busybox mknod /tmp/b b 7 0; attacker open /tmp/disk /tmp/b",
                ])
                return outcome.output.contains("opened") ? outcome.output : nil
            },
        ]
    }
}
