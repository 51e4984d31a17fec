import Foundation
import TestSupport
import Testing

private let walkthroughProgram = "\(Machine.repository)/bin/brig"
private let walkthroughIsPossible =
    !Machine.isReference && !Machine.hasUnifiedCgroups
    && [walkthroughProgram, "/usr/bin/pgrep", "/usr/bin/unshare"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    } && TestImages.objection == nil

extension Integration {
    /// The lines that tutorials have people type. Not yet on hosts with cgroup v2 alone, where they have not been seen to pass.
    @Suite(
        "Walkthrough",
        .enabled(if: walkthroughIsPossible, "needs cgroup v1, `make build`, pgrep, unshare and the test images"))
    struct WalkthroughTests {
        @Test("namespaces, root file system, cgroups, and confinement, line by line")
        func walkthrough() throws {
            let directory = "/tmp/brig-walkthrough-\(UUID().uuidString.prefix(8).lowercased())"
            try FileManager.default.createDirectory(atPath: "\(directory)/work", withIntermediateDirectories: true)
            let options = ["--root", "\(directory)/root", "--run-root", "\(directory)/run"]
            defer {
                // What a failed run left goes with its directory.
                _ = try? run(
                    ["/bin/sh", "-c", "\"$0\" \"$@\" ps -aq | xargs -r \"$0\" \"$@\" rm -f", walkthroughProgram]
                        + options,
                    in: directory)
                _ = try? run(["/bin/rm", "-rf", "--one-file-system", directory], in: "/")
            }
            let images = (try TestImages.fishTree() as NSString).deletingLastPathComponent
            let script = "\(Machine.repository)/Tests/IntegrationTests/walkthrough.sh"
            // Its network is its own: names, links and rules of the machine are not touched.
            let outcome = try run(
                ["/usr/bin/unshare", "-n", "sh", script, images, "\(directory)/work", walkthroughProgram] + options,
                in: directory, timeout: .seconds(1200))
            let lines = outcome.output.split(separator: "\n").map(String.init)
            let expected = Self.expected.split(separator: "\n").map(String.init)
            for (line, wanted) in zip(lines, expected) { #expect(line == wanted) }
            #expect(lines.count == expected.count, "\(outcome.summary)")
        }

        private static let expected = """
            unshare:  PID COMMAND; 1 bash
            identifier: 65
            ns: cgroup;ipc;mnt;net;pid;pid_for_children;time;time_for_children;user;uts
            lsns:  1 cgroup; 1 ipc; 1 mnt; 1 net; 1 pid; 1 time; 1 user; 1 uts
            lsns of all: pid 1 db
            nsenter: 1
            nsenter all: 0
            cgroup of web: 1
            net: same
            --pid=host: same
            --ipc=host: same
            --uts=host: same
            --cgroupns=host: same
            --pid=container: same
            chroot: 1
            pivot_root: /root;0
            import: hello
            build: made
            save: 2
            load: 1
            history: 1
            inspect: [cat /made]
            image tree: 5
            overlay: 1
            cgcreate:
            cgset shares:
            cgset limit:
            cgget: 999997440
            the container: container-fun-times;1;1;hello
            the host: 0
            cgdelete:
            the container in cgroup: 1
            ps --no-trunc: 1
            cgget of v1 names: 3
            no limit: same
            update: db
            limit: 7.629MiB
            the limit in the file: 7999488
            memory.limit_in_bytes: 16777216
            cpu.shares: taken
            over the limit: 1
            AppArmor: brig-default (enforce)
            Seccomp: Seccomp: 2
            CapBnd: CapBnd: 00000000a80425fb
            capsh: 0x00000000a80425fb=cap_chown,cap_dac_override,cap_fowner,cap_fsetid,cap_kill,cap_setgid,cap_setuid,cap_setpcap,\
            cap_net_bind_service,cap_net_raw,cap_sys_chroot,cap_mknod,cap_audit_write,cap_setfcap
            getpcaps: 1
            getcap: file cap_net_raw=ep
            cap-drop: CapBnd: 0000000000000400
            seccomp=profile: mkdir: can't create directory '/tmp/x': Operation not permitted
            seccomp=unconfined: Seccomp: 0
            privileged: same
            left: 0
            """
    }
}
