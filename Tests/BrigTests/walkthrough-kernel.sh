#!/bin/bash
# walkthrough-kernel.sh IMAGES ENGINE…: the tutorials' lines about namespaces, the root file system, control groups and
# confinement, with ENGINE (`brig` and its options) in the place of the kernel's tools; one line for each fact. In network and
# mount namespaces of its own, which are the host here; IMAGES has the archives of `make images`. `SHORT=1` leaves out what is
# about images only. walkthrough-kernel.expected has what must come, on cgroup v1, hybrid and v2 alike.
images=$1; shift
engine="$*"
[ "$(ip -o link | wc -l)" -le 2 ] && [ -n "$engine" ] || { echo "not a network namespace of its own"; exit 1; }
export LC_ALL=C
work=$(mktemp -d /tmp/walkthrough-XXXXXX)
# The tools under their own names, too, as `brig tools install` gives them.
brig=$work/brig
printf '#!/bin/sh\nexec %s "$@"\n' "$engine" >"$brig"
chmod 755 "$brig"
id="cgroup_brig_$$_$(shuf -i 1000-2000 -n 1)"
test="test_brig_$$"
trap '$brig rm -f web db small >/dev/null 2>&1; $brig cgdelete -r -g "cpu,cpuacct,memory:$id" 2>/dev/null; $brig cgdelete -r -g "cpu,memory:$test" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
fact() { printf '%s: %s\n' "$1" "$2"; }
joined() { tr -s ' \t' ' ' | sed 's/^ //;s/ $//' | tr '\n' ';' | sed 's/;$//'; }
until_ok() { i=0; until "$@" >/dev/null 2>&1; do i=$((i + 1)); [ $i -lt 1200 ] || { echo "never: $*"; return 1; }; sleep 0.1; done; }
namespace() { readlink "/proc/$1/ns/$2"; }
same() { [ -n "$1" ] && [ "$1" = "$2" ] && echo same || echo "different: $1 $2"; }
# The process of that name which runs in container $2: other tests may run the same program.
process() { for p in $(pgrep -x "$1"); do grep -q "$2" "/proc/$p/cgroup" 2>/dev/null && echo "$p"; done | tail -n 1; }
runs() { [ -n "$(process "$1" "$2")" ]; }
v2=; [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] && v2=yes
$brig load -q -i "$images/redis-alpine.tar" >/dev/null || exit 1
[ -n "${SHORT-}" ] || $brig load -q -i "$images/nginx-alpine.tar" >/dev/null || exit 1

# Namespaces
fact "unshare" "$($brig unshare --fork --pid --mount-proc bash -c 'ps -o pid=,comm=; true' | joined)"
DBID=$($brig run -d --name=db redis:alpine)
until_ok runs redis-server "$DBID"
DBPID=$(process redis-server "$DBID")
fact "ls of ns" "$(ls "/proc/$DBPID/ns/" | joined)"
fact "lsns -p" "$($brig lsns -n -o TYPE,CONTAINER -p "$DBPID" | sort -u | grep -v '^time\|^user\|^cgroup' | joined)"
fact "lsns" "$($brig lsns -n -t pid -o TYPE,NPROCS,CONTAINER | grep ' db$' | joined)"
fact "nsenter" "$($brig nsenter --target "$DBPID" --mount --uts --ipc --net --pid ps aux | grep -c '[r]edis-server')"
fact "nsenter --all" "$(same "$($brig nsenter -t "$DBPID" --all hostname)" "$(echo "$DBID" | cut -c 1-12)")"
second=nginx:alpine; program=nginx
[ -n "${SHORT-}" ] && second="redis:alpine sleep 1000" && program=sleep
WEBID=$($brig run -d --name=web --net=container:db --ipc=shareable $second)
until_ok runs $program "$WEBID"
WEBPID=$(process $program "$WEBID")
fact "cgroup of web" "$(grep -q "$WEBID" "/proc/$WEBPID/cgroup" && ! grep -q "$DBID" "/proc/$WEBPID/cgroup" && echo its own)"
fact "net of web" "$(same "$(namespace "$WEBPID" net)" "$(namespace "$DBPID" net)")"
# As in Docker, the cgroup namespace is the host's on v1, and time and user are unless asked for.
shared=$(for n in mnt pid ipc uts $([ -n "$v2" ] && echo cgroup); do [ "$(namespace "$DBPID" $n)" = "$(namespace self $n)" ] && echo "$n"; done | joined)
fact "the host's namespaces in db" "${shared:-none}"
for kind in pid ipc uts cgroupns net userns; do
    file=${kind%ns}
    fact "--$kind=host" "$(same "$($brig run --rm --$kind=host redis:alpine readlink /proc/self/ns/$file)" "$(namespace self $file)")"
