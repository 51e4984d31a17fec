# What tutorials have people type, line by line: namespaces, the root file system, cgroups, and confinement. Each line that
# begins with `is` prints what a newcomer would look at; WalkthroughTests has what it must be.
# Usage: walkthrough.sh IMAGES WORK BRIG [OPTION...]
images=$1; work=$2; shift 2
brig() { "$BRIG" "$@"; }
BRIG=$work/brig
printf '#!/bin/sh\nexec %s "$@"\n' "$*" >"$BRIG"
chmod 755 "$BRIG"
cd "$work" || exit 1
is() { name=$1; shift; printf '%s: %s\n' "$name" "$("$@" 2>&1 | tr '\n' ';' | sed 's/;$//')" | sed 's/ $//'; }
same() { [ "$1" = "$2" ] && echo same || echo "different: $1 $2"; }
# A process of the host by its name, of one of our containers only: others may run the same program.
process() { for p in $(pgrep -x "$1"); do grep -q "$2" "/proc/$p/cgroup" && echo "$p"; done | tail -n 1; }
poll() { for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done; echo "never: $*"; return 1; }
ip link set lo up
v2=; [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] && v2=yes
for name in redis-alpine nginx-alpine; do brig load -q -i "$images/$name.tar" >/dev/null || exit 1; done

# Namespaces
is 'unshare' brig unshare --fork --pid --mount-proc bash -c 'ps -o pid,comm | head -n 2 | tr -s " "'
DBID=$(brig run -d --name=db redis:alpine)
is 'identifier' sh -c "echo $DBID | wc -c"
poll process redis-server "$DBID"
poll test -n "$(process redis-server "$DBID")"
DBPID=$(process redis-server "$DBID")
is 'ns' sh -c "ls /proc/$DBPID/ns"
is 'lsns' sh -c "$BRIG lsns -n -o TYPE -p $DBPID | sort | uniq -c | tr -s ' '"
is 'lsns of all' sh -c "$BRIG lsns -n -t pid -o TYPE,NPROCS,CONTAINER | grep db | tr -s ' '"
is 'nsenter' sh -c "$BRIG nsenter --target $DBPID --mount --uts --ipc --net --pid ps | grep -c redis-server"
is 'nsenter all' sh -c "$BRIG nsenter -t $DBPID --all hostname | head -c 12 | cmp -n 12 - /dev/stdin <<X
$DBID
X
echo \$?"
WEBID=$(brig run -d --name=web --net=container:db nginx:alpine)
poll test -n "$(process nginx "$WEBID")"
WEBPID=$(process nginx "$WEBID")
is 'cgroup of web' sh -c "grep -c $WEBID /proc/$WEBPID/cgroup | grep -vc '^0'"
is 'net' same "$(readlink "/proc/$WEBPID/ns/net")" "$(readlink "/proc/$DBPID/ns/net")"
for kind in mnt pid ipc uts cgroup; do
    # As in Docker, the cgroup namespace is the host's on v1.
    [ $kind = cgroup ] && [ -z "$v2" ] && continue
    [ "$(readlink "/proc/$DBPID/ns/$kind")" = "$(readlink /proc/self/ns/$kind)" ] && echo "$kind is the host's"
done
for kind in pid ipc uts cgroupns; do
    file=$kind; [ $kind = cgroupns ] && file=cgroup
    is "--$kind=host" same "$(brig run --rm --$kind=host redis:alpine readlink /proc/self/ns/$file)" \
        "$(readlink /proc/self/ns/$file)"
done
is '--pid=container' same "$(brig run --rm --pid=container:db redis:alpine readlink /proc/self/ns/pid)" \
    "$(readlink "/proc/$DBPID/ns/pid")"

# Root file system
mkdir container-root
tar -C container-root -xf "$images/fish.tar"
is 'chroot' brig chroot "$PWD/container-root" /bin/sh -c 'ls / | grep -c bin'
is 'pivot_root' brig pivot_root "$PWD/container-root" /bin/sh -c 'ls -d /root; ls /host 2>/dev/null | wc -l'
tar -C container-root -c . | brig import - mine >/dev/null
is 'import' brig run --rm mine fish -c 'echo hello'
mkdir build
printf 'FROM redis:alpine\nRUN echo made > /made\nCMD ["cat", "/made"]\n' >build/Dockerfile
brig build -q -t app build >/dev/null 2>&1
is 'build' brig run --rm --entrypoint cat app /made
brig save app >app.tar
is 'save' sh -c "tar -tf app.tar | grep -c -e manifest.json -e index.json"
is 'load' sh -c "$BRIG load <app.tar | grep -c app"
is 'history' sh -c "$BRIG history app | grep -c 'echo made'"
is 'inspect' brig inspect -f '{{.Config.Cmd}}' app
is 'image tree' sh -c "$BRIG image tree app | grep -c redis"
is 'overlay' sh -c "mount | grep overlay | grep -c '$DBID'"

