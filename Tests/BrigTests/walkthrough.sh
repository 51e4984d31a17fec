#!/bin/sh
# walkthrough.sh IMAGES ENGINE…: what the tutorials type, with ENGINE (`brig` or `docker`, with its options) in its place; one
# line for each fact. In network and mount namespaces of its own, which are the host here; IMAGES has the archives of
# `make images` (with-docker gives it a dockerd). Lines that begin with `tool ` are of those commands that only Brig has.
images=$1; shift
engine="$*"
[ "$(ip -o link | wc -l)" -le 2 ] && [ -n "$engine" ] || { echo "not a network namespace of its own"; exit 1; }
case "$engine" in *docker*) tools= ;; *) tools=1 ;; esac
export LC_ALL=C
work=$(mktemp -d /tmp/walkthrough-XXXXXX)
group=walkthrough$$
trap 'rm -rf "$work"' EXIT
fact() { printf '%s: %s\n' "$1" "$2"; }
tool() { [ -z "$tools" ] || fact "tool $1" "$(eval "$2")"; }
# until_ok COMMAND…: again and again, for a minute, until it succeeds.
until_ok() { i=0; until "$@" >/dev/null 2>&1; do i=$((i + 1)); [ $i -lt 600 ] || { echo "never: $*"; return 1; }; sleep 0.1; done; }
joined() { tr '\n' ';' | sed 's/;$//'; }
pid() { $engine inspect -f '{{.State.Pid}}' "$1"; }
id() { $engine inspect -f '{{.Id}}' "$1"; }
address() { $engine inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$1"; }
namespace() { readlink "/proc/$1/ns/$2"; }
# limit NAME V1CONTROLLER V1FILE V2FILE: what the kernel says of a container.
limit() {
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(pid "$1")/cgroup")/$4"
    else
        cat "/sys/fs/cgroup/$2$(awk -F: -v c="$2" '{ n = split($2, a, ","); for (i = 1; i <= n; i++) if (a[i] == c) print $3 }' "/proc/$(pid "$1")/cgroup")/$3"
    fi
}
redis() { redis-cli -h "$(address db)" "$@" | joined; }
curl() { command curl -q --noproxy '*' -s -m 60 "$@"; }
terminal() { script -qefc "$1" /dev/null </dev/null | tr -d '\r\0\004\b' | sed 's/^^@//;s/^^D//'; }
v4() { grep -v '\[::\]\|:::'; } # Docker says twice what is reached by both versions
own() { sed "s/=$(id "$1" | cut -c1-12)$/=ID/"; }

for image in busybox-latest redis-alpine nginx-alpine; do $engine load -q -i "$images/$image.tar" >/dev/null || exit 1; done

# A container is a process
id=$($engine run -d --name=db redis:alpine)
fact "run prints" "$(echo "$id" | grep -cE '^[0-9a-f]{64}$') line of 64 digits"
DBPID=$(pid db)
until_ok sh -c "pgrep redis-server | grep -qx $DBPID"
until_ok redis-cli -h "$(address db)" ping
fact "ps aux" "$(ps -o args= -p "$DBPID" | tr -s ' ' | sed 's/ *$//')"
fact "top" "$($engine top db | head -n 1 | tr -s ' ' | sed 's/ *$//')"
fact "top, its process" "$($engine top db | awk -v p="$DBPID" '$2 == p { print $1 == "root" || $1 == "0", $8, $9 }')"
fact "top with options" "$($engine top db -o pid,comm | tr -s ' ' | sed "s/ *$//;s/^$DBPID /PID of it /" | joined)"
fact "top aux" "$($engine top db aux | head -n 1 | tr -s ' ' | sed 's/ *$//')"
tool "pstree" '$engine pstree | grep -c "db.*redis-server\|redis-server" | sed "s/[1-9][0-9]*/there/"'
fact "exec env" "$($engine exec db env | sort | own db | joined)"
fact "exec -it env" "$(terminal "$engine exec -it db env" | sort | own db | joined)"
fact "exec -t without a terminal" "$($engine exec -it db env 2>&1 </dev/null | head -n 1 | sed 's/^brig: //') ($($engine exec -it db env >/dev/null 2>&1 </dev/null; echo $?))"
fact "exec -i in a pipe" "$(printf 'one\ntwo\n' | $engine exec -i db cat | joined)"
fact "exec's exit code" "$($engine exec db sh -c 'exit 9'; echo $?)"
fact "redis" "$(redis set greeting hello) $(redis get greeting) $(redis-cli -h "$(address db)" -r 200 incr hits | tail -n 1)"
fact "redis from within" "$($engine exec db redis-cli get greeting)"
fact "log" "$($engine logs db 2>&1 | grep -c 'Ready to accept connections')"

# Two containers, one network
fact "namespaces of its own" "$(for n in mnt pid net ipc uts user; do [ "$(namespace "$DBPID" $n)" = "$(namespace self $n)" ] || echo $n; done | joined)"
$engine run -d --name=web --net=container:db nginx:alpine >/dev/null
WEBPID=$(pid web)
until_ok sh -c "pgrep nginx | grep -qx $WEBPID"
fact "one network" "$(for n in mnt pid net ipc uts; do [ "$(namespace "$DBPID" $n)" = "$(namespace "$WEBPID" $n)" ] && echo $n; done | joined)"
until_ok curl "http://$(address db)/"
fact "both answer at one address" "$(redis ping) $(curl "http://$(address db)/" | grep -o '<title>.*</title>')"
fact "by loopback" "$($engine exec web sh -c "printf 'GET / HTTP/1.0\r\n\r\n' | nc 127.0.0.1 80" | head -n 1 | tr -d '\r') $($engine exec web sh -c "printf 'PING\r\n' | nc -w 1 127.0.0.1 6379" | tr -d '\r')"
fact "cgroup of its own" "$(grep -E ':(memory|cpu,cpuacct|pids|):' "/proc/$WEBPID/cgroup" | grep -c "$(id web)" | sed 's/[1-9]/yes/')"
fact "name in both" "$($engine exec web hostname | sed "s/$(echo "$id" | cut -c1-12)/ID of db/")"
for kind in pid ipc uts; do
    fact "--$kind host" "$($engine run --rm --$kind host busybox readlink /proc/self/ns/$kind | grep -cFx "$(namespace self $kind)" | sed "s/1/the host's/")"
done
fact "--pid container:" "$($engine run --rm --pid container:db busybox sh -c 'cat /proc/1/comm')"
fact "--net host" "$($engine run --rm --net host busybox readlink /proc/self/ns/net | grep -cF "$(namespace self net)")"
fact "--net none" "$($engine run --rm --net none busybox ip -o link | awk '{ print $2 }' | grep -v '@\|tunl\|sit\|gre\|erspan\|ip6\|ip_vti' | joined)"
tool "lsns" '$engine lsns -p $DBPID | awk "NR > 1 { print \$2 }" | sort | tr "\n" " " | grep -o "ipc\|mnt\|net\|pid\|uts" | joined'
tool "nsenter" '$engine nsenter --target $DBPID --mount --uts --ipc --net --pid ps | grep -c redis-server'
tool "nsenter --all" '$engine nsenter -t $DBPID --all redis-cli ping'
tool "unshare" '$engine unshare --fork --pid --mount-proc sh -c "echo \$\$"'
$engine rm -f web >/dev/null

# Cgroups
fact "/proc/PID/cgroup" "$(grep -E ':(memory|cpu,cpuacct|pids|):' "/proc/$DBPID/cgroup" | grep -c "$id" | sed 's/[1-9]/the whole identifier/')"
fact "ps --no-trunc" "$([ "$($engine ps --no-trunc | grep db | awk '{ print $1 }')" = "$id" ] && echo "the whole identifier")"
host=$(awk '/^MemTotal/ { g = $2 / 1048576; d = g >= 100 ? 1 : g >= 10 ? 2 : 3; printf "%.*fGiB", d, g }' /proc/meminfo)
fact "stats, no limit" "$($engine stats db --no-stream --format '{{.MemUsage}}' | sed "s|^.* / *||;s/^$host$/the host's memory/")"
fact "stats, header" "$($engine stats db --no-stream | head -n 1 | tr -s ' ' | sed 's/ *$//')"
fact "stats, row" "$($engine stats db --no-stream | tail -n 1 | awk '{ print length($1), $2, ($3 ~ /^[0-9.]+%$/), ($4 ~ /^[0-9.]+[KM]iB$/), $5, ($7 ~ /^[0-9.]+%$/) }')"
tool "cgget" '$engine cgget -n -v -r cpu.shares brig/$id'
tool "cgget of cpuacct.stat" '$engine cgget -r cpuacct.stat brig/$id | grep -cE "user [0-9]+|system [0-9]+"'
# Docker wants the swap to be said, too, where it is counted.
fact "update" "$($engine update --memory 8000000 $([ -n "$tools" ] || echo --memory-swap -1) db)"
fact "stats after it" "$($engine stats db --no-stream --format '{{.MemUsage}}' | sed 's|^.* / *||')"
fact "the kernel's word" "$(limit db memory memory.limit_in_bytes memory.max)"
fact "inspect's word" "$($engine inspect -f '{{.HostConfig.Memory}}' db)"
fact "redis under it" "$(redis incr hits) $(redis get greeting)"
$engine update --memory 64m --memory-swap 64m --cpu-shares 300 --pids-limit 50 --restart no db >/dev/null
fact "update of others" "$(limit db memory memory.limit_in_bytes memory.max) $(limit db cpu cpu.shares cpu.weight | sed 's/^12$/300/') $(limit db pids pids.max pids.max)"
tool "cgcreate" '$engine cgcreate -g memory,cpu:$group && $engine cgset -r memory.limit_in_bytes=536870912 $group && $engine cgset -r cpu.shares=521 $group && $engine cgget -n -v -r memory.limit_in_bytes -r cpu.shares $group | joined'
tool "cgexec over the limit" '$engine cgset -r memory.limit_in_bytes=16777216 $group; $engine cgexec -g memory:$group sh -c "head -c 100000000 /dev/zero | tail -c 90000000 >/dev/null; exit 5" 2>&1 | grep -ci "memory" | sed "s/[1-9]/brig says so/"'
tool "cgdelete" '$engine cgdelete -g memory,cpu:$group; $engine cgget -r memory.limit_in_bytes $group >/dev/null 2>&1 || echo gone'

# Options when a container is set up
$engine run -d --name many -p 8080:80 -p 127.0.0.1:8443:443 -p 9000-9005:9000-9005/udp -P nginx:alpine >/dev/null
fact "port" "$($engine port many | v4 | sort | joined)"
fact "port of one" "$($engine port many 80/tcp | v4), $($engine port many 9003/udp | v4)"
fact "ps, ports" "$($engine ps --filter name=many --format '{{.Ports}}' | sed 's/, \[::\][^,]*//g;s/, :::[^,]*//g' | tr -d ' ' | tr ',' '\n' | sort | joined)"
until_ok curl http://127.0.0.1:8080/
fact "curl" "$(curl http://127.0.0.1:8080/ | grep -o '<title>.*</title>')"
fact "curl of one address" "$(curl -o /dev/null -w '%{http_code}' http://127.0.0.1:8443/ || :)"
fact "curl, 50 times" "$(for _ in $(seq 50); do curl -o /dev/null -w '%{http_code}\n' http://127.0.0.1:8080/; done | sort | uniq -c | tr -s ' ')"
$engine rm -f many >/dev/null
fact "after rm" "$(curl -o /dev/null http://127.0.0.1:8080/ || echo refused)"
$engine run -d -P --name any nginx:alpine >/dev/null
fact "-P" "$($engine port any | v4 | sed 's/:[0-9]*$/:PORT/')"
until_ok curl "http://127.0.0.1:$($engine port any 80 | sed -n '1s/.*://p')/"
fact "curl of it" "$(curl "http://127.0.0.1:$($engine port any 80 | sed -n '1s/.*://p')/" | grep -o '<title>.*</title>')"
$engine rm -f any >/dev/null
$engine run -d --name cache -p 127.0.0.1:6379:6379 redis:alpine >/dev/null
until_ok redis-cli ping
fact "redis by a published port" "$(redis-cli set a 1) $(redis-cli -r 100 incr a | tail -n 1)"
fact "its mount" "$($engine inspect -f '{{range .Mounts}}{{.Type}} {{.Destination}} {{.RW}}{{end}}' cache)"
$engine rm -fv cache >/dev/null

mkdir "$work/data"; echo from the host >"$work/data/file"
$engine run -d --name vols -v "$work/data:/data:ro" -v walk:/var/lib/x --mount type=tmpfs,destination=/scratch --tmpfs /run/t busybox sleep 1000 >/dev/null
fact "a directory of the host" "$($engine exec vols cat /data/file), $($engine exec vols sh -c 'echo x > /data/file' 2>&1 | sed 's/.*: //')"
fact "environ" "$(tr '\0' '\n' <"/proc/$(pid vols)/environ" | sort | own vols | joined)"
fact "its mounts" "$($engine exec vols grep -E ' (/scratch|/run/t) ' /proc/mounts | cut -d' ' -f 2-4 | sed 's/,inode64//' | sort | joined)"
fact "inspect's mounts" "$($engine inspect -f '{{range .Mounts}}{{.Type}} {{.Name}} {{.Destination}} {{.RW}}
{{end}}' vols | sed '/^$/d' | tr -s ' ' | sort | joined)"
$engine exec vols sh -c 'echo kept > /var/lib/x/f'
fact "rm of a volume in use" "$($engine volume rm walk >/dev/null 2>&1 || echo refused)"
$engine rm -f vols >/dev/null
fact "a volume outlives" "$($engine run --rm -v walk:/x busybox cat /x/f)"
fact "volume ls" "$($engine volume ls -q | grep -x walk)"
fact "volume rm" "$($engine volume rm walk)"

$engine run -d --name small -m 512m --memory-swap 1g --cpus 1.5 --cpu-shares 512 --cpuset-cpus 0 --pids-limit 100 busybox sleep 1000 >/dev/null
fact "memory" "$(limit small memory memory.limit_in_bytes memory.max)"
fact "cpus" "$(if [ -e /sys/fs/cgroup/cgroup.controllers ]; then limit small cpu '' cpu.max; else echo "$(limit small cpu cpu.cfs_quota_us '') $(limit small cpu cpu.cfs_period_us '')"; fi)"
fact "shares" "$(limit small cpu cpu.shares cpu.weight | sed 's/^20$/512/')"
fact "cpuset" "$(limit small cpuset cpuset.cpus cpuset.cpus)"
fact "pids" "$(limit small pids pids.max pids.max)"
fact "inspect's limits" "$($engine inspect -f '{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.NanoCpus}} {{.HostConfig.CpuShares}} {{.HostConfig.CpusetCpus}} {{.HostConfig.PidsLimit}}' small)"
fact "stats with limits" "$($engine stats small --no-stream --format '{{.MemUsage}}' | sed 's|^.* / *||')"
$engine rm -f small >/dev/null
fact "too much memory" "$($engine run --name fat -m 16m --memory-swap 16m busybox tail -c 50000000 /dev/zero >/dev/null 2>&1; echo $?) $($engine inspect -f '{{.State.OOMKilled}}' fat)"
$engine rm fat >/dev/null

fact "--network host" "$($engine run --rm --network host busybox ip -o link | wc -l | sed "s/^$(ip -o link | wc -l)$/the host's links/")"
$engine network create back >/dev/null
$engine run -d --network back --name api redis:alpine >/dev/null
until_ok redis-cli -h "$(address api)" ping
fact "a name" "$($engine run --rm --network back redis:alpine redis-cli -h api ping)"
fact "no name elsewhere" "$($engine run --rm redis:alpine redis-cli -h api ping >/dev/null 2>&1; echo $?)"
fact "network rm in use" "$($engine network rm back >/dev/null 2>&1; echo $?)"
$engine rm -fv api >/dev/null
fact "network rm" "$($engine network rm back)"

fact "capabilities" "$($engine run --rm busybox grep CapBnd /proc/self/status | cut -f 2) $($engine run --rm --cap-drop=ALL --cap-add=NET_BIND_SERVICE busybox grep CapBnd /proc/self/status | cut -f 2)"
# Docker's needs capabilities that a host may lack.
tool "privileged" '$engine run --rm --privileged busybox grep CapBnd /proc/self/status | cut -f 2 | sed "s/^$(sed -n "s/CapBnd:.//p" /proc/self/status)$/all/"'
fact "seccomp" "$($engine run --rm busybox grep Seccomp: /proc/self/status | cut -f 2) $($engine run --rm --security-opt seccomp=unconfined busybox grep Seccomp: /proc/self/status | cut -f 2)"
fact "exit codes" "$(for c in 'exit 7' 'exit 255' false; do $engine run --rm busybox sh -c "$c" >/dev/null 2>&1; printf '%s ' $?; done; $engine run --rm busybox /nope >/dev/null 2>&1; printf '%s ' $?; $engine run --rm busybox /etc >/dev/null 2>&1; printf '%s ' $?; $engine run --nope busybox >/dev/null 2>&1; echo $?)"
fact "stop" "$($engine stop -t 60 db) $($engine inspect -f '{{.State.Status}} {{.State.ExitCode}}' db)"
fact "start" "$($engine start db) $(until_ok redis-cli -h "$(address db)" ping; redis get greeting)"
fact "kill" "$($engine kill db) $($engine wait db)"
fact "rm" "$($engine rm -v db) $($engine ps -aq | wc -l) left"
fact "volumes left" "$($engine volume ls -q | wc -l)"
