extension Lesson {
    static let userNamespaces = Lesson(
        "user-namespaces", "Root, but only here",
        idea: """
            A user namespace maps user numbers: 0 inside can be 65534 outside. Its root has every capability, over what \
            its own namespaces own, and none over the host. This is what rootless containers stand on.
            """,
        steps: [
            .with(
                "Nobody, in a namespace that calls it root.",
                """
                brig chroot --userspec=65534:65534 / brig unshare --map-root-user id -u
                """,
                .prints("0")),
            .with(
                "The map is a file: inside, outside, how many.",
                """
                brig chroot --userspec=65534:65534 / brig unshare --map-root-user sleep 300 &
                keep sleeper $!; soon runs $sleeper sleep
                cat /proc/$sleeper/uid_map; grep CapEff /proc/$sleeper/status
                """,
                .file("/proc/$sleeper/uid_map", has: "65534"), .file("/proc/$sleeper/status", has: "Uid:\t65534"),
                .differ("/proc/$sleeper/ns/user", "/proc/self/ns/user")),
            .without(
                "All capabilities, and yet: the host's name belongs to the host's user namespace.",
                """
                brig chroot --userspec=65534:65534 / brig unshare --map-root-user hostname mine
                """,
                .refused("must be root"), .lacks("/proc/sys/kernel/hostname", "mine")),
        ])

    static let capabilities = Lesson(
        "capabilities", "Root in forty pieces",
        idea: """
            What root may do beyond others is cut into about forty capabilities. A container's root has fourteen of \
            them. The bounding set says which a process, and whatever it executes, can ever have.
            """,
        steps: [
            .with(
                "Docker's fourteen, as the kernel writes them and by name.",
                "brig capsh --decode=00000000a80425fb", .prints("cap_net_bind_service"), .prints("cap_chown")),
            .with(
                "A shell without one of them: the bit is gone from its bounding set.",
                """
                brig capsh --drop=cap_chown -- -c 'exec sleep 300' &
                keep sleeper $!; soon runs $sleeper sleep; brig getpcaps $sleeper
                """,
                .file("/proc/$sleeper/status", has: "fffffe\n")),
            .without(
                "Still root by its number, but this is no longer its to do.",
                "touch file; id -u; brig capsh --drop=cap_chown -- -c 'chown 1 file'",
                .refused("peration not permitted")),
            .with(
                "With the capability it works.",
                "brig capsh --drop=cap_sys_admin -- -c 'chown 1 file; stat -c %u file'",
                .prints("1")),
        ])

    static let seccomp = Lesson(
        "seccomp", "Calls that the kernel will not take",
        idea: """
            Capabilities decide what a call may do; a seccomp filter decides whether the call is looked at at all. It is \
            a small program that the kernel runs before each system call. Docker's lets about 350 through, and answers \
            the rest with an error: most holes of the kernel lie behind calls that containers never need.
            """,
        steps: [
            .with(
                "What the built-in profile does with one call, and why.", "brig seccomp explain builtin mount",
                .prints("mount")),
            .with(
                "A container tells its mode: 2 is a filter.",
                "image_of_the_host; in_a_container lab grep Seccomp: /proc/self/status",
                .prints("Seccomp:\t2")),
            .with(
                "So this container may not make a user namespace, behind which many holes were found.",
                "in_a_container lab unshare --user true", .refused("peration not permitted")),
            .without(
                "No filter: mode 0, and the same call works.",
                "in_a_container --security-opt seccomp=unconfined lab "
                    + "unshare --user grep Seccomp: /proc/self/status",
                .prints("Seccomp:\t0")),
        ])
}
