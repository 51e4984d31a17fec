#!/bin/bash
# Volumes in which something of the host's is mounted, on a host that shares its mounts as systemd has them: whatever is removed,
# pruned, killed, repaired or rebooted, not a byte of that directory goes. Run in a mount and a network namespace of its own.
# Prints one line for each fact. Arguments: a directory, brig with its options on roots in it: `root` and `run`.
place=$1; shift; brig=("$@")
[ "$(ip -o link | wc -l)" = 1 ] || { echo "not a network namespace of its own"; exit 1; }
ip link set lo up
brig() { "${brig[@]}" "$@"; }
dear=$place/dear
mkdir -p $dear/deep/er $dear/disk
for file in one .hidden deep/two deep/er/three; do echo $file >$dear/$file; done
ln -s ../one $dear/deep/link
mount --make-rshared /
mount -t tmpfs brig-disk $dear/disk
echo four >$dear/disk/four
finish() { brig rm -f $(brig ps -aq) >/dev/null 2>&1; umount $dear/disk; }
trap finish EXIT
content() { (cd $dear; find . -printf '%y %m %p %l\n' | sort; find . -type f -exec sha256sum {} + | sort) | sha256sum; }
content >$place/before
# NAME: whether all is there, and what is mounted in volumes and for containers.
fact() {
    local whole=whole; [ "$(content)" = "$(cat $place/before)" ] || whole=CHANGED
    echo "$1: $whole, $(grep -c " $place/root/volumes/" /proc/self/mountinfo) volumes, $(grep -c " $place/run/[0-9a-f]*/sources/volume" /proc/self/mountinfo) holds"
}
try() { name=$1; shift; out=$(brig "$@" 2>&1 </dev/null); code=$?; echo "$name: $code${out:+ $(echo "$out" | sed -E "s|$place/||g; s/[0-9a-f]{64}/ID/g" | tr '\n' '|')}"; }
until_it() { for _ in $(seq 1200); do "$@" && return; sleep 0.1; done; echo "it never happened: $*"; }
unmounted() { ! grep -q " $place/root/volumes/" /proc/self/mountinfo; }
bind() { brig volume create -o type=none -o device=$dear -o o=$2 $1 >/dev/null; }

echo "-- options"
try "unknown" volume create -o foo=bar vol
try "incomplete" volume create -o type=none vol
try "size" volume create -o size=10m vol
try "shared" volume create -o type=none -o device=$dear -o o=bind,rshared vol
bind bound rbind
try "again" volume create -o type=none -o device=$dear -o o=rbind bound
try "other options" volume create -o type=none -o device=/ -o o=rbind bound
try "inspect" volume inspect -f '{{json .Options}} {{.Mountpoint}}' bound
bind gone bind
brig volume create -o type=none -o device=$place/nowhere -o o=bind nowhere >/dev/null
try "no such directory" run --rm -v nowhere:/d box true
brig volume create -o type=nofs -o device=x nofs >/dev/null
try "no such file system" run --rm -v nofs:/d box true
brig volume create -o type=none -o device=$dear -o o=bind,ro reading >/dev/null
try "read-only" run --rm -v reading:/d box sh -c 'cat /d/one; echo >/d/one'
fact "nothing runs"

echo "-- containers"
brig run -d --name first -v bound:/d -v bound:/also box sleep 100000 >/dev/null
fact "one"
brig run -d --name second -v bound:/d box sleep 100000 >/dev/null
fact "two"
try "seen" exec second cat /d/one /d/deep/er/three /d/disk/four
brig exec first sh -c 'echo five >/d/five'; echo "written: $(cat $dear/five)"; brig exec second busybox rm /d/five
try "rm in use" volume rm bound
brig rm -f first >/dev/null; fact "one has gone"
brig restart -t 0 second >/dev/null; fact "restarted"
brig stop -t 0 second >/dev/null; fact "both have gone"
echo six >$place/six
try "cp to" cp $place/six second:/d/six; echo "copied: $(cat $dear/six)"; rm $dear/six
try "cp from" cp second:/d/deep/two $place/two; echo "copied: $(cat $place/two)"
brig volume export bound | tar -t | sort | tr '\n' ' '; echo
tar -C $place -c six | brig volume import bound -; echo "imported: $(cat $dear/six)"; rm $dear/six
try "df" system df --format '{{if eq .Type "Local Volumes"}}{{.TotalCount}} {{.Size}}{{end}}'
try "rm -v" rm -v second
fact "removed"

