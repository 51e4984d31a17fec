#!/bin/bash
# published.sh BRIG ENGINE…: what `brig anatomy`, `lsns` and `pstree` say of a container of another engine's that publishes ports
# and lies in a control group of its own choice; one line for each fact. With dockerd:
#
#     Tests/BrigTests/with-docker bash Tests/BrigTests/published.sh bin/brig
#
# With Podman: `unshare -mn --propagation private bash Tests/BrigTests/published.sh bin/brig podman --runtime runc --cgroup-manager cgroupfs`,
# with roots of its own where the host's are not to be touched (--root, --runroot, --tmpdir).
brig=$1; shift
export LC_ALL=C
work=$(mktemp -d /tmp/published-XXXXXX) || exit 1
group=brig-published-$$
trap '"$@" rm -f seen >/dev/null 2>&1; for g in /sys/fs/cgroup/$group /sys/fs/cgroup/*/$group; do [ ! -d "$g" ] || find "$g" -depth -type d -exec rmdir {} \;; done; rm -rf "$work"' EXIT
ip link set lo up
mkdir -p "$work/image/bin" "$work/image/etc" && cp /bin/busybox "$work/image/bin/" && tar -C "$work/image" -cf "$work/image.tar" .
"$@" import "$work/image.tar" box >/dev/null 2>&1
"$@" run -d --name seen --cgroup-parent "/$group" -p 8080:80 -p 127.0.0.1:5353:53/udp box /bin/busybox sleep 100000 >/dev/null || exit 1
pid=$("$@" inspect -f '{{.State.Pid}}' seen)
echo "in its group: $(grep -c "$group" "/proc/$pid/cgroup" | sed 's/^[1-9].*/yes/')"
"$brig" anatomy --json "$pid" >"$work/json" || exit 1
jq -r '"name: \(.subject.container)", "engine: \(.subject.engine)", "gaps: \(.gaps | length)"' "$work/json"
jq -r '.network.published[] | "published: \(.transport) \(.hostAddress) \(.hostPort) to \(.port // "here")"' "$work/json" | sort -u
jq -r '"each by evidence: \([.network.published[] | .evidence | length > 0] | all)"' "$work/json"
echo "lsns: $("$brig" lsns -n -t pid -o TYPE,NPROCS,CONTAINER | grep ':seen$' | tr -s ' ')"
echo "pstree: $("$brig" pstree -A | grep -o 'busybox\[[a-z]*:seen\]')"
[ -z "$VERBOSE" ] || "$brig" anatomy --evidence "$pid" | grep -A4 -e '^  made by' -e '^  published'
