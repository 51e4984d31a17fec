#!/bin/bash
# kill -9 of brig, of the monitor and of the container's first process at random moments of run, stop, restart, network connect
# and disconnect, and rm. Run in a network namespace of its own, which is the host here. Says what is wrong, a line each, and
# at last how many kills there were. Arguments: a seed, how many kills, a directory, brig with its options on roots in it.
seed=$1 count=$2 place=$3; shift 3; brig=("$@")
[ "$(ip -o link | wc -l)" = 1 ] || { echo "not a network namespace of its own"; exit 1; }
RANDOM=$seed
ip link set lo up
group=/brig-kills-$$
wrong() { echo "wrong: seed $seed, kill $i ($what, $victim after $moment s): $*"; }
brig() { "${brig[@]}" "$@"; }
# Processes of this brig: all that have the directory on their command line, but for this script.
processes() {
    grep -lsa -- "$place/" /proc/[0-9]*/cmdline | while IFS=/ read -r _ _ pid _; do
        case $(tr '\0' ' ' 2>/dev/null </proc/$pid/cmdline) in "" | *kills.sh* | "grep "*) ;; *$1*) echo "$pid" ;; esac
    done
}
within() { for parent in /sys/fs/cgroup/*$group /sys/fs/cgroup$group; do ls -d "$parent"/*/ 2>/dev/null; done; }
# Polls until the command says nothing.
until_silent() {
    for _ in $(seq 600); do [ -z "$("$@")" ] && return; sleep 0.1; done
    wrong "still there: $* $("$@" | head -3 | xargs)"
}
start_one() {
    brig run -d --name web --network one --cgroup-parent $group -v data:/data -p 8080:80 box sleep 100000 >/dev/null 2>$place/err ||
        wrong "run: $(cat $place/err)"
}
state_of() { brig inspect -f "$1" web 2>/dev/null; }

what=prepare victim=none moment=0 i=0
brig network create one >/dev/null && brig network create two >/dev/null || wrong "no networks"
head -c 200000 /dev/urandom >$place/data
brig run --rm --network none -v data:/data -v $place/data:/source:ro box sh -c 'cat /source > /data/file' || wrong "no volume"
volume=$(brig volume inspect -f '{{.Mountpoint}}' data)
commands=("run" "stop" "restart" "network connect" "network disconnect" "rm" "kill")
victims=(brig monitor first)
begun=$(date +%s%N); start_one; brig rm -f web >/dev/null; took=$(( ($(date +%s%N) - begun) / 2000 ))

for i in $(seq $count); do
    # Each command in turn, and each victim: after 21 kills every one of them has met every command.
    kind=$((seed + i * 8)) what=${commands[kind % 7]} victim=${victims[kind % 3]}
    moment=$(awk "BEGIN { printf \"%.6f\", $took * $RANDOM / 32768 * 1.2 / 1000000 }")
    first= monitor=
    [ "$what" = run ] || { start_one; first=$(state_of '{{.State.Pid}}')
        monitor=$(awk '/^PPid/ { print $2 }' /proc/$first/status 2>/dev/null); }
    [ "$what" != "network disconnect" ] || brig network connect two web || wrong "connect"
    case $what in
        run) words=(run -d --name web --network one --cgroup-parent $group -v data:/data -p 8080:80 box sleep 100000) ;;
        stop | restart) words=($what -t 0 web) ;;
        network*) words=($what two web) ;;
        rm) words=(rm -f web) ;;
        kill) words=(kill web) ;;
    esac
    "${brig[@]}" "${words[@]}" >/dev/null 2>$place/err &
    asked=$!
    sleep $moment
    case $victim in
        brig) kill -9 $asked ;;
        monitor) [ -n "$monitor" ] || monitor=$(processes "monitor" | head -1); [ -z "$monitor" ] || kill -9 $monitor ;;
        first) [ -n "$first" ] || { monitor=$(processes "monitor" | head -1)
            [ -z "$monitor" ] || first=$(awk '{ print $1 }' /proc/$monitor/task/$monitor/children); }
            [ -z "$first" ] || kill -9 $first ;;
    esac 2>/dev/null
    wait $asked 2>/dev/null
    # What the command and the monitor have started ends by itself.
    until_silent processes "container cleanup"
    # What is younger than a minute may belong to a command that is at work: here nobody is.
    find $place/root/containers $place/run -maxdepth 2 -type d -name '????????????????????????????????????????????????????????????????' -exec touch -c -d '10 minutes ago' {} + 2>/dev/null
    brig system repair >$place/repair 2>&1 || wrong "repair: $(cat $place/repair)"
    # Whatever state it is in now, it is a whole one: it can be looked at, started and removed.
    status=$(state_of '{{.State.Status}}')
    case $status in
        "" | running | exited | created) ;;
        *) wrong "it is $status" ;;
    esac
    if [ "$status" = running ]; then
        [ "$(brig exec web cat /proc/1/cmdline | tr '\0' ' ')" = "sleep 100000 " ] || wrong "it does not do what it was made for"
    elif [ -n "$status" ]; then
        brig start web >/dev/null 2>$place/err || wrong "start: $(cat $place/err)"
    fi
    [ -z "$status" ] || brig rm -f web >/dev/null 2>$place/err || wrong "rm: $(cat $place/err)"

    until_silent processes ""
    until_silent within
    left=$(ls -A $place/root/containers; ls -A $place/run | grep -v -e '^runtime$' -e '^network.lock$' -e '^names'; ls -A $place/run/runtime | grep -v '^@'; grep " $place" /proc/mounts; ip -o link | grep -v -e ': lo:' -e ': br-' -e ': brig')
    [ -z "$left" ] || wrong "left: $left"
    used=$(brig network inspect -f '{{len .Containers}}' one two | xargs)
    [ "$used" = "0 0" ] || wrong "containers in networks: $used"
    ports=$(nft list ruleset | grep -c 8080)
    [ "$ports" = 0 ] || wrong "the port is still there"
    cmp -s $place/data $volume/file || wrong "the volume's file is not what it was"
    brig ps -aq | grep . && wrong "a container is left"
done
brig network rm one two >/dev/null || wrong "networks stay"
brig network rm two >/dev/null 2>&1
brig volume rm data >/dev/null || wrong "the volume stays"
find /sys/fs/cgroup -depth -type d -path "*$group" -exec rmdir {} + 2>/dev/null
echo "kills: $count"
