internal import OCISpec

/// A container as a shell script that builds it by hand: the same steps as the runtime's, in util-linux's commands.
///
/// Pure: everything comes from the specification. What no shell command of util-linux 2.38 can do (a seccomp filter, an
/// AppArmor profile, device rules on cgroup v2) is said in the script where it belongs.
struct ContainerScript {
    let specification: RuntimeConfig
    /// Highest first.
    let layers: [String]
    /// Texts of the files that the engine writes, by where they are in the container.
    let files: [(destination: String, text: String)]
    let name: String
    /// What the engine would join it to, which the script does not; `nil` for none and the host's.
    var network: String?

    /// The text in single quotes, whatever is in it.
    static func quoted(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { byte in
            0x30...0x39 ~= byte || 0x41...0x5a ~= byte || 0x61...0x7a ~= byte || "/._-=,:+@%".utf8.contains(byte)
        }
        if plain, !text.isEmpty { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    /// A comment: one line, whatever is in the text.
    private static func remark(_ text: String) -> String {
        "# " + String(text.map { $0.isNewline || $0.unicodeScalars.contains { $0.value < 0x20 } ? " " : $0 })
    }

    private func q(_ text: String) -> String { Self.quoted(text) }

    private var linux: RuntimeConfig.Linux { specification.linux ?? RuntimeConfig.Linux() }

    func text() -> String {
        let sections = [head, rootFileSystem, cgroups, outer, "exit \"$status\"\n"]
        return sections.joined(separator: "\n")
    }

    // MARK: - Outside

    private var head: String {
        """
        #!/bin/sh
        \(Self.remark("Builds by hand what brig made as container \(name). Run it as root; the container ends with its program."))
        set -eu
        name=by-hand-$$
        base=$(mktemp -d /tmp/by-hand.XXXXXX)
        cgroups=
        status=0
        undo() {
            # A mount is gone with its namespace but for the root, which was made out here.
            umount "$base/root" 2>/dev/null || true
            for directory in $cgroups; do rmdir "$directory" 2>/dev/null || true; done
            rm -rf --one-file-system "$base"
        }
        trap undo EXIT

        """
    }

    private var rootFileSystem: String {
        var text = """
            # --- The root file system: read-only layers, and on top one directory that takes what is changed.
            mkdir "$base/upper" "$base/work" "$base/root" "$base/files"
            chmod 755 "$base/upper"

            """
        // Colons separate layers, and commas options.
        let lower = layers.map { $0.replacing("\\", with: "\\\\").replacing(":", with: "\\:") }.joined(separator: ":")
        if layers.isEmpty {
            text += "mount --bind \"$base/upper\" \"$base/root\"\n"
        } else {
            text +=
                "mount -t overlay overlay -o lowerdir=\(q(lower)),upperdir=\"$base/upper\",workdir=\"$base/work\" \"$base/root\"\n"
        }
        for (index, file) in files.enumerated() {
            text += "\n\(Self.remark("\(file.destination), which the engine writes"))\n"
            text += "printf %s \(q(file.text)) > \"$base/files/\(index)\"\nchmod 644 \"$base/files/\(index)\"\n"
        }
        return text
    }

    private var cgroups: String {
        var text = """
            # --- Control groups: a directory in each hierarchy; a limit is a number written to a file.
            if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
                # v2: one tree. A controller must be handed down before its files appear.
                cgroups="/sys/fs/cgroup/by-hand/$name /sys/fs/cgroup/by-hand"
                mkdir -p "/sys/fs/cgroup/by-hand"
                for controller in cpu cpuset memory pids; do
                    echo "+$controller" > /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || true
                    echo "+$controller" > /sys/fs/cgroup/by-hand/cgroup.subtree_control 2>/dev/null || true
                done
                own="/sys/fs/cgroup/by-hand/$name"
                mkdir "$own"

            """
        for (file, value) in unifiedLimits { text += "    echo \(q(value)) > \"$own/\(file)\"\n" }
        text += """
                # Device rules are a BPF program here, which no shell command writes: every device can be used.
            else
                # v1: one tree for each controller.
                for mount in $(awk '$0 ~ / - cgroup2? / { print $5 }' /proc/self/mountinfo); do
                    mkdir -p "$mount/by-hand"
                    if [ -f "$mount/cpuset.cpus" ]; then
                        # A new group has no processors: they are the parent's.
                        for level in by-hand "by-hand/$name"; do
                            mkdir -p "$mount/$level"
                            cat "$mount/$level/../cpuset.cpus" > "$mount/$level/cpuset.cpus"
                            cat "$mount/$level/../cpuset.mems" > "$mount/$level/cpuset.mems"
                        done
                    fi
                    mkdir -p "$mount/by-hand/$name"
                    cgroups="$cgroups $mount/by-hand/$name $mount/by-hand"
                done

            """
        for (file, value) in legacyLimits {
            let controller = file.prefix { $0 != "." }
            text += "    echo \(q(value)) > \"/sys/fs/cgroup/\(controller)/by-hand/$name/\(file)\"\n"
        }
        return text + "fi\n"
    }

    /// In the order in which the kernel takes them: memory before memory and swap together.
    private var legacyLimits: [(String, String)] {
        var result: [(String, String)] = []
        let resources = linux.resources
        if let limit = resources?.memory?.limit {
            result.append(("memory.limit_in_bytes", "\(limit)"))
            let swap = resources?.memory?.swap ?? limit
            result.append(("memory.memsw.limit_in_bytes", "\(swap)"))
        }
        if let reservation = resources?.memory?.reservation {
            result.append(("memory.soft_limit_in_bytes", "\(reservation)"))
        }
        if let swappiness = resources?.memory?.swappiness { result.append(("memory.swappiness", "\(swappiness)")) }
        if resources?.memory?.disableOOMKiller == true { result.append(("memory.oom_control", "1")) }
        if let nodes = resources?.cpu?.mems, !nodes.isEmpty { result.append(("cpuset.mems", nodes)) }
        if let processors = resources?.cpu?.cpus, !processors.isEmpty { result.append(("cpuset.cpus", processors)) }
        if let shares = resources?.cpu?.shares { result.append(("cpu.shares", "\(shares)")) }
        if let period = resources?.cpu?.period { result.append(("cpu.cfs_period_us", "\(period)")) }
        if let quota = resources?.cpu?.quota { result.append(("cpu.cfs_quota_us", "\(quota)")) }
        if let most = resources?.pids?.limit { result.append(("pids.max", most > 0 ? "\(most)" : "max")) }
        for rule in resources?.devices ?? [] {
            func number(_ value: Int64?) -> String { value.map { $0 < 0 ? "*" : "\($0)" } ?? "*" }
            let kind = rule.type == .character ? "c" : rule.type == .block ? "b" : "a"
            let access = rule.access ?? "rwm"
            result.append(
                (
                    rule.allow ? "devices.allow" : "devices.deny",
                    kind == "a" ? "a" : "\(kind) \(number(rule.major)):\(number(rule.minor)) \(access)"
                ))
        }
        return result
    }

    private var unifiedLimits: [(String, String)] {
        var result: [(String, String)] = []
        let resources = linux.resources
        if let limit = resources?.memory?.limit, limit > 0 {
            result.append(("memory.max", "\(limit)"))
            if let swap = resources?.memory?.swap {
                result.append(("memory.swap.max", swap < 0 ? "max" : "\(max(0, swap - limit))"))
            }
        }
        if let reservation = resources?.memory?.reservation { result.append(("memory.low", "\(reservation)")) }
        if let nodes = resources?.cpu?.mems, !nodes.isEmpty { result.append(("cpuset.mems", nodes)) }
        if let processors = resources?.cpu?.cpus, !processors.isEmpty { result.append(("cpuset.cpus", processors)) }
        if let cpu = resources?.cpu, cpu.quota != nil || cpu.period != nil {
            result.append(
                ("cpu.max", "\(cpu.quota.map { $0 > 0 ? "\($0)" : "max" } ?? "max") \(cpu.period ?? 100_000)"))
        }
        if let most = resources?.pids?.limit { result.append(("pids.max", most > 0 ? "\(most)" : "max")) }
        return result
    }

    private var outer: String {
        let names: [RuntimeConfig.Linux.Namespace.Kind: String] = [
            .mount: "--mount", .uts: "--uts", .ipc: "--ipc", .network: "--net", .pid: "--pid", .cgroup: "--cgroup",
            .user: "--user", .time: "--time",
        ]
        let flags = linux.namespaces.filter { $0.path == nil }.compactMap { names[$0.type] }
        let shared = linux.namespaces.compactMap { entry in
            entry.path.flatMap { path in names[entry.type].map { "\($0)=\(q(path))" } }
        }
        let inside = inside
        // Nothing in the container's own texts may end the text.
        var end = "INSIDE"
        while inside.contains(end) { end += "_" }
        let joins = shared.isEmpty ? "" : "nsenter \(shared.joined(separator: " ")) "
        return """
            # --- What is done inside of the new namespaces, before the program starts.
            cat > "$base/inside" <<'\(end)'
            \(inside)\(end)

            # --- The namespaces. This shell's child joins the control groups first, so that all that follows is counted.
            (
                for directory in $cgroups; do
                    case $directory in */by-hand) ;; *) echo 0 > "$directory/cgroup.procs" ;; esac
                done
                exec env -i PATH="$PATH" base="$base" cgroups="$cgroups" name="$name" \\
                    \(joins)unshare \(flags.joined(separator: " ")) --fork --kill-child /bin/sh "$base/inside"
            ) || status=$?

            """
    }

    // MARK: - Inside

    private var inside: String {
        var text = """
            set -eu
            root=$base/root
            # unshare has made every mount private: nothing of what follows is seen outside.

            """
        if let hostname = specification.hostname, !hostname.isEmpty {
            text += "\n# Its own name.\necho \(q(hostname)) > /proc/sys/kernel/hostname\n"
        }
        if linux.namespaces.contains(where: { $0.type == .network && $0.path == nil }) {
            text +=
                "\n# The new network has a loopback that is down (ip is iproute2's; util-linux has no command for it).\nip link set lo up\n"
        }
        if let network {
            text +=
                Self.remark(
                    "The engine joins it to \(network) here: one end of a pair of interfaces in this namespace, the")
                + "\n"
            text += "# other in a bridge of the host, an address and a route. By hand it has its loopback only.\n"
        }
        for (key, value) in linux.sysctl {
            // A setting of a network namespace is that of who writes.
            text += "echo \(q(value)) > /proc/sys/\(q(key.split(separator: ".").joined(separator: "/")))\n"
        }
        text += "\n# The mounts, each on a directory or file that is made if need be.\n"
        text += mounts + devices + masks
        if specification.root?.readonly == true {
            if let directory = workingDirectory {
                text +=
                    "\n# The working directory is made if the image has none.\n[ -d \"$root\"\(q(directory)) ] || place \(q(directory))\n"
            }
            text +=
                "\n# The root itself cannot be written.\nmount -o remount,bind,ro \"$root\"\n"
        }
        return text + limits + finish
    }

    /// `nil` for the root directory.
    private var workingDirectory: String? {
        specification.process.flatMap { $0.cwd.isEmpty || $0.cwd == "/" ? nil : $0.cwd }
    }

    private var mounts: String {
        var text = """
            # An image can hold links that lead to the host's files: nothing is made or mounted there.
            inside() {
                case $(realpath -m -- "$root$1") in
                    "$root"/*) ;;
                    *) echo "$1 is a link that leads out of the image" >&2; exit 1 ;;
                esac
            }
            place() { inside "$1"; mkdir -p "$root$1"; }
            place_file() { inside "$1"; mkdir -p "$(dirname "$root$1")"; [ -e "$root$1" ] || : > "$root$1"; }

            """
        for mount in specification.mounts {
            let (destination, type) = (mount.destination, mount.type ?? "bind")
            let target = "\"$root\"\(q(destination))"
            if type == "bind" {
                let own = files.firstIndex { $0.destination == destination }
                let source = own.map { "\"$base/files/\($0)\"" } ?? q(mount.source ?? "")
                text += "if [ -d \(source) ]; then place \(q(destination)); else place_file \(q(destination)); fi\n"
                let recursive = mount.options.contains("rbind")
                text += "mount --\(recursive ? "r" : "")bind \(source) \(target)\n"
                let options = mount.options.compactMap {
                    ["ro", "rro"].contains($0) ? "ro" : ["nosuid", "nodev", "noexec"].contains($0) ? $0 : nil
                }
                if !options.isEmpty { text += "mount -o remount,bind,\(options.joined(separator: ",")) \(target)\n" }
            } else if type == "cgroup" {
                text += cgroupMount(mount, target)
            } else {
                text += "place \(q(destination))\n"
                let options = mount.options.filter { $0 != "ro" }.joined(separator: ",")
                text +=
                    "mount -t \(q(type)) \(options.isEmpty ? "" : "-o \(q(options)) ")\(q(mount.source ?? type)) \(target)\n"
                // The file system stays writable, which others may need: only this mount of it is not.
                if mount.options.contains("ro") {
                    let kept = mount.options.filter { ["nosuid", "nodev", "noexec"].contains($0) }
                    text += "mount -o \((["remount", "bind", "ro"] + kept).joined(separator: ",")) \(target)\n"
                }
            }
        }
        return text
    }

    private func cgroupMount(_ mount: RuntimeConfig.Mount, _ target: String) -> String {
        let flags = mount.options.filter { ["ro", "nosuid", "nodev", "noexec"].contains($0) }.joined(separator: ",")
        return """
            # Its own control groups: on v2 one tree, on v1 a bind of its directory in each.
            place \(q(mount.destination))
            if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
                mount --bind "/sys/fs/cgroup/by-hand/$name" \(target)
                mount -o remount,bind,\(flags) \(target)
            else
                mount -t tmpfs -o nosuid,nodev,noexec,mode=755 tmpfs \(target)
                for directory in $cgroups; do
                    case $directory in */by-hand) continue ;; esac
                    controller=${directory%%/by-hand/*}; controller=${controller##*/}
                    mkdir \(target)/$controller
                    mount --bind "$directory" \(target)/$controller
                    mount -o remount,bind,\(flags) \(target)/$controller
                done
                mount -o remount,bind,\(flags) \(target)
            fi

            """
    }

    private var devices: String {
        guard specification.mounts.contains(where: { $0.destination == "/dev" && $0.type == "tmpfs" }) else {
            return ""
        }
        var text = "\n# The devices that every container has, and no others.\n"
        for (name, minor) in [("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)] {
            text += "mknod -m 666 \"$root/dev/\(name)\" c 1 \(minor)\n"
        }
        text += "mknod -m 666 \"$root/dev/tty\" c 5 0\n"
        for device in linux.devices {
            guard let letter = ["b": "b", "c": "c", "u": "c"][device.type.rawValue] else { continue }
            let mode = String(device.fileMode ?? 0o666, radix: 8)
            text += "mkdir -p \"$(dirname \"$root\"\(q(device.path)))\"\n"
            text +=
                "[ -e \"$root\"\(q(device.path)) ] || mknod -m \(mode) \"$root\"\(q(device.path)) \(letter) \(device.major) \(device.minor)\n"
        }
        return text + """
            ln -s /proc/self/fd "$root/dev/fd"
            ln -s /proc/self/fd/0 "$root/dev/stdin"
            ln -s /proc/self/fd/1 "$root/dev/stdout"
            ln -s /proc/self/fd/2 "$root/dev/stderr"
            ln -sf pts/ptmx "$root/dev/ptmx"

            """
    }

    private var masks: String {
        guard !linux.maskedPaths.isEmpty || !linux.readonlyPaths.isEmpty else { return "" }
        var text = "\n# What of the kernel's own files is the host's cannot be written,\n"
        for path in linux.readonlyPaths {
            text += "if [ -e \"$root\"\(q(path)) ]; then mount --bind \"$root\"\(q(path)) \"$root\"\(q(path)); "
            text += "mount -o remount,bind,ro,nosuid,nodev,noexec \"$root\"\(q(path)); fi\n"
        }
        guard !linux.maskedPaths.isEmpty else { return text }
        text += """
            # or is hidden: an empty directory lies over a directory, and an empty file over a file.
            mkdir "$base/mask"
            mount -t tmpfs -o mode=555,nr_inodes=3,nosuid,nodev,noexec tmpfs "$base/mask"
            mkdir -m 555 "$base/mask/directory"
            : > "$base/mask/file"; chmod 444 "$base/mask/file"
            mask() {
                [ -e "$root$1" ] || return 0
                if [ -d "$root$1" ]; then kind=directory; else kind=file; fi
                mount --bind "$base/mask/$kind" "$root$1"
                mount -o remount,bind,ro,nosuid,nodev,noexec "$root$1"
            }

            """
        return text + linux.maskedPaths.map { "mask \(q($0))\n" }.joined()
    }

    private var limits: String {
        guard let process = specification.process else { return "" }
        var text = "\n# Limits of each process.\n"
        for limit in process.rlimits {
            func number(_ value: UInt64) -> String { value == .max ? "unlimited" : "\(value)" }
            let name = limit.type.rawValue.dropFirst("RLIMIT_".count).lowercased()
            text += "prlimit --pid $$ --\(name)=\(number(limit.soft)):\(number(limit.hard))\n"
        }
        if let adjustment = process.oomScoreAdj { text += "echo \(adjustment) > /proc/self/oom_score_adj\n" }
        return text
    }

    /// The last steps: the host's root goes away, then the privileges. The commands for it are the host's and the image has
    /// none of them, so they and their libraries are held open; the program gets none of the descriptors.
    private var finish: String {
        guard let process = specification.process else { return "" }
        let bounding = (process.capabilities?.bounding ?? []).map { "+" + $0.dropFirst(4).lowercased() }
        var flags = [
            "--reuid=\(process.user.uid)", "--regid=\(process.user.gid)",
            process.user.additionalGids.isEmpty
                ? "--clear-groups" : "--groups=\(process.user.additionalGids.map { "\($0)" }.joined(separator: ","))",
            "--inh-caps=-all", "--bounding-set=\((["-all"] + bounding).joined(separator: ","))",
        ]
        if process.noNewPrivileges { flags.append("--no-new-privs") }
        // Names that no shell takes are left out; programs get them from engines only.
        let environment = process.env.filter { entry in
            let name = entry.utf8.prefix { $0 != UInt8(ascii: "=") }
            return name.count < entry.utf8.count && name.first.map { !(0x30...0x39 ~= $0) } == true
                && name.allSatisfy { 0x30...0x39 ~= $0 || 0x41...0x5a ~= $0 || 0x61...0x7a ~= $0 || $0 == 0x5f }
        }.map { "export \(q($0))\n" }.joined()
        // A link of the image's is followed in the new root only, so it is made there if it still can be.
        let place =
            (specification.root?.readonly == true ? nil : workingDirectory).map {
                "\n# The working directory is made if the image has none.\n[ -d \(q($0)) ] || held 8 -p -- \(q($0))\n"
            } ?? ""
        let remarks =
            (linux.seccomp == nil
                ? ""
                : "# A seccomp filter comes here; util-linux 2.38 has no command that loads one (brig seccomp explain shows it).\n")
            + (process.apparmorProfile.map {
                Self.remark("echo 'exec \($0)' > /proc/self/attr/exec would set the AppArmor profile.") + "\n"
            } ?? "")
        return """

            # What is still needed of the host's programs is held open: their files are out of sight in a moment.
            loader=$(ldd "$(command -v setpriv)" | awk '/ld-linux|ld-musl/ { print $1 }')
            libraries=$(ldd "$(command -v setpriv)" | awk '/libc\\.so/ { sub("/[^/]*$", "", $3); print $3 }')
            exec 3< "$loader" 4< "$libraries" 5< "$(command -v setpriv)" 6< "$(command -v umount)" 7< "$(command -v rmdir)" 8< "$(command -v mkdir)"
            held() { tool=$1; shift; /proc/self/fd/3 --library-path /proc/self/fd/4 "/proc/self/fd/$tool" "$@"; }

            # The new root becomes /, and the old one is put away below it and taken off: nothing names the host's files then.
            mkdir "$root/dev/.old"
            cd "$root"
            pivot_root . dev/.old
            cd /
            held 6 -l /dev/.old
            held 7 /dev/.old
            \(place)
            # The program's environment, its directory, and only those of root's rights that it is to have.
            \(remarks)unset base root name cgroups loader libraries
            \(environment)cd \(q(workingDirectory ?? "/"))
            exec /proc/self/fd/3 --library-path /proc/self/fd/4 /proc/self/fd/5 \(flags.joined(separator: " ")) \\
                /bin/sh -c 'exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&-; exec "$@"' sh \(process.args.map(q).joined(separator: " "))

            """
    }
}
