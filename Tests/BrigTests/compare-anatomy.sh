#!/bin/sh
# compare-anatomy.sh FILE PID [BRIG…]: whether `brig anatomy --json` of a process says what other programs and procfs say of it;
# one line for each reading in which they differ, nothing where all agree. BRIG (default `brig`) is asked for TARGET, or for the
# pid; FILE keeps its answer.
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
file=$1; pid=$2; shift 2
"${@:-brig}" anatomy --json "${TARGET:-$pid}" >"$file" || { echo "no anatomy"; exit 1; }
own() { jq -r "$1" "$file" | sort; }
capabilities() { capsh --decode="$(awk -v set="$1:" '$1 == set { print $2 }' "/proc/$pid/status")" | sed 's/.*=//' | tr , '\n' | sort; }
ip() { nsenter -t "$pid" -n ip -o "$@"; }
# reading NAME OTHER'S OWN
reading() {
    [ "$2" = "$3" ] && return
    printf '%s: %s and not %s\n' "$1" "$(echo "$3" | tr '\n' ' ')" "$(echo "$2" | tr '\n' ' ')"
}
reading namespaces "$(lsns -n -o NS,TYPE -p "$pid" | awk '{ print $1, $2 }' | sort)" "$(own '.namespaces[] | "\(.inode) \(.kind)"')"
reading "effective capabilities" "$(capabilities CapEff)" "$(own '.capabilities.sets.effective.names[]')"
reading "bounding capabilities" "$(capabilities CapBnd)" "$(own '.capabilities.sets.bounding.names[]')"
# Others' tests mount below /tmp while this one reads.
reading mounts "$(findmnt -N "$pid" -rno TARGET,FSTYPE | grep -v ^/tmp | sort)" "$(own '.mounts[] | select(.path | startswith("/tmp") | not) | "\(.path) \(.type)"')"
reading cgroups "$(cut -d: -f2- "/proc/$pid/cgroup" | sort)" "$(own '.cgroups[] | "\(.controllers):\(.path)"')"
reading "seccomp mode" "$(awk '/^Seccomp:/ { print $2 }' "/proc/$pid/status")" "$(own '.seccomp.mode')"
reading "user map" "$(awk '{ print $1, $2, $3 }' "/proc/$pid/uid_map" | sort)" "$(own '.users.users[] | "\(.inside) \(.outside) \(.count)"')"
reading addresses "$(ip addr | awk '{ print $4 }' | sort)" "$(own '.network.interfaces[].addresses[]')"
reading interfaces "$(ip link | awk -F': ' '{ print $2 }' | sed 's/@.*//' | sort)" "$(own '.network.interfaces[].name')"
reading routes "$(ip route | awk '{ print $1 }' | sort)" "$(own '.network.routes[] | select(.destination | contains(":") | not) | select((.gateway // "") | contains(":") | not) | .destination')"
reading command "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "$(own '(.subject.commandLine | join(" ")) + " "')"
reading evidence true "$(own '[.namespaces[], .mounts[], .cgroups[].values[], .doors[]] | all(.evidence | length > 0)')"
