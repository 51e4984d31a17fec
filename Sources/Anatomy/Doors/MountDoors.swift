internal import LinuxKernel

extension Door {
    /// What mounts bring in from the host.
    static func mountDoors(_ anatomy: Anatomy) -> [Door] {
        if anatomy.isHost(.mount), anatomy.root?.isHostRoot == true {
            return [
                Door(
                    .takesOver, "the host's files", "its root directory is the host's",
                    closedBy: "a mount namespace and a root of its own", anatomy.root?.evidence ?? [])
            ]
        }
        var doors = anatomy.mounts.compactMap { door($0, anatomy) } + kernelFileDoors(anatomy)
        if let root = anatomy.root, root.layers.isEmpty, root.hostPath == "/" {
            let isRoot = anatomy.users?.outside(anatomy.subject.uid) == 0
            doors.append(
                Door(
                    isRoot && !root.isReadOnly ? .takesOver : .harms, "the host's files",
                    "its root directory is the host's" + (isRoot ? ", and its user is root there" : ""),
                    closedBy: "a root directory of its own", root.evidence + (anatomy.users?.evidence ?? [])))
        }
        return doors
    }

    private static func door(_ mount: ExplainedMount, _ anatomy: Anatomy) -> Door? {
        let entry = mount.entry
        let isWritable = !entry.isReadOnly && !entry.superOptions.contains("ro")
        let evidence = [mount.evidence(anatomy.subject.pid)]
        let path = mount.hostPath ?? entry.root
        let place = entry.mountPoint
        switch mount.purpose {
        case .hostDirectory, .volume, .other, .memory, .engineFile:
            if let name = controlSocket(path) ?? controlSocket(place) {
                return Door(
                    .takesOver, "\(name) is at \(place)", "asks it for a container that has the host's root directory",
                    closedBy: "do not mount it", evidence)
            }
            guard mount.purpose == .hostDirectory else { return nil }
            if let what = dangerous(path) {
                return Door(
                    isWritable ? .takesOver : .harms, "\(path) of the host is at \(place)",
                    isWritable ? "writes \(what)" : "reads \(what)",
                    closedBy: isWritable ? "mount it :ro, or a smaller part of it" : "mount a smaller part of it",
                    evidence)
            }
            if entry.isShared {
                return Door(
                    .harms, "mounts below \(place) reach the host",
                    "the mount is shared: what is mounted there appears on the host, too",
                    closedBy: "mount it without rshared", evidence)
            }
            return isWritable
                ? Door(
                    .weakens, "\(path) of the host can be written at \(place)",
                    "leaves files there that the host's programs read",
                    closedBy: "mount it :ro", evidence) : nil
        case .cgroups where isWritable && entry.type == "cgroup" && anatomy.isHost(.user) && anatomy.subject.uid == 0:
            return Door(
                .takesOver, "cgroups can be written at \(place)",
                "a release_agent that it writes is run as root on the host, where the whole hierarchy is seen; limits can be lifted",
                closedBy: "mount cgroups read-only, which is the default", evidence)
        case .cgroups where isWritable && entry.type == "cgroup2" && anatomy.isHost(.user) && anatomy.isHost(.cgroup):
            return Door(
                .harms, "cgroups can be written at \(place)",
                "lifts its own limits, and freezes or kills other containers",
                closedBy: "mount cgroups read-only, or with a cgroup namespace", evidence)
        case .devices where entry.type == "devtmpfs":
            return Door(
                .harms, "all nodes of the host's /dev are at \(place)", "opens them as far as the device rules allow",
                closedBy: "a /dev of its own, which is the default", evidence)
        case .masked, .readOnly, .namespace, .root, .deviceNode, .terminals, .queues, .sharedMemory, .processes,
            .cgroups,
            .kernel, .devices:
            return nil
        }
    }

    /// Sockets of programs that do as root what they are asked.
    private static func controlSocket(_ path: String) -> String? {
        let sockets = [
            "docker.sock": "Docker's socket", "podman.sock": "Podman's socket",
            "containerd.sock": "containerd's socket",
            "crio.sock": "CRI-O's socket", "brig.sock": "Brig's socket", "buildkitd.sock": "BuildKit's socket",
        ]
        return sockets.first { path.hasSuffix("/" + $0.key) }?.value
    }

    /// What of the host is everything.
    private static func dangerous(_ path: String) -> String? {
        switch path {
        case "/": return "every file of the host"
        case "/etc": return "the host's users, passwords and start-up"
        case "/root", "/home": return "keys and start-up files of the host's users"
        case "/boot", "/lib", "/lib64", "/usr", "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin":
            return "programs that the host runs"
        case "/dev": return "the host's devices"
        case "/run", "/var/run": return "the sockets of the host's services"
        case "/var", "/var/lib", "/var/lib/docker", "/var/lib/containers", "/var/lib/brig", "/var/lib/kubelet":
            return "the files of all containers and services"
        case "/var/spool/cron", "/etc/cron.d", "/etc/systemd", "/etc/systemd/system":
            return "what the host starts by itself"
        default: return nil
        }
    }
}
