extension Lesson {
    static let network = Lesson(
        "network", "An empty network stack",
        idea: """
            A network namespace has its own interfaces, addresses, routes, ports and settings. A new one has only a \
            loopback interface, and that is down. An engine puts one end of a virtual cable into it and the other on a \
            bridge; without that there is no way in or out.
            """,
        steps: [
            .with(
                "A process with a network of its own, and what is in it.",
                """
                brig unshare --net sleep 300 & keep sleeper $!; soon runs $sleeper sleep
                brig nsenter -t $sleeper --net cat /proc/net/dev
                """,
                .prints("lo:"), .differ("/proc/$sleeper/ns/net", "/proc/self/ns/net"),
                .lacks("/proc/$sleeper/net/route", "0000")),
            .with(
                "Settings are part of the copy: forwarding is on in there, and here it is what it was.",
                """
                keep before "$(cat /proc/sys/net/ipv4/ip_forward)"
                brig nsenter -t $sleeper --net sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; cat /proc/sys/net/ipv4/ip_forward'
                """,
                .prints("1"), .file("/proc/sys/net/ipv4/ip_forward", has: "$before")),
            .with(
                "Two processes can share one: this is `--network container:NAME`, and what a pod is.",
                """
                brig nsenter -t $sleeper --net sleep 300 & keep second $!; soon runs $second sleep
                readlink /proc/$sleeper/ns/net /proc/$second/ns/net
                """,
                .same("/proc/$sleeper/ns/net", "/proc/$second/ns/net")),
            .without(
                "A process that did not ask for one has the host's, every interface and port of it: `--network host`.",
                "sleep 300 & keep third $!; cat /proc/$third/net/dev",
                .same("/proc/$third/ns/net", "/proc/self/ns/net")),
        ])

    static let cgroups = Lesson(
        "cgroups", "How much a process may use",
        idea: """
            A control group is a directory below /sys/fs/cgroup. Whoever is in it, and whoever they start, shares its \
            limits. A limit is a file that one writes a number into. On version 1 each controller has a tree of its \
            own; on version 2 there is one for all. Brig takes the names of both.
            """,
        cleanUp: "brig cgdelete -g pids,memory:brig-lab-$LAB_ID",
        steps: [
            .with(
                "A group, and a limit of six processes.",
                """
                brig cgcreate -g pids,memory:brig-lab-$LAB_ID
                brig cgset -r pids.max=6 brig-lab-$LAB_ID; brig cgget -r pids.max brig-lab-$LAB_ID
                """,
                .prints("pids.max: 6"),
                .cgroup("pids", group: "brig-lab-$LAB_ID", v1: "pids.max", v2: "pids.max", has: "6")),
            .with(
                "A process in it: the kernel says so in two places.",
                """
                brig cgexec -g pids:brig-lab-$LAB_ID sh -c 'echo $$ >"$0"; exec sleep 300' "$LAB/number" &
                soon test -s "$LAB/number"; keep sleeper "$(cat "$LAB/number")"; soon runs $sleeper sleep
                grep brig-lab /proc/$sleeper/cgroup
                """,
                .file("/proc/$sleeper/cgroup", has: "brig-lab-$LAB_ID"),
                .cgroup(
                    "pids", group: "brig-lab-$LAB_ID", v1: "cgroup.procs", v2: "cgroup.procs", has: "$sleeper")),
            .with(
                "One process too many: fork fails, and the rest of the machine does not notice.",
                """
                brig cgexec -g pids:brig-lab-$LAB_ID sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 300 & done' 2>&1
                """,
                .refused("annot fork"),
                .cgroup("pids", group: "brig-lab-$LAB_ID", v1: "pids.events", v2: "pids.events", has: "max ")),
            .without(
                "Outside of the group there is no such limit.",
                "for i in 1 2 3 4 5 6 7 8; do sleep 0 & done; wait; echo eight processes", .prints("eight processes")),
        ])