done
for kind in pid ipc; do
    fact "--$kind=container:web" "$(same "$($brig run --rm --$kind=container:web redis:alpine readlink /proc/self/ns/$kind)" "$(namespace "$WEBPID" $kind)")"
done
fact "--ipc=container:db" "$($brig run --rm --ipc=container:db redis:alpine true 2>&1 | grep -o 'not shareable')"
fact "--cgroupns=private" "$([ "$($brig run --rm --cgroupns=private redis:alpine readlink /proc/self/ns/cgroup)" != "$(namespace self cgroup)" ] && echo another)"

# Root file system
mkdir container-root
tar -C container-root -xf "$images/fish.tar"
fact "chroot" "$($brig chroot "$PWD/container-root" /bin/sh -c 'ls -d /bin; ls -d /var/lib/dpkg 2>/dev/null | wc -l' | joined)"
fact "pivot_root" "$($brig pivot_root "$PWD/container-root" /bin/sh -c 'ls -d /bin; mount -t proc proc /proc && grep -c " - " /proc/self/mountinfo' | joined)"
fact "overlay" "$(mount | grep overlay | grep -c "$DBID\|/run/.*merged\|$(basename "$work")" | sed 's/^[1-9].*/there/')"
if [ -z "${SHORT-}" ]; then
    tar -C container-root -c . | $brig import - mine >/dev/null
    fact "image import" "$($brig run --rm mine fish -c 'echo hello')"
    mkdir build
    printf 'FROM redis:alpine\nRUN echo made > /made\nCMD ["cat", "/made"]\n' >build/Dockerfile
    $brig build -q -t app build >/dev/null 2>&1
    fact "image build" "$($brig run --rm --entrypoint cat app /made)"
    $brig save app >app.tar
    fact "image save" "$(tar -tvf app.tar | grep -c 'manifest.json\|index.json')"
    fact "image load" "$($brig load <app.tar | sed 's/sha256:[0-9a-f]*/ID/')"
    fact "image history" "$($brig history app | grep -c 'echo made')"
    fact "image inspect" "$($brig inspect -f '{{.Config.Cmd}}' app)"
    fact "image image tree" "$($brig image tree app | grep -c redis | sed 's/^[1-9].*/who shares its layers/')"
fi

# Fifteen lines of shell that make a container
cd container-root || exit 1
fact "cgcreate" "$($brig cgcreate -g "cpu,cpuacct,memory:$id" 2>&1 && echo made)"
fact "cgset of cpu.shares" "$($brig cgset -r cpu.shares=512 "$id" 2>&1 && echo set)"
fact "cgset of memory.limit_in_bytes" "$($brig cgset -r memory.limit_in_bytes=1000000000 "$id" 2>&1 && echo set)"
fact "the container" "$($brig cgexec -g "cpu,cpuacct,memory:$id" \
    $brig unshare -fmuipn --mount-proc \
    $brig chroot "$PWD" /bin/sh -c "/bin/mount -t proc proc /proc && hostname container-fun-times && /usr/bin/fish -c 'echo hello'" 2>&1)"
fact "seen from inside" "$($brig cgexec -g "cpu,cpuacct,memory:$id" \
    $brig unshare -fmuipn --mount-proc \
    $brig chroot "$PWD" /bin/sh -c "/bin/mount -t proc proc /proc && hostname container-fun-times && hostname && echo \$\$ && grep -q $id /proc/self/cgroup && echo limited" 2>&1 | joined)"
fact "the host's name" "$(hostname | grep -c container-fun-times)"
fact "its limit" "$($brig cgget -n -v -r memory.limit_in_bytes "$id")"
fact "its shares" "$($brig cgget -n -v -r cpu.shares "$id")"
fact "cgdelete" "$($brig cgdelete -g "cpu,cpuacct,memory:$id" 2>&1 && echo gone)"
cd ..

