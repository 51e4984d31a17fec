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
# Further commands and flags
create
create --nonsense busybox
create nothing
create --name up busybox
create --pull nonsense busybox
container nonsense
container prune --filter nonsense=1 -f
container prune extra
start
start -a up down
start -i up down
start --detach-keys nonsense -a down
restart -t nonsense up
restart --nonsense up
kill
kill -s up
pause
unpause
unpause down
rename
rename up up
rename up ''
update
update up
update --memory nonsense up
update --memory 64m --memory-swap 32m up
update --cpu-shares nonsense up
update --cpuset-cpus 77 up
update --pids-limit nonsense up
update --restart on-failure:x up
update --restart always:3 up
attach
attach --detach-keys nonsense up
exec
exec --nonsense up true
exec -d nobody true
exec -d down true
exec -d held true
exec --env-file nowhere up true
exec --detach-keys nonsense up true
cp
cp nobody:/x nobody:/y
cp up:/etc /nowhere/there/x
cp junk nobody:/x
diff
diff up extra
logs --until nonsense up
logs -n nonsense up
top
stats --format '{{.Nonsense}}' --no-stream up
stats --nonsense
port
port up nonsense
port up 99999
events --until nonsense
events --format '{{'
events extra
ps --last nonsense
ps -n -5
inspect --type nonsense up
inspect --type volume nowhere
inspect --type network nowhere
export
export up extra
commit
commit -m
rm ''
images a b
rmi
rmi up
history
import
load extra
# Volumes
volume nonsense
volume create a
volume create --label =x vol2
volume create a b
volume create -o foo=bar vol2
volume create -o type=none vol2
volume create -o o=bind vol2
volume create -o device=/x vol2
volume create -o size=10m vol2
volume create -o type=tmpfs -o device= vol2
volume inspect
volume inspect -f '{{.Nonsense}}' vol
volume inspect -f '{{' vol
volume ls extra
volume ls -f nonsense
volume ls -f dangling=nonsense
volume ls --format '{{.Nonsense}}'
volume rm vol nowhere
volume rm -f nowhere
volume prune extra
volume prune -f --filter nonsense=1
volume prune -f --filter dangling=true
volume prune -f --filter name=x
volume prune -f --filter label
run -v nodir:/d --mount type=volume,src=novol,dst=/e,volume-opt=type=none busybox true
run --mount type=volume,src=novol,dst=/e,volume-driver=nonsense busybox true
run --mount type=tmpfs,dst=/e,volume-opt=type=none busybox true
run --volume-driver nonsense -v novol:/e busybox true
# Networks
network nonsense
network create a b
network create --subnet 10.99.0.0/24 --gateway 10.98.0.1 bad
network create --subnet 10.99.0.0/24 --ip-range 10.98.0.0/24 bad
network create --gateway 10.99.0.1 bad
network create --subnet 10.99.0.0/24 --subnet 10.99.0.0/25 bad
network create -o nonsense bad
network create 'a b'
network create --ipv6 --subnet nonsense bad
network create --driver macvlan -o parent=nowhere0 bad
network inspect
network inspect -f '{{.Nonsense}}' nets
network ls extra
network ls -f nonsense
network ls -f driver=nonsense
network ls -f type=nonsense
network rm
network prune extra
network prune -f --filter nonsense=1
network connect nets
network connect --ip nonsense nets made
network connect --ip 1.2.3.4 nets made
network connect --alias x bridge made
network connect nowhere nobody
network disconnect nets
network disconnect nowhere up
network disconnect nets nobody
# The system
version extra
version --format '{{.Nonsense}}'
version --format '{{'
info extra
info --format '{{.Nonsense}}'
system nonsense
system df extra
system df --format '{{.Nonsense}}'
system df --nonsense
system prune extra
system prune -f --filter nonsense=1
system prune -f --filter until=nonsense
system info extra
# Namespaces and what goes with them
run --userns private busybox true
run --userns auto busybox true
run --userns keep-id busybox true
run --userns container:up busybox true
run --userns '' busybox true
run --userns host busybox true
run --ipc container:nobody busybox true
run --ipc container:up busybox true
run --uts host -h name busybox true
run --network host -h name busybox true
run --network host -p 80:80 busybox true
run --network none -p 80:80 busybox true
run --network container:up -p 80:80 busybox true
run --network container:up -h name busybox true
run --network container:up --dns 1.2.3.4 busybox true
run --network container:up --add-host a:1.2.3.4 busybox true
run --network container:up --mac-address 02:42:ac:11:00:09 busybox true
run --network container:up --link up busybox true
run --network host --link up busybox true
run --pid container:down busybox true
run --privileged --userns host busybox true
run --cgroup-parent nonsense/../x busybox true
run --init --pid host busybox true
run --expose nonsense busybox true
run --expose 99999 busybox true
run -P -p 8081-8082:80-81 -p 8081:80 busybox true
run -p 127.0.0.1:8083:80/sctp busybox true
run -p 300.0.0.1:8083:80 busybox true
run -p nonsense:8083:80 busybox true
run -p ::1:8083:80 busybox true
run -p '[::1]:8083' busybox true
run -p 0:80 busybox true
run -p 8084-8080:80-84 busybox true
run --link up:a:b busybox true
run --link '' busybox true
run --dns-option '' busybox true
run --domainname 'a b' busybox true
run --detach-keys nonsense -d busybox true
run --attach nonsense busybox true
run --cpu-period 5 busybox true
run --cpu-quota 5 busybox true
run --cpus 0.001 busybox true
run --cpuset-mems 77 busybox true
run --cpu-shares -5 busybox true
run --memory-reservation nonsense busybox true
run --memory-swap 64m busybox true
run --blkio-weight 5000 busybox true
run --blkio-weight-device nonsense busybox true
run --device-read-bps nonsense busybox true
run --device-read-bps /dev/null:nonsense busybox true
run --device-write-iops /dev/nowhere:10 busybox true
run --pids-limit -5 busybox true
run --ulimit nofile busybox true
run --ulimit nofile=-5 busybox true
run --isolation nonsense busybox true
run --tty=nonsense busybox true
run --rm=nonsense busybox true
run --name '' busybox true
run --name x busybox true
run --health-cmd true --health-retries -1 busybox true
run --health-timeout 1us busybox true
run --health-start-period nonsense busybox true
run --stop-timeout -5 busybox true
run --label-file junk/x busybox true
run --env-file directory busybox true
run --cidfile /nowhere/x busybox true
run --workdir '' busybox true
run --entrypoint '' busybox
run --read-only busybox touch /x
run --security-opt no-new-privileges:nonsense busybox true
run --security-opt seccomp= busybox true
run --security-opt systempaths=nonsense busybox true
run --security-opt label=nonsense busybox true
run --volumes-from up:nonsense busybox true
run --volumes-from '' busybox true
run -v '' busybox true
run -v : busybox true
run -v /only/../x busybox true
run -v vol:/v:ro,rw busybox true
run --tmpfs relative busybox true
run --tmpfs / busybox true
run --shm-size 0 busybox true
run --log-opt max-file=0 busybox true
run --log-opt max-file=1 --log-opt max-size=1m --log-opt compress=true busybox true
run --log-opt compress=nonsense busybox true
run --log-opt mode=nonsense busybox true
run --log-driver none --log-opt max-size=1m busybox true
run --restart on-failure:-1 busybox true
run --restart '' busybox true
run --platform nonsense busybox true
run --platform linux/nonsense busybox true
run --cap-add '' busybox true
run --sysctl net.nonsense=1 busybox true
run --sysctl kernel.msgmax=nonsense busybox true
run --network host --sysctl net.ipv4.ip_forward=1 busybox true
run --uts host --sysctl kernel.domainname=x busybox true
run --sysctl kernel.hostname=x busybox true
END
kill $holder
$engine unpause held >/dev/null
printf 'left | %s containers, %s images\n' "$($engine ps -aq | wc -l)" "$($engine images -q | sort -u | wc -l)"