    static let outOfMemory = Lesson(
        "oom", "What happens at the limit of memory",
        idea: """
            When a group is at its limit, the kernel first takes back what it can, such as cached files. If that is not \
            enough, it kills a process of the group. The container sees exit code 137, and nothing else: one has to ask \
            the group what happened.
            """,
        cleanUp: "brig cgdelete -g memory:brig-lab-$LAB_ID",
        steps: [
            .with(
                "A group with 32 MiB.",
                """
                brig cgcreate -g memory:brig-lab-$LAB_ID
                brig cgset -r memory.limit_in_bytes=33554432 brig-lab-$LAB_ID
                brig cgset -r memory.memsw.limit_in_bytes=33554432 brig-lab-$LAB_ID 2>/dev/null || :
                brig cgget -r memory.limit_in_bytes brig-lab-$LAB_ID
                """,
                .prints("33554432"),
                .cgroup(
                    "memory", group: "brig-lab-$LAB_ID", v1: "memory.limit_in_bytes", v2: "memory.max",
                    has: "33554432")),
            .with(
                "A program that wants more: tail keeps all of a line in memory, and this line is of 100 MB.",
                "brig cgexec -g memory:brig-lab-$LAB_ID sh -c 'head -c 100000000 /dev/zero | tail -n 1 >/dev/null' 2>&1; false",
                .refused("memory"),
                .cgroup(
                    "memory", group: "brig-lab-$LAB_ID", v1: "memory.oom_control", v2: "memory.events",
                    has: "oom_kill ")),
            .without(
                "Without the limit the same line is no problem.",
                "head -c 100000000 /dev/zero | tail -n 1 | wc -c", .prints("100000000")),
        ])

    static let container = Lesson(
        "container", "All of it together, by hand",
        idea: """
            No call of the kernel makes a container. It is what remains when a process has namespaces, a root and a \
            control group of its own. Here it is, from the tools of the other lessons.
            """,
        cleanUp: "brig cgdelete -g pids,memory:brig-lab-$LAB_ID",
        steps: [
            .with(
                "A group with limits, and a root.",
                """
                brig cgcreate -g pids,memory:brig-lab-$LAB_ID
                brig cgset -r memory.limit_in_bytes=100000000 -r pids.max=50 brig-lab-$LAB_ID
                root_of_the_host root; mount --rbind root root; echo the container >root/where
                """,
                .cgroup("pids", group: "brig-lab-$LAB_ID", v1: "pids.max", v2: "pids.max", has: "50")),
            .with(
                "Six namespaces, the root, /proc, a name: a container.",
                """
                brig cgexec -g pids,memory:brig-lab-$LAB_ID brig \
                    unshare --fork --kill-child --pid --mount --uts --ipc --net brig \
                    pivot_root "$LAB/root" sh -c 'mount -t proc proc /proc; hostname box; echo I am $$ in $(cat /where); exec sleep 300' &
                parent=$!; soon has_child $parent; parent=$(child_of $parent)
                soon has_child $parent; keep inside "$(child_of $parent)"; soon runs $inside sleep
                brig lsns -p $inside
                """,
                .prints("I am 1 in the container"), .file("/proc/$inside/status", has: "NSpid:\t$inside\t1"),
                .file("/proc/$inside/cgroup", has: "brig-lab-$LAB_ID"),
                .differ("/proc/$inside/ns/net", "/proc/self/ns/net"),
                .differ("/proc/$inside/ns/mnt", "/proc/self/ns/mnt"), .lacks("/proc/$inside/mountinfo", " / /tmp ")),
            .with(
                "Somebody enters: this is all that `exec` does.",
                "brig nsenter -t $inside -a sh -c 'hostname; ls /'", .prints("box"), .prints("where")),
            .without(
                "What is still missing: this root has every capability and no seccomp filter. `brig run` takes both away.",
                "grep -E 'CapBnd|Seccomp:' /proc/$inside/status", .prints("Seccomp:\t0")),
        ])
}
