extension Capability {
    /// What a process that holds it may do, in one line. Source: capabilities(7).
    public var meaning: String {
        let index = Int(rawValue)
        return index < Capability.meanings.count ? "\(Capability.meanings[index])" : "unknown to this version of Brig"
    }

    private static let meanings: [StaticString] = [
        "give files to any user and group",
        "read, write and execute files whatever their permissions say",
        "read files and list directories whatever their permissions say, and open files by handle",
        "change permissions, times and attributes of files that belong to others",
        "keep set-user-id and set-group-id bits when a file is written, and set the latter for any group",
        "send signals to processes of other users",
        "become any group, set supplementary groups, and write group maps of user namespaces",
        "become any user, and write user maps of user namespaces",
        "drop from the bounding set, add to the inheritable set, and change securebits",
        "set and clear the immutable and append-only attributes of files",
        "listen on ports below 1024",
        "broadcast and listen to multicasts (the kernel never asks for it)",
        "configure interfaces, addresses, routes and firewalls of the network namespace",
        "use raw and packet sockets: forge and capture packets, ping",
        "lock memory and use huge pages beyond the limits",
        "use System V shared memory, queues and semaphores whatever their permissions say",
        "load and unload kernel modules: full control of the machine",
        "read and write I/O ports and physical memory: full control of the machine",
        "change the root directory, and enter mount namespaces",
        "trace and read the memory of any process, and look into /proc of all",
        "switch process accounting on and off",
        "mount, set host names, enter namespaces, and a hundred administrative calls more: nearly root",
        "reboot the machine and load another kernel",
        "raise priorities, set real-time scheduling, affinity and I/O classes of any process",
        "go beyond resource limits, quotas and reserved space",
        "set the clocks of the machine",
        "hang up and configure virtual terminals",
        "make device nodes: whoever may also open them reaches the hardware",
        "take leases on files of others",
        "write records to the audit log",
        "switch auditing on and off and change its rules",
        "give capabilities to files",
        "override mandatory access control (Smack)",
        "configure mandatory access control (AppArmor, Smack)",
        "read the kernel's log and addresses where that is restricted",
        "set timers that wake the machine up",
        "keep the machine from suspending",
        "read the audit log as it is written",
        "watch performance counters of the whole machine",
        "load eBPF programs of the privileged kinds",
        "checkpoint and restore processes, and choose the ids of new ones",
    ]
}
