import LinuxKernel
import Testing

/// Denials that are staged in containers: what `brig why` names, and whether its advice helps.
@Suite("brig why", .drivesBrig(with: "jq", "perl"))
struct WhyCommandTests {
    /// One staged denial.
    struct Staged: CustomTestStringConvertible, Sendable {
        let name: String
        let refuser: String
        /// Options that stage it.
        var options = ""
        /// Other options for the second run, where the advice is to leave one out or to put another value there.
        var secondOptions: String?
        /// What is tried, for a shell in the container; `PERL` is the host's perl with its libraries.
        let command: String
        /// Whether the first run ends well nevertheless: what is masked is empty and no error.
        var isSilent = false

        var testDescription: String { name }
    }

    private static let staged: [Staged] = [
        Staged(name: "mount", refuser: "seccomp", command: "mount -t tmpfs none /tmp"),
        Staged(name: "umount", refuser: "seccomp", command: "umount /dev/shm"),
        Staged(name: "unshare", refuser: "seccomp", command: "unshare -n true"),
        Staged(name: "setns", refuser: "seccomp", command: "nsenter -t 1 -n true"),
        Staged(name: "sethostname", refuser: "seccomp", command: "hostname other"),
        Staged(
            name: "clock_settime", refuser: "seccomp",
            command: "PERL 'syscall(227,0,0); exit($!==1)'"),
        Staged(name: "syslog", refuser: "seccomp", command: "PERL 'exit(syscall(103,10,0,0)==-1)'"),
        Staged(name: "keyctl", refuser: "seccomp", command: "PERL 'exit(syscall(250,0,-3,0)==-1)'"),
        Staged(name: "fanotify_init", refuser: "seccomp", command: "PERL 'exit(syscall(300,0,0)==-1)'"),
        Staged(name: "chroot", refuser: "seccomp", options: "--cap-drop SYS_CHROOT", command: "chroot / true"),
        Staged(name: "chown", refuser: "capability", options: "--cap-drop CHOWN", command: "chown 5 /etc/passwd"),
        Staged(
            name: "raw socket", refuser: "capability", options: "--cap-drop NET_RAW",
            command: "PERL 'exit(syscall(41,2,3,1)==-1)'"),
        Staged(
            name: "packet socket", refuser: "capability", options: "--cap-drop NET_RAW",
            command: "PERL 'exit(syscall(41,17,3,0)==-1)'"),
        Staged(
            name: "mknod", refuser: "capability", options: "--cap-drop MKNOD", command: "mknod /tmp/n c 1 3"),
        Staged(
            name: "setuid", refuser: "capability", options: "--cap-drop SETUID",
            command: "PERL 'exit(syscall(105,5)==-1)'"),
        Staged(
            name: "setgid", refuser: "capability", options: "--cap-drop SETGID",
            command: "PERL 'exit(syscall(106,5)==-1)'"),
        Staged(
            name: "bounding set", refuser: "capability", options: "--cap-drop SETPCAP",
            command: "PERL 'exit(syscall(157,24,0,0,0)==-1)'"),
        Staged(
            name: "ptrace", refuser: "capability",
            command:
                "PERL 'pipe(R,W); my $p=fork; if(!$p){syscall(105,5);syswrite(W,1);sleep 999;exit} sysread(R,my $x,1); my $r=syscall(101,16,$p,0,0); kill 9,$p; exit($r==-1)'"
        ),
        Staged(
            name: "kill", refuser: "capability", options: "--cap-drop KILL",
            command:
                "PERL 'pipe(R,W); my $p=fork; if(!$p){syscall(105,5);syswrite(W,1);sleep 9;exit} sysread(R,my $x,1); exit(!kill(15,$p))'"
        ),
        Staged(name: "priority", refuser: "capability", command: "PERL 'exit(syscall(141,0,0,-5)==-1)'"),
        Staged(
            name: "trusted attribute", refuser: "capability",
            command: #"PERL 'my($p,$n,$v)=("/etc/passwd","trusted.x","v"); exit(syscall(188,$p,$n,$v,1,0)==-1)'"#),
        Staged(
            name: "another's directory", refuser: "capability", options: "--cap-drop DAC_OVERRIDE",
            command: "mkdir /tmp/d; chown 5 /tmp/d; chmod 700 /tmp/d; touch /tmp/d/x"),
        Staged(
            name: "another's mode", refuser: "capability", options: "--cap-drop FOWNER",
            command: "touch /tmp/f; chown 5 /tmp/f; chmod 600 /tmp/f"),
        Staged(name: "interface", refuser: "capability", command: "ip link set lo mtu 1400"),
        Staged(name: "ordinary user", refuser: "capability", options: "-u 1000", command: "chown 5 /tmp"),
        Staged(
            name: "read-only kernel setting", refuser: "readOnlyMount",
            command: "cat /proc/sys/kernel/panic > /tmp/v; cat /tmp/v > /proc/sys/kernel/panic"),
        Staged(name: "read-only root", refuser: "readOnlyMount", options: "--read-only", command: "touch /etc/x"),
        Staged(
            name: "read-only volume", refuser: "readOnlyMount", options: "-v VOLUME:/data:ro",
            secondOptions: "-v VOLUME:/data", command: "touch /data/x"),
        Staged(
            name: "masked directory", refuser: "maskedPath", command: "touch /proc/acpi/x; ls /proc/acpi/wakeup",
            isSilent: true),
        Staged(name: "masked file", refuser: "maskedPath", command: "cat /proc/timer_list", isSilent: true),
        Staged(
            name: "fork limit", refuser: "limit", options: "--pids-limit 3", secondOptions: "",
            command: "sleep 999 & sleep 999 & sleep 999 & sleep 999 & exit 0"),
        Staged(
            name: "memory", refuser: "limit", options: "-m 20m", secondOptions: "",
            // With few calls, each of which is stopped at.
            command: "x=0123456789; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do x=$x$x; done"),
        Staged(
            name: "locked memory", refuser: "limit", options: "--ulimit memlock=0", secondOptions: "",
            command: #"PERL 'my $x="a" x 10000; exit(syscall(149,$x,10000)==-1)'"#),
        Staged(
            name: "open files", refuser: "limit", options: "--ulimit nofile=16", secondOptions: "",
            command: #"PERL 'for(1..30){open($f[$_],"<","/etc/passwd") or exit 1}'"#),
        Staged(
            name: "file size", refuser: "limit", options: "--ulimit fsize=1000", secondOptions: "",
            command: "head -c 5000 /dev/zero > /tmp/z"),
        Staged(
            name: "full tmpfs", refuser: "limit", options: "--tmpfs /t:size=64k", secondOptions: "",
            command: "head -c 500000 /dev/zero > /t/z"),
        Staged(
            name: "full shared memory", refuser: "limit", options: "--shm-size 64k", secondOptions: "",
            command: "head -c 500000 /dev/zero > /dev/shm/z"),
        Staged(
            name: "noexec", refuser: "mountOption", options: "--tmpfs /t", secondOptions: "",
            command: "cp /bin/busybox /t/ls; /t/ls /"),
        Staged(name: "owner and mode", refuser: "permission", options: "-u 1000", command: "echo > /etc/passwd"),
        Staged(
            name: "device", refuser: "deviceRule", command: "mknod /tmp/n c 1 11; exec 3>/tmp/n"),
        Staged(
            name: "nodev", refuser: "mountOption", options: "--tmpfs /t", secondOptions: "",
            command: "mknod /t/n c 1 3; exec 3</t/n"),
        Staged(
            name: "low port", refuser: "capability",
            options: "--cap-drop NET_BIND_SERVICE --sysctl net.ipv4.ip_unprivileged_port_start=1024",
            command: #"PERL 'socket(S,2,1,0); exit(!bind(S,pack("Snx12",2,80)))'"#),
        Staged(
            name: "bpf", refuser: "seccomp",
            command: #"PERL 'my $a=pack("L4x112",2,4,4,1); exit(syscall(321,0,$a,128)<0)'"#),
        Staged(
            name: "perf_event_open", refuser: "seccomp", command: "PERL 'exit(syscall(298,0,0,-1,-1,0)<0 && $!==1)'"),
        Staged(
            name: "open_by_handle_at", refuser: "seccomp", command: "PERL 'exit(syscall(304,-100,0,0)<0 && $!==1)'"),
        Staged(name: "personality", refuser: "seccomp", command: "PERL 'exit(syscall(135,0x400000)<0)'"),
        Staged(name: "user namespace", refuser: "seccomp", command: "unshare -U true"),
        Staged(
            name: "setns without a filter", refuser: "capability", options: "--security-opt seccomp=unconfined",
            command: "nsenter -t 1 -n true"),
        Staged(
            name: "mount without a filter", refuser: "capability", options: "--security-opt seccomp=unconfined",
            command: "mount -t tmpfs none /tmp"),
        Staged(
            name: "host name without a filter", refuser: "capability", options: "--security-opt seccomp=unconfined",
            command: "hostname other"),
        Staged(name: "input and output first", refuser: "capability", command: "ionice -c 1 true"),
        Staged(
            name: "sticky directory", refuser: "capability", options: "--cap-drop FOWNER",
            command: "mkdir -m 1777 /tmp/s; chown 5 /tmp/s; touch /tmp/s/f; chown 6 /tmp/s/f; unlink /tmp/s/f"),
        Staged(
            name: "capabilities of a file", refuser: "capability", options: "--cap-drop SETFCAP",
            command:
                #"touch /tmp/f; PERL 'my($p,$n,$v)=("/tmp/f","security.capability",pack("L5",0x2000000,1024,0,0,0)); exit(syscall(188,$p,$n,$v,20,0)<0)'"#
        ),
        Staged(
            name: "processes of a user", refuser: "limit", options: "-u 54321 --ulimit nproc=2",
            secondOptions: "-u 54321",
            command: "sleep 999 & sleep 999 & sleep 999 & kill %1 %2 %3"),
        Staged(name: "netlink", refuser: "capability", command: "ip addr add 192.0.2.1/32 dev lo"),
        Staged(
            name: "a program called brig", refuser: "seccomp",
            command: ": PERL ; cp /usr/bin/perl /tmp/brig; /tmp/brig -e 'exit(syscall(103,10,0,0)==-1)'"),
        Staged(
            name: "socket for ping", refuser: "limit", options: "--sysctl 'net.ipv4.ping_group_range=1 0'",
            secondOptions: "", command: "PERL 'exit(syscall(41,2,2,1)==-1)'"),
        Staged(
            name: "raised limit", refuser: "capability", options: "--ulimit nofile=64:64", secondOptions: "",
            command: "ulimit -n 128"),
    ]

    /// What the profile alone refuses: capabilities, mounts and modes would let it through.
    private static let confined: [Staged] = [
        Staged(
            name: "AppArmor: a setting of the kernel", refuser: "securityModule",
            options: "--security-opt systempaths=unconfined",
            command: "cat /proc/sys/kernel/panic > /tmp/v; cat /tmp/v > /proc/sys/kernel/panic"),
        Staged(
            name: "AppArmor: mount", refuser: "securityModule", options: "--cap-add SYS_ADMIN",
            command: "mount -t tmpfs none /tmp"),
    ]

    /// Those that depend on the version of control groups or on AppArmor, for a machine on which all would take too long.
    private static let ofTheMachine = ["fork limit", "memory", "device"]

    private static let here =
        Emulation.isSlow ? staged.filter { ofTheMachine.contains($0.name) } : staged

    @Test("the refuser is named, and the advice helps", arguments: here)
    func advice(_ staged: Staged) throws { try check(staged) }

    @Test(
        "what AppArmor refuses is told apart, and the advice helps",
        .enabled(if: Emulation.hasAppArmor, "needs a kernel with AppArmor: make vm-test"), arguments: confined)
    func confinement(_ staged: Staged) throws { try check(staged) }

    private func check(_ staged: Staged) throws {
        let fixture = try BrigFixture()
        let libraries =
            staged.command.contains("PERL") ? "-v /usr:/usr:ro -v /usr/lib:/lib:ro -v /usr/lib64:/lib64:ro" : ""
        let own = "\(fixture.directory)/\(UInt32.random(in: 0 ... .max))"
        let command = staged.command.replacing("PERL", with: "/usr/bin/perl -e")
        try OwnedDescriptor(open: "\(own).sh", [.write, .create]).write(command)
        let options = (staged.options + " \(libraries)").replacing("VOLUME", with: own)
        let second = (staged.secondOptions.map { "\($0) \(libraries)" } ?? options).replacing("VOLUME", with: own)
        let brig = "\(BrigFixture.products)/brig --root \(fixture.directory)/root --run-root \(fixture.directory)/run"
        let script = """
            mkdir \(own)
            \(brig) why --json -- \(brig) run --rm --network none \(options) box sh -c "$(cat \(own).sh)" >\(own).json 2>\(own).err
            echo "first $?"
            jq -r '.denials[] | select(.refusedBy == "\(staged.refuser)") | .call + " = " + .result' \(own).json | head -1
            advice=$(jq -r '[.denials[] | select(.refusedBy == "\(staged.refuser)") | .allowedBy][0]' \(own).json)
            advice=${advice%%, or *}; advice=${advice%% (*}
            case "$advice" in -*) ;; *) advice=; esac
            eval "set -- $advice"
            \(brig) run --rm --network none \(second) "$@" box sh -c "$(cat \(own).sh)" >\(own).out 2>&1
            echo "second $? with $advice"
            """
        let answer = try fixture.onHost("/bin/sh", ["-c", script])
        let lines = answer.output.split(separator: "\n").map(String.init)
        let errors = (try? readText("\(own).err")) ?? ""
        let output = (try? readText("\(own).out")) ?? ""
        #expect(lines.count == 3, "\(answer.output) \(errors)")
        if !staged.isSilent { #expect(lines.first != "first 0", "\(errors)") }
        #expect(lines.last?.hasPrefix("second 0") == true || staged.isSilent, "\(answer.output) \(output)")
    }

    @Test("what is allowed is not reported, and the command's own code is passed on")
    func nothing() throws {
        let fixture = try BrigFixture()
        let answer = try fixture.brig("why", "--", "/bin/sh", "-c", "echo out; exit 7")
        #expect(answer.status == 7)
        #expect(answer.output == "out\nnothing was refused\n")
        let engine = BrigFixture.products + "/brig"
        let run = try fixture.brig(
            "why", "--", engine, "--root", fixture.directory + "/root", "--run-root", fixture.directory + "/run", "run",
            "--rm", "--network", "none", "box", "true")
        #expect(run.status == 0)
        #expect(run.output == "nothing was refused\n", "\(run.output)\(run.errors)")
        #expect(try fixture.brig("why", "--", "/no/such").status == 127)
        #expect(try fixture.brig("why").status == 1)
    }

    @Test("a container that runs is watched for a time and goes on")
    func running() throws {
        let fixture = try BrigFixture()
        _ = try fixture.brig(
            "run", "-d", "--name", "busy", "box", "sh", "-c", "while true; do hostname x 2>/dev/null; sleep 0.1; done")
        // On a busy machine it may not come to its next try for a while.
        var answer = try fixture.brig("why", "--seconds", "2", "busy")
        for _ in 0..<60 where !answer.output.contains("sethostname") {
            answer = try fixture.brig("why", "--seconds", "2", "busy")
        }
        #expect(answer.status == 0, "\(answer.errors)")
        #expect(answer.output.contains("sethostname(\"x\", 1) = EPERM"), "\(answer.output)")
        #expect(answer.output.contains("--cap-add SYS_ADMIN"))
        #expect(try fixture.brig("inspect", "-f", "{{.State.Running}}", "busy").output == "true\n")
        let status = try fixture.brig("exec", "busy", "grep", "TracerPid", "/proc/1/status")
        #expect(status.output.contains("\t0"))
        _ = try fixture.brig("rm", "-f", "busy")
    }

    @Test("a container that has ended is explained")
    func ended() throws {
        let fixture = try BrigFixture()
        func why(_ name: String) throws -> String { try fixture.brig("why", name).output }
        _ = try fixture.brig("run", "--name", "three", "box", "sh", "-c", "exit 3")
        #expect(try why("three").contains("exit code 3"))
        _ = try fixture.brig("run", "--name", "absent", "box", "nosuchprogram")
        #expect(try why("absent").contains("there is no program nosuchprogram in the image"))
        _ = try fixture.brig("run", "--name", "segv", "box", "sh", "-c", "kill -SEGV $$; sleep 1")
        _ = try fixture.brig(
            "run", "--name", "oom", "-m", "20m", "box", "sh", "-c",
            "yes | head -c 60000000 | tail -c 50000000 >/dev/null")
        #expect(try why("oom").contains("more memory than it may (20 MiB)"))
        for (name, text) in [("script", "#!/no/such/shell\\n"), ("windows", "#!/bin/sh\\r\\n"), ("text", "hello\\n")] {
            let path = "\(fixture.directory)/\(name)"
            _ = try BrigFixture.run("/bin/sh", ["-c", "printf '\(text)' > \(path); chmod 755 \(path)"])
            _ = try fixture.brig("run", "-v", "\(path):/\(name)", "--name", name, "box", "/\(name)")
        }
        let copied = try BrigFixture.run(
            "/bin/sh",
            [
                "-c",
                "cd \(fixture.directory) && mkdir more && printf '#!/no/such/shell\\n' > more/script && cp /bin/busybox more/arm && printf '\\267' | dd of=more/arm bs=1 seek=18 conv=notrunc 2>/dev/null && cp /bin/busybox more/plain && chmod 755 more/script more/arm && chmod 644 more/plain && tar -C more -cf more.tar .",
            ])
        #expect(copied.status == 0)
        _ = try fixture.brig("import", "\(fixture.directory)/more.tar", "more")
        for name in ["script", "arm", "plain"] { _ = try fixture.brig("run", "--name", "m\(name)", "more", "/\(name)") }
        let reasons = [
            ("mscript", "/no/such/shell, which is not in the image"),
            ("marm", "is for arm64, and this machine is x86_64"),
            ("mplain", "is not executable (mode 644)"),
        ]
        for (name, reason) in reasons {
            let said = try why(name)
            #expect(said.contains(reason), "\(said)")
        }
    }

    @Test("a recorded profile lets the same work through, and one call more is refused")
    func record() throws {
        let fixture = try BrigFixture()
        let engine = BrigFixture.products + "/brig"
        let roots = ["--root", fixture.directory + "/root", "--run-root", fixture.directory + "/run"]
        let profile = fixture.directory + "/recorded.json"
        let work = "echo hello > /tmp/a; chown 5 /tmp/a; cat /tmp/a; ls / > /dev/null; sleep 0.01 & wait"
        let recorded = try fixture.brig(
            ["profile", "record", "-o", profile, "--", engine] + roots + ["run", "--rm", "box", "sh", "-c", work])
        #expect(recorded.status == 0, "\(recorded.errors)")
        #expect(recorded.output == "hello\n")
        #expect(
            recorded.errors.contains("--cap-drop ALL --cap-add CHOWN --security-opt seccomp=\(profile)"),
            "\(recorded.errors)")
        let options = [
            "run", "--rm", "--cap-drop", "ALL", "--cap-add", "CHOWN", "--security-opt", "seccomp=\(profile)", "box",
        ]
        let again = try fixture.brig(options + ["sh", "-c", work])
        #expect(again.status == 0 && again.output == "hello\n", "\(again.errors)")
        let more = try fixture.brig(options + ["sh", "-c", work + "; mkdir /tmp/new"])
        #expect(more.status != 0 && more.errors.contains("not permitted"), "\(more.errors)")
        let less = try fixture.brig("run", "--rm", "--cap-drop", "ALL", "box", "sh", "-c", "chown 5 /etc/passwd")
        #expect(less.status != 0)
    }
}
