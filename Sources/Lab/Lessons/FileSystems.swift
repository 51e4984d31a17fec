extension Lesson {
    static let mounts = Lesson(
        "mounts", "Mounts that nobody else sees",
        idea: """
            A mount namespace is a copy of the table of mounts. What is mounted in the copy stays in the copy, unless \
            the two are peers of the same group: then each passes its changes on to the other. That is called \
            propagation, and containers turn it off.
            """,
        steps: [
            .with(
                "A file system in memory, mounted where only this one process sees it.",
                """
                mkdir -p here
                brig unshare --mount sh -c 'mount -t tmpfs brig-lab-secret here; echo hidden >here/file; exec sleep 300' &
                keep sleeper $!; soon runs $sleeper sleep
                ls here
                """,
                .file("/proc/$sleeper/mountinfo", has: "brig-lab-secret"),
                .lacks("/proc/self/mountinfo", "brig-lab-secret")),
            .with(
                "It can be reached by way of the process's own root: that is how `cp` and `nsenter` get in.",
                "cat /proc/$sleeper/root$LAB/here/file", .prints("hidden")),
            .without(
                "With propagation left on, a mount made inside comes out. This is what `rshared` volumes do.",
                """
                mkdir -p shared; mount -t tmpfs brig-lab-shared shared; mount --make-shared shared; mkdir shared/inner
                brig unshare --mount --propagation unchanged mount -t tmpfs brig-lab-leak "$LAB/shared/inner"
                grep brig-lab-leak /proc/self/mountinfo
                """,
                .prints("brig-lab-leak"), .file("/proc/self/mountinfo", has: "brig-lab-leak")),
        ])

    static let pivotRoot = Lesson(
        "pivot_root", "A root with nothing behind it",
        idea: """
            chroot changes where a process begins to look up names, and nothing else. Whatever it holds open, or can \
            find in /proc, still leads out. pivot_root changes the mounts: the new root takes the place of the old one, \
            the old one is unmounted, and there is no outside left.
            """,
        steps: [
            .with(
                "A root, made of this machine's own programs, with a file in it. chroot makes it /.",
                """
                root_of_the_host root; echo the new root >root/where; mount -t proc proc root/proc
                brig chroot root cat /where
                """,
                .prints("the new root")),
            .without(
                "The way out of a chroot: here by a descriptor that was open before. runc's CVE-2024-21626 was this.",
                "brig chroot root sh -c 'cd /proc/self/fd/9 && ls -d tmp etc' 9</",
                .prints("etc")),
            .without(
                "And here by somebody else's root, which /proc shows.",
                "sleep 300 & keep outside $!; brig chroot root ls -d /proc/$outside/root/etc", .prints("/etc"),
                .same("/proc/$outside/ns/mnt", "/proc/self/ns/mnt")),
            .with(
                "pivot_root: the same tree, but now it is the only one. Its table of mounts ends there.",
                """
                umount root/proc; mount --rbind root root
                brig unshare --fork --pid --kill-child brig pivot_root "$LAB/root" \
                    sh -c 'mount -t proc proc /proc; exec sleep 300' &
                parent=$!; soon has_child $parent; keep inside "$(child_of $parent)"; soon runs $inside sleep
                cut -d ' ' -f 4,5 /proc/$inside/mountinfo
                """,
                .file("/proc/$inside/root/where", has: "the new root"), .lacks("/proc/$inside/mountinfo", " / /tmp ")),
            .with(
                "The same trick as before: every process that it can see has the same root, so /proc leads nowhere.",
                "brig nsenter -t $inside -a cat /proc/1/root/where", .prints("the new root")),
        ])

    static let overlay = Lesson(
        "overlay", "One image, many containers",
        idea: """
            An image's layers are directories that nobody changes. overlayfs shows them as one tree, with a directory \
            on top that takes whatever is written: a changed file is copied up first, a removed one gets a whiteout, a \
            device 0/0 of its name. A thousand containers share the layers; each has only its own top.
            """,
        steps: [
            .with(
                "Two layers below, one above, and the tree that they make together.",
                """
                mkdir -p base app upper work merged
                echo from base >base/a; echo from base >base/b; echo from app >app/b; echo from app >app/c
                brig mount-overlay app base upper work merged
                cd merged; grep . a b c
                """,
                .prints("b:from app"), .prints("a:from base"), .file("/proc/self/mountinfo", has: "$LAB/merged")),
            .with(
                "Writing copies up: the layer below keeps what it had.",
                "echo changed >merged/a; ls upper; cat base/a",
                .prints("from base"), .file("$LAB/upper/a", has: "changed")),
            .with(
                "Removing leaves a mark, so that the layer's file stays hidden.",
                "rm merged/c; ls -l upper/c; ls merged; cat app/c",
                .prints("0, 0"), .absent("$LAB/merged/c"), .prints("from app")),
            .without(
                "Without an upper directory there is nothing to write into: a read-only container.",
                "umount merged; brig mount-overlay --read-only app base merged; echo x >merged/x",
                .refused("ead-only file system")),
        ])
}