# Fifteen lines of shell that make a container
cd container-root || exit 1
id="cgroup_brig_$$_$(shuf -i 1000-2000 -n 1)"
is 'cgcreate' brig cgcreate -g "cpu,cpuacct,memory:$id"
is 'cgset shares' brig cgset -r cpu.shares=512 "$id"
is 'cgset limit' brig cgset -r memory.limit_in_bytes=1000000000 "$id"
is 'cgget' sh -c "$BRIG cgget -n -v -r memory.limit_in_bytes $id"
is 'the container' brig cgexec -g "cpu,cpuacct,memory:$id" \
    "$BRIG" unshare -fmuipn --mount-proc \
    "$BRIG" chroot "$PWD" /bin/sh -c "/bin/mount -t proc proc /proc && hostname container-fun-times && hostname && echo \$\$ && grep -c $id /proc/self/cgroup | grep -vc '^0' && /usr/bin/fish -c 'echo hello'"
is 'the host' sh -c 'hostname | grep -c container-fun-times'
is 'cgdelete' brig cgdelete -g "cpu,cpuacct,memory:$id"
cd ..

# Cgroups
is 'the container in cgroup' sh -c "grep -c $DBID /proc/$DBPID/cgroup | grep -vc '^0'"
is 'ps --no-trunc' sh -c "$BRIG ps --no-trunc | grep 'redis' | awk '{print \$1}' | grep -c $DBID"
is 'cgget of v1 names' sh -c "$BRIG cgget -r cpuacct.stat -r cpu.shares brig/$DBID | grep -c -e user -e system -e 'cpu.shares: 1024'"
is 'no limit' same "$(brig stats db --no-stream --format '{{.MemUsage}}' | sed 's/.* \/ //')" \
    "$(awk '/^MemTotal/ { u = $2 < 1048576; printf "%.4g%s", $2 / (u ? 1024 : 1048576), (u ? "MiB" : "GiB") }' /proc/meminfo)"
is 'update' brig update --memory 8000000 --memory-swap -1 db
is 'limit' sh -c "$BRIG stats db --no-stream --format '{{.MemUsage}}' | sed 's/.* \/ //'"
is 'the limit in the file' sh -c "$BRIG cgget -n -v -r memory.limit_in_bytes brig/$DBID"
t="test_brig_$$"
brig cgcreate -g memory:$t -g cpu:$t
is 'memory.limit_in_bytes' sh -c "$BRIG cgset -r memory.limit_in_bytes=16777216 $t; $BRIG cgget -n -v -r memory.limit_in_bytes $t"
is 'cpu.shares' sh -c "$BRIG cgset -r cpu.shares=521 $t && echo taken"
brig cgset -r memory.memsw.limit_in_bytes=16777216 $t 2>/dev/null
is 'over the limit' sh -c "$BRIG cgexec -g memory:$t sh -c 'head -c 64m /dev/zero | tail -c 64m' 2>&1 >/dev/null | grep -c -i 'killed.*memory'"
brig cgdelete -g memory:$t -g cpu:$t

# Seccomp, AppArmor, capabilities
if [ -e /sys/kernel/security/apparmor/profiles ]; then
    is 'AppArmor' cat "/proc/$DBPID/attr/current"
else
    echo 'AppArmor: brig-default (enforce)'
fi
is 'Seccomp' sh -c "grep ^Seccomp: /proc/$DBPID/status | tr '\t' ' '"
is 'CapBnd' sh -c "grep ^CapBnd /proc/$DBPID/status | tr '\t' ' '"
is 'capsh' brig capsh --decode=00000000a80425fb
is 'getpcaps' sh -c "$BRIG getpcaps $($BRIG inspect -f {{.State.Pid}} web) 2>&1 | grep -c cap_net_bind_service"
cp /bin/true file
brig setcap cap_net_raw+ep file
is 'getcap' brig getcap file
caps='grep ^CapBnd /proc/self/status'
is 'cap-drop' sh -c "$BRIG run --rm --cap-drop=ALL --cap-add=NET_BIND_SERVICE --entrypoint sh redis:alpine -c '$caps' | tr '\t' ' '"
echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}' >profile.json
is 'seccomp=profile' brig run --rm --security-opt seccomp=profile.json --entrypoint mkdir redis:alpine /tmp/x
mode='grep ^Seccomp: /proc/self/status'
is 'seccomp=unconfined' sh -c "$BRIG run --rm --security-opt seccomp=unconfined --entrypoint sh redis:alpine -c '$mode' | tr '\t' ' '"
is 'privileged' same "$(brig run --rm --privileged --entrypoint sh redis:alpine -c "$caps")" "$(grep ^CapBnd /proc/self/status)"
brig rm -f web db >/dev/null
is 'left' sh -c "$BRIG ps -aq | wc -l"
