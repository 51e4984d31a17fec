internal import Capabilities
internal import Seccomp
package import OCISpec

extension Runtime {
    /// What this runtime can do, whatever the host; only the seccomp flags that are supported are the kernel's answer.
    ///
    /// Source: runtime-spec, features.md and features-linux.md.
    package static var features: Features {
        Features(
            ociVersionMin: "1.0.0", ociVersionMax: specVersion,
            hooks: ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"],
            mountOptions: mountOptionNames, linux: linuxFeatures, annotations: [:],
            potentiallyUnsafeConfigAnnotations: [])
    }

    private static var linuxFeatures: Features.Linux {
        Features.Linux(
            namespaces: RuntimeConfig.Linux.Namespace.Kind.allCases.map(\.rawValue).sorted(),
            capabilities: Capability.named.map(\.specName),
            cgroup: .init(v1: true, v2: true, systemd: false, systemdUser: false, rdma: true), seccomp: seccompFeatures,
            apparmor: .init(enabled: true), selinux: .init(enabled: false),
            intelRdt: .init(enabled: true, schemata: true, monitoring: true),
            memoryPolicy: .init(
                modes: RuntimeConfig.Linux.MemoryPolicy.Mode.allCases.map(\.rawValue),
                flags: RuntimeConfig.Linux.MemoryPolicy.Flag.allCases.map(\.rawValue)),
            mountExtensions: .init(idmap: .init(enabled: true)), netDevices: .init(enabled: true))
    }

    private static var seccompFeatures: Features.Linux.Seccomp {
        Features.Linux.Seccomp(
            enabled: true, actions: Action.specNames,
            operators: RuntimeConfig.Linux.Seccomp.Rule.Condition.Operator.allCases.map(\.rawValue).sorted(),
            archs: Architecture.allCases.map(\.specName).sorted(), knownFlags: FilterFlags.specNames,
            supportedFlags: KernelSupport.flagNames)
    }

    /// The words of a mount's option list that are not the file system's own.
    static let mountOptionNames = [
        "acl", "async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "idmap", "iversion",
        "lazytime", "loud", "mand", "noacl", "noatime", "nodev", "nodiratime", "noexec", "noiversion", "nolazytime",
        "nomand", "norelatime", "nostrictatime", "nosuid", "nosymfollow", "private", "ratime", "rbind", "rdev",
        "rdiratime", "relatime", "remount", "rexec", "ridmap", "rnoatime", "rnodev", "rnodiratime", "rnoexec",
        "rnorelatime", "rnostrictatime", "rnosuid", "rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw",
        "rshared", "rslave", "rstrictatime", "rsuid", "rsymfollow", "runbindable", "rw", "shared", "silent", "slave",
        "strictatime", "suid", "symfollow", "sync", "tmpcopyup", "unbindable",
    ]
}