# Cgroups
fact "cgroup of db" "$(grep -q "$DBID" "/proc/$DBPID/cgroup" && echo the whole identifier)"
fact "ps --no-trunc" "$(same "$($brig ps --no-trunc | grep 'db *$' | awk '{print $1}')" "$DBID")"
fact "cgget" "$($brig cgget -r cpuacct.stat -r cpu.shares "brig/$DBID" | sed "s/ [0-9]*$/ N/;s/$DBID/ID/;/^$/d" | joined)"
memory=$(awk '/^MemTotal/ { g = $2 / 1048576; d = g >= 100 ? 1 : g >= 10 ? 2 : 3; printf "%.*fGiB", d, g }' /proc/meminfo)
fact "stats, no limit" "$($brig stats db --no-stream --format '{{.MemUsage}}' | sed "s|^.* / *||;s/^$memory$/the host's memory/")"
# redis takes nearly that much. Where it is over it, v1 refuses the limit, and v2 kills at once: there it is another one.
small=db; SMALLID=$DBID
[ -z "$v2" ] || { small=small; SMALLID=$($brig run -d --name=small redis:alpine sleep 1000); }
fact "update" "$($brig update --memory 8000000 $small 2>&1 | sed 's/^small$/db/')"
fact "stats" "$($brig stats $small --no-stream | tail -n 1 | grep -o '7.629MiB')"
fact "the kernel's number" "$($brig cgget -n -v -r memory.limit_in_bytes "brig/$SMALLID")"
[ -z "$v2" ] || $brig rm -f small >/dev/null
fact "cgcreate of one" "$($brig cgcreate -g "memory:$test" 2>&1 && $brig cgset -r memory.limit_in_bytes=536870912 "$test" 2>&1 && $brig cgget -n -v -r memory.limit_in_bytes "$test")"
$brig cgcreate -g "cpu:$test"
fact "cgset of shares" "$($brig cgset -r cpu.shares=521 "$test" 2>&1 && echo set)"
# Less than in the tutorials, so that it is soon over; swap would take it where it is counted.
$brig cgset -r memory.limit_in_bytes=16777216 "$test"; $brig cgset -r memory.memsw.limit_in_bytes=16777216 "$test" 2>/dev/null
fact "cgexec, over its memory" "$($brig cgexec -g "memory:$test" bash -c 'head -c 100000000 /dev/zero | tail -c 90000000 >/dev/null; exit 5' 2>&1 | grep -o 'killed for memory: cgroup [^,]*, limit [^,]*' | sed "s/$test/test/" | head -n 1)"
fact "cgdelete of both" "$($brig cgdelete -g "cpu,memory:$test" 2>&1 && echo gone)"

# Seccomp, AppArmor, capabilities
if grep -q apparmor /sys/kernel/security/lsm 2>/dev/null; then
    fact "AppArmor" "$(cat "/proc/$DBPID/attr/current")"
else
    fact "AppArmor" "brig-default (enforce)"
fi
fact "Seccomp" "$(grep ^Seccomp: "/proc/$DBPID/status" | joined)"
fact "CapBnd" "$(grep ^CapBnd "/proc/$DBPID/status" | joined)"
fact "capsh" "$($brig capsh --decode=00000000a80425fb)"
fact "getpcaps" "$(same "$($brig getpcaps "$DBPID" 2>&1)" "$(getpcaps "$DBPID" 2>&1)")"
cp /bin/true file
fact "setcap" "$($brig setcap cap_net_raw+ep file 2>&1 && $brig getcap file)"
fact "setcap -r" "$($brig setcap -r file 2>&1 && $brig getcap file && echo none)"
shown() { $brig run --rm "$@" redis:alpine grep -e ^CapBnd -e ^Seccomp: /proc/self/status 2>&1 | joined; }
fact "--cap-drop, --cap-add" "$(shown --cap-drop=ALL --cap-add=NET_BIND_SERVICE)"
echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}' >profile.json
fact "seccomp=FILE" "$($brig run --rm --security-opt seccomp=profile.json redis:alpine sh -c 'mkdir /tmp/x; touch /tmp/y && echo others go on' 2>&1 | sort | joined)"
fact "seccomp=unconfined" "$(shown --security-opt seccomp=unconfined)"
fact "--privileged" "$(shown --privileged | sed "s/$(awk '/^CapBnd/ { print $2 }' /proc/self/status)/all that the host has/")"
fact "rm" "$($brig rm -f web db | joined)"
fact "left" "$($brig ps -aq | wc -l)"
