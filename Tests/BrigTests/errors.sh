#!/bin/bash
# errors.sh IMAGES ENGINE…: wrong input and wrong states for every command of ENGINE (`brig` or `docker`, with its options).
# For each one line: the command, its exit code, and the first line of what it said, without who said it. In a network
# namespace of its own.
images=$1; shift
engine="$*"
[ "$(ip -o link | wc -l)" -le 2 ] && [ -n "$engine" ] || { echo "not a network namespace of its own"; exit 1; }
export LC_ALL=C
work=$(mktemp -d /tmp/errors-XXXXXX); cd "$work" || exit 1
trap 'rm -rf "$work"' EXIT
until_ok() { i=0; until "$@" >/dev/null 2>&1; do i=$((i + 1)); [ $i -lt 600 ] || { echo "never: $*"; return 1; }; sleep 0.1; done; }
# wrong COMMAND LINE: as the shell reads it. Identifiers and the work directory are said as ID and DIR.
wrong() {
    eval "$engine $1" >out 2>err </dev/null; code=$?
    said=$(grep -v '^Usage\|^See \|^$\|^Unable to find image\|^time=\|^Run .docker' err | head -n 1)
    said=$(printf '%s' "$said" | sed -E "s/^(docker|brig|Error): //; s/^Error response from daemon: //; s/^Error( response)?: //; s/Error response from daemon: //
        s/[0-9a-f]{64}/ID/g; s/\b[0-9a-f]{12}\b/ID/g; s#$work#DIR#g; s/ at 0x[0-9a-f]+//; s/\.\$//; s/pid [0-9]+/pid N/")
    printf '%s | %s | %s\n' "$1" "$code" "$said"
    # What Docker leaves of a container that could not start.
    for id in $($engine ps -aq --filter status=created --filter status=exited --format '{{.Names}}' | grep -vx 'down\|made'); do $engine rm "$id" >/dev/null; done
}
$engine load -q -i "$images/busybox-latest.tar" >/dev/null || exit 1
$engine network create nets >/dev/null
$engine volume create vol >/dev/null
$engine run -d --name up --network nets -v vol:/v -p 8080:80 busybox sleep 1000 >/dev/null
$engine run --name down busybox true
$engine create --name made busybox true >/dev/null
$engine run -d --name held busybox sleep 1000 >/dev/null; $engine pause held >/dev/null
busybox nc -l -p 8090 >/dev/null & holder=$!
until_ok grep -q ':1F9A ' /proc/net/tcp /proc/net/tcp6
echo not-a-tar >junk; mkdir directory; echo '{' >bad.json; printf 'A B=1\n' >bad.env

while read -r line; do
    [ -z "$line" ] || [ "${line#\#}" != "$line" ] || wrong "$line"
done <<'END'
# The command line
nonsense
run
run --nonsense busybox
run --memory busybox
ps extra
stop
rm
exec up
rename up
cp up:/etc
logs
inspect
tag busybox
network
network create
volume rm
# Names of nothing
inspect nobody
inspect --type container busybox
inspect --type image up
start nobody
stop nobody
restart nobody
kill nobody
rm nobody
rm -f nobody
pause nobody
unpause nobody
wait nobody
rename nobody other
update -m 64m nobody
attach nobody
exec nobody true
cp nobody:/etc directory
cp up:/nowhere directory
cp junk up:/nowhere/there
cp junk directory
cp up:/etc up:/tmp
diff nobody
logs nobody
top nobody
stats --no-stream nobody
port nobody
port up 81
port up 80/udp
export nobody
commit nobody image
rmi nothing
tag nothing other
save nothing -o out.tar
history nothing
network inspect nowhere
network rm nowhere
network connect nowhere up
network connect nets nobody
network disconnect nets down
volume inspect nowhere
volume rm nowhere
run --network nowhere busybox true
run --network container:nobody busybox true
run --volumes-from nobody busybox true
run --pid container:nobody busybox true
run --link nobody:x busybox true
# Wrong states
start up
stop down
kill down
kill made
pause down
pause held
unpause up
exec down true
exec held true
exec made true
top down
attach down
attach held
stats --no-stream down
rm up
rm held
rename up down
rename up 'a/b'
update -m 1k up
update --cpus 100 up
update --restart nonsense up
kill -s NONSENSE up
kill -s 99 up
network rm nets
network connect nets up
network create nets
network create --subnet nonsense x
network create --driver nonsense x
network rm bridge
network rm host
network connect host up
network disconnect bridge up
volume rm vol
volume create 'a/b'
volume create --driver nonsense x
# Wrong options
run --name up busybox true
run --name '.x' busybox true
run --name 'a b' busybox true
run -p 8080:80 busybox true
run -p 8090:80 busybox true
run -p 99999:80 busybox true
run -p 80:0 busybox true
run -p a:b busybox true
run -p 1-3:1-2 busybox true
run -p 80/icmp busybox true
run -m 1k busybox true
run -m nonsense busybox true
run -m 64m --memory-swap 32m busybox true
run -m 64m --memory-reservation 128m busybox true
run --cpus nonsense busybox true
run --cpus -1 busybox true
run --cpus 100 busybox true
run --cpus 1 --cpu-quota 5 busybox true
run --cpu-shares nonsense busybox true
run --cpuset-cpus nonsense busybox true
run --cpuset-cpus 77 busybox true
run --pids-limit nonsense busybox true
run --memory-swappiness 101 busybox true
run --oom-score-adj 2000 busybox true
run --blkio-weight 5 busybox true
run --shm-size nonsense busybox true
run --shm-size -1 busybox true
run --ulimit nonsense busybox true
run --ulimit nofile=10:5 busybox true
run --cap-add NONSENSE busybox true
run --cap-drop NONSENSE busybox true
run --security-opt nonsense busybox true
run --security-opt seccomp=/nowhere busybox true
run --security-opt seccomp=bad.json busybox true
run --device /dev/nowhere busybox true
run --device /dev/null:/dev/x:abc busybox true
run --device-cgroup-rule nonsense busybox true
run -v relative/path:/data busybox true
run -v /a:relative busybox true
run -v /a:/b:nonsense busybox true
run -v /a:/b:ro:rw busybox true
run -v /a:/ busybox true
run -v /tmp:/x -v /etc:/x busybox true
run --mount nonsense busybox true
run --mount type=nonsense,target=/x busybox true
run --mount type=bind,source=/nowhere,target=/x busybox true
run --mount type=bind,target=/x busybox true
run --mount type=bind,source=/tmp busybox true
run --mount type=tmpfs,target=relative busybox true
run --tmpfs /x:nonsense busybox true
run --restart nonsense busybox true
run --restart on-failure:x busybox true
run --restart always:3 busybox true
run --rm --restart always busybox true
run -d --rm --restart no --attach stdout busybox true
run --log-driver nonsense busybox true
run --log-opt nonsense=1 busybox true
run --log-opt max-size=x busybox true
run --env-file nowhere busybox true
run --env-file bad.env busybox true
run -e =x busybox true
run --label-file nowhere busybox true
run --label =x busybox true
run --cidfile junk busybox true
run -h 'a b' busybox true
run --ip 1.2.3.4 busybox true
run --network nets --ip 1.2.3.4 busybox true
run --network nets --ip nonsense busybox true
run --mac-address nonsense busybox true
run --dns nonsense busybox true
run --add-host nonsense busybox true
run --network host --network-alias x busybox true
run --network container:down busybox true
run --pid nonsense busybox true
run --ipc nonsense busybox true
run --uts nonsense busybox true
run --userns nonsense busybox true
run --cgroupns nonsense busybox true
run --sysctl nonsense busybox true
run --sysctl kernel.nonsense=1 busybox true
run --stop-timeout nonsense busybox true
run --stop-signal NONSENSE busybox true
run --runtime nonsense busybox true
run --gpus all busybox true
run --platform nonsense/x/y/z busybox true
run --pull nonsense busybox true
run --pull never nothing true
run --workdir relative busybox true
run -u nonsense busybox true
run -u 99999999999 busybox true
run -u root:nonsense busybox true
run --group-add nonsense busybox true
run --health-interval 1 busybox true
run --health-interval 1us busybox true
run --no-healthcheck --health-cmd true busybox true
run 'Bad Name' true
run 'busybox@sha256:1' true
run busybox nonsense
run busybox /etc
run busybox /etc/passwd
run busybox ''
exec up nonsense
exec up /etc
exec -u nonsense up true
exec -w relative up true
exec -e =x up true
exec -it up true
run -it busybox true
exec up sh -c 'exit 5'
# Files
import nowhere
import junk image
load -i nowhere
load -i junk
save busybox -o /nowhere/x
export up -o /nowhere/x
cp nowhere up:/tmp
tag busybox 'Bad Name'
commit down 'Bad Name'
commit -c 'NONSENSE x' down image
# Filters and templates
ps --filter nonsense
ps --filter nonsense=1
ps --filter status=nonsense
ps --format '{{.Nonsense}}'
ps --format '{{'
images --filter nonsense=1
inspect -f '{{.Nonsense}}' up
inspect -f '{{' up
volume ls --filter nonsense=1
network ls --filter nonsense=1
events --since nonsense
events --since 0 --until 1 --filter nonsense=1
logs --tail nonsense up
logs --since nonsense up
top up -o nonsense
stop -t nonsense up
wait
END
kill $holder
$engine unpause held >/dev/null
printf 'left | %s containers, %s images\n' "$($engine ps -aq | wc -l)" "$($engine images -q | sort -u | wc -l)"
