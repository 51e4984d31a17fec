extension Lesson {
    static let namespaces = Lesson(
        "namespaces", "What a process can see",
        idea: """
            The kernel keeps some things once for everybody: the host name, the list of processes, the mounts, the \
            network. A namespace is a copy of one of them. Each process is in one namespace of each kind, and \
            /proc/PID/ns says which. A container is a process in namespaces that others are not in.
            """,
        steps: [
            .with(
                "Every process is in some. These are this shell's.",
                "ls -l /proc/self/ns | grep -o '[a-z_]* -> .*'",
                .prints("uts:["), .prints("net:[")),
            .with(
                "Here is a process with a host name of its own. It goes on sleeping, so that we can look at it.",
                """
                brig unshare --uts sh -c 'hostname inside-the-lab; exec sleep 300' &
                keep sleeper $!; soon runs $sleeper sleep
                brig lsns -p $sleeper
                """,
                .prints("uts"), .differ("/proc/$sleeper/ns/uts", "/proc/self/ns/uts")),
            .with(
                "Another process can enter that namespace. There the name is the new one; here it is what it was.",
                "brig nsenter -t $sleeper --uts hostname",
                .prints("inside-the-lab"), .lacks("/proc/sys/kernel/hostname", "inside-the-lab")),
            .without(
                "Only what was asked for is a copy. The network is everybody's, still.",
                "readlink /proc/$sleeper/ns/net", .same("/proc/$sleeper/ns/net", "/proc/self/ns/net")),
        ])

    static let processes = Lesson(
        "processes", "Pid 1 of a world of its own",
        idea: """
            In a pid namespace the first process is number 1, and none outside can be named. The process has two \
            numbers: its own, and the one that the host sees. Tools read the list from /proc, so a new namespace wants \
            a new /proc as well.
            """,
        steps: [
            .with(
                "A shell as pid 1, with a /proc that shows its own namespace.",
                "brig unshare --fork --pid --mount-proc sh -c 'echo I am $$; ls -d /proc/[0-9]*'",
                .prints("I am 1"), .prints("/proc/1")),
            .with(
                "Seen from here it is a process like any other. NSpid in its status has both numbers.",
                """
                brig unshare --fork --pid --kill-child sleep 300 &
                parent=$!; soon has_child $parent; keep inside "$(child_of $parent)"
                grep NSpid /proc/$inside/status
                """,
                .file("/proc/$inside/status", has: "NSpid:\t$inside\t1")),
            .without(
                "Without a new /proc the shell is pid 1 and sees everybody: it looks at the host's list.",
                "brig unshare --fork --pid sh -c 'echo I am $$, and /proc says I am $(readlink /proc/self)'",
                .prints("I am 1, and /proc says I am ")),
            .without(
                "Without --fork the shell stays outside: only its children are inside. The first of them is pid 1, and "
                    + "when pid 1 has ended, nothing can be born there any more.",
                "brig unshare --pid sh -c 'sleep 0; sleep 0; sleep 0'", .refused("annot ")),
        ])

    static let signals = Lesson(
        "signals", "Why docker stop takes ten seconds",
        idea: """
            Pid 1 is special to the kernel. A signal that it has no handler for does nothing to it, not even TERM; only \
            its parents outside can KILL it. When it ends, everybody in its namespace is killed. And orphans become its \
            children, which it has to wait for: that is why containers have --init.
            """,
        steps: [
            .with(
                "TERM, to a sleep that is pid 1. It has no handler, so nothing happens.",
                """
                brig unshare --fork --pid --kill-child sleep 300 &
                parent=$!; soon has_child $parent; keep first "$(child_of $parent)"
                soon runs $first sleep
                kill -TERM $first; sleep 0.1; cat /proc/$first/comm
                """,
                .prints("sleep"), .file("/proc/$first/status", has: "NSpid:\t$first\t1")),
            .without(
                "The same signal to a sleep that is not pid 1 ends it.",
                "sleep 300 & victim=$!; kill -TERM $victim; wait $victim || echo ended with $?",
                .prints("ended with 143")),
            .with(
                "KILL from outside works, as `stop` does it when the time is over.",
                "kill -KILL $first; soon [ ! -e /proc/$first ]", .absent("/proc/$first")),
            .with(
                "When pid 1 ends, its whole namespace ends with it.",
                """
                brig unshare --fork --pid --mount-proc sh -c 'sleep 300 & until [ -e end ]; do sleep 0.1; done' & parent=$!
                soon has_child $parent; one=$(child_of $parent); soon has_child $one; keep orphan "$(child_of $one)"
                touch end; wait $parent
                """,
                .absent("/proc/$orphan")),
        ])
}
