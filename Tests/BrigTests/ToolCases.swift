import Testing

extension ToolTests {
    /// More command lines for both, for each option of the originals.
    static let options: [Case] = [
        Case("unshare", "TOOL -U --map-auto -r true"),
        Case("unshare", "TOOL --mount --wd=/tmp pwd"),
        Case("unshare", "TOOL -mp -f --mount-proc=/proc sh -c 'ls -d /proc/1; cat /proc/1/comm'"),
        Case("unshare", "TOOL -fp --kill-child sh -c 'exit 3'"),
        Case("unshare", "TOOL --cgroup cat /proc/self/cgroup | grep -c ':/$' | sed 's/^[1-9].*/all/'"),
        Case(
            "unshare",
            "d=$(mktemp -d); touch $d/u; TOOL --uts=$d/u hostname filed; nsenter --uts=$d/u hostname; umount $d/u; rm -r $d"
        ),
        Case(
            "unshare",
            "d=$(mktemp -d); mount --bind $d $d; mount --make-private $d; touch $d/m; TOOL --mount=$d/m true; nsenter --mount=$d/m sh -c 'echo in'; umount $d/m; umount $d; rm -r $d"
        ),
        Case(
            "unshare",
            "d=$(mktemp -d); touch $d/t; TOOL -f --time=$d/t --boottime 1000000 true; nsenter --time=$d/t cat /proc/uptime | awk '{print ($1 > 1000000)}'; umount $d/t; rm -r $d"
        ),
        Case("unshare", "TOOL --monotonic -5 -T -f cat /proc/self/timens_offsets"),
        Case("unshare", "TOOL -R /usr -w / sh -c true"),
        Case("unshare", "TOOL --setuid=5 --setgid=6 id"),
        Case("unshare", "TOOL -Ur --setgroups=deny cat /proc/self/setgroups"),
        Case("unshare", "TOOL -V >/dev/null; echo $?"),
        Case("unshare", "TOOL -fp sh -c 'kill -KILL $$'"),
        Case(
            "nsenter",
            "unshare -m sleep 99 & until grep -q sleep /proc/$!/comm; do sleep 0.05; done; TOOL -t $! -m -- sh -c 'echo in'; TOOL -t $! --mount --root sh -c 'pwd'; kill $!"
        ),
        Case(
            "nsenter",
            "unshare -i sleep 99 & until grep -q sleep /proc/$!/comm; do sleep 0.05; done; TOOL -t $! -i sh -c 'readlink /proc/self/ns/ipc'; kill $!"
        ),
        Case(
            "nsenter",
            "unshare -C sleep 99 & until grep -q sleep /proc/$!/comm; do sleep 0.05; done; TOOL -t $! -C sh -c 'readlink /proc/self/ns/cgroup'; kill $!"
        ),
        Case("nsenter", "TOOL -t $$ -F -u sh -c 'exit 4'"),
        Case("nsenter", "TOOL --target=$$ --net --wd=/usr pwd"),
        Case("nsenter", "TOOL -t $$ -Z -n true"),
        Case("nsenter", "TOOL -t $$ -w -u pwd"),
        Case("nsenter", "TOOL -t $$ -r -u pwd"),
        Case("nsenter", "TOOL --uts=/proc/self/ns/uts hostname | wc -l"),
        Case("nsenter", "TOOL --target"),
        Case("nsenter", "TOOL -U -t 1 true"),
        Case("lsns", "TOOL -t uts -t ipc -p $$ -n -o TYPE"),
        Case("lsns", "TOOL -r -p $$ -o NS,TYPE,PATH,NPROCS,PID,PPID,COMMAND,UID,USER | head -1"),
        Case("lsns", "TOOL -J -p $$ -t mnt -o TYPE"),
        Case("lsns", "TOOL -u -l -p $$ -t uts -n -o TYPE"),
        Case("lsns", "TOOL -p $$ -t net -W -n -o TYPE,COMMAND"),
        Case("lsns", "TOOL -T -p $$ -t uts -n -o TYPE"),
        Case("lsns", "TOOL --tree=owner -t user -n -o TYPE | head -1"),
        Case("lsns", "TOOL --tree=parent -t pid -n -o TYPE | head -1"),
        Case("lsns", "TOOL --tree=process -t uts -p $$ -n -o TYPE"),
        Case("lsns", "TOOL -P -p $$ -o TYPE"),
        Case("lsns", "TOOL 5"),
        Case("chroot", "TOOL --groups= / id -G"),
        Case("chroot", "TOOL --userspec=:34 / id"),
        Case("chroot", "TOOL --userspec=33: / id"),
        Case("chroot", "TOOL --userspec=+33:+34 / id"),
        Case("chroot", "TOOL --userspec=33.34 / id"),
        Case("chroot", "SHELL=/bin/echo TOOL /"),
        Case("pstree", "TOOL 1 2"),
        Case("pstree", "TOOL -N foo"),
        Case(
            "getcap",
            "f=$(mktemp); TOOL -v $f | sed 's,.*/tmp[^ ]*,F,'; setcap cap_chown=ep $f; TOOL -n $f | sed 's,^[^ ]*,F,'; rm $f"
        ),
        Case("getcap", "TOOL /nope"),
        Case(
            "getcap",
            "d=$(mktemp -d); touch $d/a $d/b; setcap cap_chown=ep $d/b; ln -s b $d/c; cd $d; TOOL -r .; TOOL a b c; rm -r $d"
        ),
        Case(
            "setcap",
            "f=$(mktemp); setcap cap_chown=ep $f; TOOL -v cap_chown=ep $f | sed 's,^[^:]*:,F:,'; TOOL -v cap_kill=ep $f | sed 's,^[^ ]*,F,'; TOOL -v cap_chown=eip $f | sed 's,^[^ ]*,F,'; TOOL -q -v cap_chown=ep $f; echo $?; rm $f"
        ),
        Case(
            "setcap",
            "f=$(mktemp); echo cap_chown=ep | TOOL - $f; getcap $f | cut -d' ' -f2; TOOL -n 1000 cap_kill=ep $f; getcap -n $f | cut -d' ' -f2-; rm $f"
        ),
        Case("setcap", "f=$(mktemp); ln -s $f $f.l; TOOL cap_chown=ep $f.l; getcap $f; rm $f $f.l"),
        Case("setcap", "TOOL -r /nope"),
        Case(
            "setcap",
            "f=$(mktemp); setcap cap_kill=ep $f; TOOL - $f </dev/null; echo $?; getcap $f | cut -d' ' -f2; rm $f"),
        Case("setcap", "f=$(mktemp); TOOL -r $f; echo $?; rm $f"),
        Case("capsh", "TOOL --keep=1 --current; TOOL --uid=65534 --keep=1 --current; echo $?; TOOL --keep=2; echo $?"),
        Case("capsh", "TOOL --mode=PURE1E --current; TOOL --mode=PURE1E_INIT --current; TOOL --mode=HYBRID --current"),
        Case("capsh", "TOOL --shell=/nonexist -- a; echo $?"),
        Case(
            "getpcaps",
            "setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all sleep 99 & until grep -q sleep /proc/$!/comm; do sleep 0.05; done; TOOL --iab $!; TOOL $!; kill $!"
        ),
        Case("nsenter", "echo 'shopt -q login_shell && echo login || echo no' | SHELL=/bin/bash TOOL -t $$ -u"),
        Case("nsenter", "cd /usr; TOOL -t $$ -a pwd; TOOL -t $$ -u pwd; SHELL=/nonexist TOOL -t $$ -u; echo $?"),
        Case("unshare", "echo 'shopt -q login_shell && echo login || echo no' | SHELL=/bin/bash TOOL -u"),
        Case("lsns", "TOOL -J -r; echo $?"),
        Case(
            "cgset",
            "[ -d /sys/fs/cgroup/pids ] || exit 0; g=tt-$$; cgcreate -g pids:$g"
                + "; for p in pids.max=abc pids.nosuch=1 nosuch.max=5 pids.current=1; do TOOL -r $p $g; echo $?; done; TOOL $g; echo $?; TOOL -r pids.max=5 $g-no; echo $?"
                + "; cgdelete -r pids:$g"),
        Case(
            "cgexec",
            "[ -d /sys/fs/cgroup/pids ] || exit 0; g=tt-$$; cgcreate -g pids:$g"
                + "; for a in \"-g pids:$g nosuchprogram\" \"-g pids:$g /etc/passwd\" \"-g nosuch:$g true\" \"-g pids:$g-no true\" \"-g pids:$g\"; do TOOL $a; echo $?; done"
                + "; cgdelete -r pids:$g"),
        Case("cgexec", "TOOL true >/dev/null; echo $?"),
        Case(
            "cgcreate",
            "[ -d /sys/fs/cgroup/pids ] || exit 0; g=tt-$$; TOOL -g nosuch:$g; echo $?; TOOL -g pids; echo $?"
                + "; TOOL -t daemon -g pids:$g; stat -c '%U:%G' /sys/fs/cgroup/pids/$g /sys/fs/cgroup/pids/$g/tasks; cgdelete -r pids:$g"
        ),
        Case(
            "cgdelete",
            "[ -d /sys/fs/cgroup/pids ] || exit 0; g=tt-$$; cgcreate -g pids:$g/sub; TOOL pids:$g; echo $?; TOOL pids:$g-no; echo $?; TOOL nosuch:$g; echo $?"
                + "; cgdelete -r pids:$g"),
        Case("lscgroup", "TOOL nosuch:/; echo $?; TOOL nocolon; echo $?"),
        Case("capsh", "TOOL --delamb=cap_chown --print | grep Ambient"),
        Case("capsh", "TOOL --print --drop=all --print | grep -c Bounding"),
        Case("capsh", "TOOL --cap-uid=33 -- -c 'id -u; grep CapEff /proc/self/status'"),
        Case("capsh", "TOOL --inmode=PURE1E; echo $?"),
        Case("capsh", "TOOL --current"),
        Case("capsh", "TOOL --mode"),
        Case("capsh", "TOOL --noenv --current"),
        Case("capsh", "TOOL --decode=0"),
        Case("capsh", "TOOL --decode=ffffffffffffffff"),
        Case("capsh", "TOOL == --current"),
        Case("capsh", "TOOL --user=root --print | tail -3"),
        Case("capsh", "TOOL --groups=nosuch -- -c id"),
        Case("capsh", "TOOL --gid=x"),
        Case("getpcaps", "TOOL --legacy $$"),
        Case("getpcaps", "TOOL --ugly $$"),
        Case("getpcaps", "TOOL $$ $PPID | wc -l"),
        Case("pscap", "TOOL -a | awk '$2 == 1 {print $1, $2, $3}'"),
        Case("pscap", "TOOL | head -1"),
        Case("cgcreate", "TOOL"),
        Case("cgexec", "TOOL -g pids:tt-nosuch true"),
        Case("unshare", "unshare -i TOOL -i ipcs -q | wc -l"),
        Case("lsns", "unshare -u sh -c 'TOOL -n -o TYPE,NS $(readlink /proc/self/ns/uts | tr -dc 0-9) | head -1'"),
        Case("lsns", "unshare -u sh -c 'TOOL $(readlink /proc/self/ns/uts | tr -dc 0-9) | head -1'"),
        Case("lsns", "TOOL -p 1 -o NS,TYPE,PNS,ONS -t user -t pid -n"),
        Case("chroot", "TOOL --userspec=12345 / id"),
        Case("chroot", "TOOL --userspec=33 / id"),
        Case("chroot", "TOOL --userspec=33 --groups=5 / id"),
        Case(
            "pstree",
            "sleep 99 & until grep -q sleep /proc/$!/comm; do sleep 0.05; done; TOOL -G $!; TOOL -A -s $! | sed 's/.*---/---/'; TOOL -A -u $!; TOOL -A -l $!; TOOL -A -n $!; TOOL -A -T $!; TOOL -A -t $!; kill $!"
        ),
        Case(
            "pstree",
            #"sh -c 'sleep 99 & exec sleep 99' & until [ "$(pgrep -c -x sleep -P $!)" = 1 ] && grep -q sleep /proc/$!/comm; do sleep 0.05; done; TOOL -G $!; TOOL -Ga $!; TOOL -Gc $!; pkill -P $!; kill $!"#
        ),
        Case("pscap", "TOOL x"),
        Case("capsh", "TOOL --explain=cap_chown | head -1"),
        Case("capsh", "TOOL --has-p=cap_chown; echo $?; TOOL --has-p=cap_chown --has-i=cap_chown"),
        Case("capsh", "TOOL --has-a=cap_chown"),
        Case("capsh", "TOOL --has-b=cap_chown; echo $?; TOOL --drop=cap_chown --has-b=cap_chown"),
        Case("capsh", "TOOL --has-no-new-privs"),
        Case("capsh", "TOOL --has-ambient; echo $?"),
        Case("unshare", "TOOL --nope"),
        Case("nsenter", "TOOL --nope"),
        Case("lsns", "TOOL --nope"),
        Case("chroot", "TOOL --nope"),
        Case("getpcaps", "TOOL --nope"),
        Case("getcap", "TOOL --nope"),
        Case("setcap", "TOOL --nope"),
        Case("pscap", "TOOL --nope"),
        Case("pstree", "TOOL --nope"),
        Case("cgcreate", "TOOL --nope"),
        Case("cgset", "TOOL --nope"),
        Case("cgget", "TOOL --nope"),
        Case("cgexec", "TOOL --nope"),
        Case("cgdelete", "TOOL --nope"),
        Case("lscgroup", "TOOL --nope"),
        Case("cgcreate", "TOOL"),
        Case("cgset", "TOOL"),
        Case("cgexec", "TOOL -g pids:tt-nosuch true"),
        Case("cgcreate", "TOOL -g pids:"),
        Case("cgexec", #"TOOL -g pids:/ sh -c "exit 3""#),
        Case("capsh", "TOOL -+ -c 'id -u; grep CapEff /proc/self/status'"),
        Case("capsh", "TOOL =+ --current"),
        Case("capsh", "TOOL --iab='^cap_chown' --current"),
        Case("capsh", "TOOL --mode=PURE1E_INIT --mode"),
        Case("capsh", "TOOL --user=daemon --current"),
        Case("capsh", "TOOL --user=daemon --drop=cap_chown --current"),
        Case("capsh", "TOOL --cap-uid=7 --current"),
        Case("capsh", "TOOL --noamb --addamb=cap_chown --current"),
        Case("capsh", "TOOL --inh=cap_chown --addamb=cap_chown --user=daemon -- -c 'grep Cap /proc/self/status'"),
        Case(
            "pstree",
            "sleep 99 & until grep -q sleep /proc/$!/comm; do sleep 0.05; done; TOOL -C age -A $! | od -c; TOOL -A -apg $!; kill $!"
        ),
        Case("pstree", "TOOL -C size"),
        Case(
            "lsns",
            "unshare -Ur sleep 99 & until grep -q sleep /proc/$!/comm; do sleep 0.05; done; TOOL -T -p $! -o TYPE,COMMAND -n; TOOL --tree=parent -p $! -t user -o TYPE,COMMAND -n; kill $!"
        ),
        Case("nsenter", "TOOL -t $$ --wdns=/usr -m pwd"),
        Case("nsenter", "TOOL -r/usr ls -d /bin"),
    ]

    /// What is in the two shells that make and remove a control group around a line; on hosts with v2 alone the files have
    /// other names, and the walkthrough is about them.
    static let groups: [Case] = [
        Case(
            "cgcreate",
            "[ -d /sys/fs/cgroup/pids ] || exit 0; g=tt-$$; "
                + "TOOL -g pids,memory:$g; ls -d /sys/fs/cgroup/pids/$g /sys/fs/cgroup/memory/$g | wc -l"
                + "; cgdelete -r pids:$g 2>/dev/null; cgdelete -r memory:$g 2>/dev/null; true"),
        Case(
            "cgcreate",
            "[ -d /sys/fs/cgroup/pids ] || exit 0; g=tt-$$; "
                + "TOOL -a daemon:mail -t games:games -d 750 -f 640 -s 660 -g pids:$g; cd /sys/fs/cgroup/pids/$g; stat -c '%a %U:%G' . tasks pids.max pids.current"
                + "; cgdelete -r pids:$g 2>/dev/null; cgdelete -r memory:$g 2>/dev/null; true"),
        Case(
            "cgset",
            "[ -d /sys/fs/cgroup/pids ] || exit 0; g=tt-$$; "
                + "cgcreate -g pids,memory:$g; TOOL -r pids.max=7 -r memory.limit_in_bytes=16777216 $g; cat /sys/fs/cgroup/pids/$g/pids.max /sys/fs/cgroup/memory/$g/memory.limit_in_bytes"
                + "; cgdelete -r pids:$g 2>/dev/null; cgdelete -r memory:$g 2>/dev/null; true"),
        Case(
            "cgset",
            "[ -d /sys/fs/cgroup/pids ] || exit 0; g=tt-$$; "
                + "cgcreate -g pids:$g -g pids:$g/b; cgset -r pids.max=9 $g; TOOL --copy-from $g $g/b; cat /sys/fs/cgroup/pids/$g/b/pids.max"
                + "; cgdelete -r pids:$g 2>/dev/null; cgdelete -r memory:$g 2>/dev/null; true"),
        Case(
            "cgget",
            "[ -d /sys/fs/cgroup/pids ] || exit 0; g=tt-$$; "
                + "cgcreate -g pids:$g; TOOL -r pids.max $g; TOOL -n -r pids.max $g; TOOL -nv -r pids.max $g; TOOL -v -r pids.max -r pids.current $g"
                + "; cgdelete -r pids:$g 2>/dev/null; cgdelete -r memory:$g 2>/dev/null; true"),
        Case(
            "cgget",
            "[ -d /sys/fs/cgroup/pids ] || exit 0; g=tt-$$; "
                + "cgcreate -g pids:$g; TOOL -g pids $g; TOOL -g pids:$g; TOOL -n -g pids $g $g"
                + "; cgdelete -r pids:$g 2>/dev/null; cgdelete -r memory:$g 2>/dev/null; true"),
        Case(
            "cgexec",
            "[ -d /sys/fs/cgroup/pids ] || exit 0; g=tt-$$; "
                + "cgcreate -g pids,memory:$g; TOOL -g pids,memory:$g cat /proc/self/cgroup | grep -c $g; TOOL -g pids:$g sh -c 'exit 3'; echo $?; TOOL --sticky -g pids:$g true; echo $?"
                + "; cgdelete -r pids:$g 2>/dev/null; cgdelete -r memory:$g 2>/dev/null; true"),
        Case(
            "cgdelete",
            "[ -d /sys/fs/cgroup/pids ] || exit 0; g=tt-$$; "
                + "cgcreate -g pids:$g/a/b -g memory:$g; TOOL -r pids,memory:$g; ls -d /sys/fs/cgroup/pids/$g /sys/fs/cgroup/memory/$g 2>/dev/null | wc -l; TOOL pids:$g 2>/dev/null; echo $?"
                + "; cgdelete -r pids:$g 2>/dev/null; cgdelete -r memory:$g 2>/dev/null; true"),
        Case(
            "cgdelete",
            "[ -d /sys/fs/cgroup/pids ] || exit 0; g=tt-$$; "
                + "cgcreate -g pids:$g/a; TOOL -g pids:$g/a; ls /sys/fs/cgroup/pids/$g | grep -cx a"
                + "; cgdelete -r pids:$g 2>/dev/null; cgdelete -r memory:$g 2>/dev/null; true"),
        Case(
            "lscgroup",
            "[ -d /sys/fs/cgroup/pids ] || exit 0; g=tt-$$; "
                + "cgcreate -g pids:$g/a/b; TOOL pids:$g; TOOL -g pids:/$g"
                + "; cgdelete -r pids:$g 2>/dev/null; cgdelete -r memory:$g 2>/dev/null; true"),
    ]
}