echo "-- removal"
brig volume prune -af >/dev/null; brig system prune --volumes -f >/dev/null; fact "pruned"
echo "volumes: $(brig volume ls -q | xargs)"
# As if somebody had been killed between the two steps.
mount --rbind $dear $place/root/volumes/bound/_data
try "rm of a mounted one" volume rm bound
fact "removed"
brig volume create plain >/dev/null
mount --bind $dear $place/root/volumes/plain/_data
try "rm of what somebody has mounted" volume rm plain
try "prune of it" volume prune -af
fact "refused"
umount $place/root/volumes/plain/_data
try "rm" volume rm plain
bind bound rbind
brig run -d --name user --mount type=volume,dst=/d,volume-opt=type=none,volume-opt=device=$dear,volume-opt=o=bind box sleep 100000 >/dev/null
fact "without a name"
brig rm -fv user >/dev/null
fact "gone with its container"
echo "volumes: $(brig volume ls -q | xargs)"

echo "-- kill -9"
monitor() { brig inspect -f '{{.State.Pid}}' $1 | while read pid; do awk '/^PPid/ { print $2 }' /proc/$pid/status; done; }
brig run -d --name victim -v bound:/d -v gone:/gone box sleep 100000 >/dev/null
pid=$(brig inspect -f '{{.State.Pid}}' victim)
kill -9 $(monitor victim); kill -9 $pid
until_it sh -c "[ ! -d /proc/$pid ] || grep -q 'State:.Z' /proc/$pid/status"
fact "killed"
brig system repair >/dev/null
fact "repaired"
brig start victim >/dev/null; fact "started"; brig kill victim >/dev/null; brig wait victim >/dev/null; until_it unmounted
fact "ended"
for moment in 00 01 02 03 05 08 12 20; do
    "${brig[@]}" start victim >/dev/null 2>&1 & starter=$!
    sleep 0.$moment; kill -9 $starter 2>/dev/null; wait $starter 2>/dev/null
    brig rm -f victim >/dev/null 2>&1; brig system repair >/dev/null
    brig create --name victim -v bound:/d -v gone:/gone box sleep 100000 >/dev/null
done
fact "killed while it starts"
brig rm -f victim >/dev/null
brig system repair
fact "repaired"

echo "-- a reboot"
brig run -d --name up --restart always -v bound:/d box sleep 100000 >/dev/null
pid=$(brig inspect -f '{{.State.Pid}}' up); id=$(brig inspect -f '{{.Id}}' up)
kill -9 $(monitor up); kill -9 $pid
until_it sh -c "[ ! -d /proc/$pid ] || grep -q 'State:.Z' /proc/$pid/status"
grep -e " $place/run" -e " $place/root/volumes" /proc/mounts | awk '{ print $2 }' | sort -r | while read -r mount; do umount -l "$mount"; done
find /sys/fs/cgroup -depth -type d -name $id | while read -r group; do until_it rmdir "$group"; done
find $place/run -xdev -depth -delete
fact "rebooted"
try "boot" system boot
fact "up again"
try "seen" exec up cat /d/deep/two
brig rm -f up >/dev/null
fact "ended"

echo "-- a disk of its own"
brig volume create -o type=tmpfs -o device=tmpfs -o o=size=1m,uid=1000,mode=750,nosuid memory >/dev/null
brig run -d --name writer -v memory:/d box sh -c 'echo kept >/d/file; sleep 100000' >/dev/null
until_it brig exec writer ls /d/file >/dev/null
try "shared" run --rm -v memory:/d box sh -c 'cat /d/file; ls -ldn /d | head -c 15; echo; grep " /d " /proc/mounts | cut -d" " -f3'
echo "copied: $(brig cp writer:/d/file - | tar -xO)"
try "full" run --rm -v memory:/d box sh -c 'yes 2>/dev/null >/d/big || [ $(wc -c </d/big) -gt 1048576 ] || echo small'
brig rm -f writer >/dev/null
try "empty again" run --rm -v memory:/d box ls -A /d
brig volume rm bound gone reading nowhere nofs memory >/dev/null
fact "the end"
echo "left: $(ls $place/root/volumes) $(ls -A $place/run | grep -v -e '^runtime$' -e '^network.lock$' -e '^names'; ls $place/run/runtime | grep -v '^@')"
