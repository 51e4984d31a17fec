#!/bin/sh
# parallel.sh LOOPS RUNS IMAGE BRIG…: LOOPS loops side by side, each of RUNS times `run --rm` on one bridge; every container
# says its address. In a network namespace of its own. Says what failed, what was left, and addresses that two containers had
# at a time: each is claimed by a directory while its container runs.
loops=$1 runs=$2 image=$3; shift 3
brig="$*"
[ "$(ip -o link | wc -l)" -le 2 ] && [ -n "$brig" ] || { echo "not a network namespace of its own"; exit 1; }
work=$(mktemp -d /tmp/parallel-XXXXXX)
trap 'rm -rf "$work"' EXIT
mkdir "$work/claims"
loop() {
    for i in $(seq "$runs"); do
        said=$($brig run --rm -v "$work/claims:/claims" "$image" sh -c '
            a=$(ip -o -4 addr show eth0 | sed "s/.*inet \([0-9.]*\).*/\1/"); [ -n "$a" ] || exit 8
            mkdir "/claims/$a" || exit 9
            rmdir "/claims/$a"; echo "$a"' 2>&1) && case $said in *.*.*.*) ;; *) false ;; esac || echo "$1.$i: $said" >>"$work/failed"
    done
}
for n in $(seq "$loops"); do loop "$n" & done
wait
printf 'runs: %s, failed: %s\n' $((loops * runs)) "$(cat "$work/failed" 2>/dev/null | wc -l)"
head -n 5 "$work/failed" 2>/dev/null
printf 'left: %s containers, %s links, %s claims\n' "$($brig ps -aq | wc -l)" "$(ip -o link | grep -c ': ve')" "$(ls "$work/claims" | wc -l)"
printf 'network: %s\n' "$($brig network check && echo fine)"
