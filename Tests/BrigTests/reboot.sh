#!/bin/bash
# A reboot as brig sees it: its processes are killed, its cgroups, mounts and run directory are gone. Then `system boot`. Run in a
# network namespace of its own. Prints one line for each fact. Arguments: a directory, brig with its options on roots in it.
place=$1; shift; brig=("$@")
[ "$(ip -o link | wc -l)" = 1 ] || { echo "not a network namespace of its own"; exit 1; }
ip link set lo up
brig() { "${brig[@]}" "$@"; }
brig network create one >/dev/null
make() { name=$1 policy=$2; shift 2; brig run -d --name $name --restart $policy --network one -v data:/data "$@" >/dev/null; }
make always always box sh -c 'echo run >> /data/always; exec sleep 100000'
make stopped-always always box sleep 100000
make unless unless-stopped -p 8080:80 box sleep 100000
make stopped-unless unless-stopped box sleep 100000
make failed on-failure:3 box sleep 100000
make well on-failure box true
make never no box sleep 100000
brig run -d --rm --name once --network one box sleep 100000 >/dev/null
brig create --name created --restart always box sleep 100000 >/dev/null
brig stop -t 0 stopped-always stopped-unless >/dev/null
brig wait well >/dev/null
ids=$(brig ps -aq --no-trunc)

# The power goes: all at once, so that no monitor sees the end of its container.
victims=$(for file in /proc/[0-9]*/cmdline; do pid=${file#/proc/}; pid=${pid%/cmdline}
    tr '\0' ' ' 2>/dev/null <$file | grep -q "brig-runtime monitor.*$place/run" && echo $pid; done)
firsts=$(for pid in $victims; do cat /proc/$pid/task/$pid/children; done)
kill -9 $victims; kill -9 $firsts
for pid in $victims $firsts; do while [ -d /proc/$pid ] && ! grep -q 'State:.Z' /proc/$pid/status 2>/dev/null; do sleep 0.05; done; done
grep " $place/run" /proc/mounts | awk '{ print $2 }' | sort -r | while read -r mount; do umount "$mount"; done
for id in $ids; do find /sys/fs/cgroup -depth -type d -name $id | while read -r group; do
    for _ in $(seq 100); do rmdir "$group" 2>/dev/null && break; sleep 0.05; done; done; done
rm -rf $place/run
for link in $(ip -o link | awk -F'[ :@]+' '{ print $2 }' | grep -v '^lo$'); do ip link delete $link 2>/dev/null; done
nft flush ruleset

echo "afterwards: $(brig ps -a --format '{{.Names}}={{.State}}' | sort | xargs)"
echo "boot: $(brig system boot | sort | xargs)"
echo "running: $(brig ps --format '{{.Names}}' | sort | xargs)"
echo "all: $(brig ps -a --format '{{.Names}}' | sort | xargs)"
echo "volume: $(wc -l < $(brig volume inspect -f '{{.Mountpoint}}' data)/always)"
echo "port: $(nft list ruleset | grep -c 8080)"
echo "addresses: $(brig network inspect -f '{{len .Containers}}' one)"
echo "again: $(brig system boot | xargs)"
echo "repair: $(brig system repair | xargs)"
brig rm -f $(brig ps -aq) >/dev/null
brig network rm one >/dev/null
brig volume rm data >/dev/null
