#!/bin/bash
# Logs out of a journal that systemd's own journald keeps, in a mount and a network namespace of the test's own. Prints one line for
# each fact. Arguments: a directory, brig with its options on roots in it.
place=$1; shift; brig=("$@")
mount --make-rprivate /
mount -t tmpfs brig-journal /run
mkdir -p /run/systemd/journal /run/log/journal /run/systemd/journald.conf.d
printf '[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\n' >/run/systemd/journald.conf.d/test.conf
brig() { "${brig[@]}" "$@"; }
/lib/systemd/systemd-journald 2>/dev/null & journald=$!
for _ in $(seq 300); do [ -S /run/systemd/journal/socket ] && journalctl --sync 2>/dev/null && break; sleep 0.1; done
trap 'brig rm -f web >/dev/null 2>&1; kill $journald' EXIT
[ -S /run/systemd/journal/socket ] || { echo "journald does not run here"; exit 0; }
brig run -d --name web --network none --log-driver journald box sh -c 'for i in 1 2 3; do echo line $i; done; echo bad >&2
    while [ ! -e /dev/shm/on ]; do busybox usleep 20000; done; printf "\377\001\n"; head -c 20000 /dev/zero | busybox tr "\0" x; echo; echo last' >/dev/null
until_lines() { for _ in $(seq 600); do [ "$(brig logs web 2>&1 | wc -l)" -ge $1 ] && return; sleep 0.1; done; echo "never $1 lines"; }
until_lines 4
echo "out: $(brig logs web 2>/dev/null | xargs)"
echo "err: $(brig logs web 2>&1 >/dev/null)"
echo "tail: $(brig logs --tail 2 web 2>&1 | wc -l)"
between=$(date -u +%FT%T.%NZ)
brig logs -f web >$place/followed 2>/dev/null & follower=$!
brig exec web touch /dev/shm/on
wait $follower
echo "followed: $(wc -lc <$place/followed)"
echo "last: $(tail -n 1 $place/followed)"
echo "bytes: $(sed -n 4p $place/followed | od -An -tx1 | xargs)"
echo "since: $(brig logs --since $between web 2>/dev/null | wc -l), until: $(brig logs --until $between web 2>/dev/null | wc -l)"
echo "timestamps: $(brig logs -t --tail 1 web | grep -c '^20[0-9-]*T[0-9:.]*Z last$')"
# A long journal: what is shown begins before all of it was read, and nothing of it is collected.
brig create --name long --network none --log-driver journald box true >/dev/null
python3 - $(brig inspect -f '{{.Id}}' long) "${brig[@]}" <<'PYTHON'
import datetime, itertools, os, re, socket, subprocess, sys
id, brig, count = sys.argv[1], sys.argv[2:], 40_000
sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sender.connect("/run/systemd/journal/socket")
time = lambda number: f"2020-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
for number in range(count):
    sender.send(f"MESSAGE=entry {number}\nPRIORITY=6\nCONTAINER_ID_FULL={id}\nSYSLOG_TIMESTAMP={time(number // 10)}\n".encode())
subprocess.run(["journalctl", "--sync"])
logs = subprocess.Popen(brig + ["logs", "long"], stdout=subprocess.PIPE)
lines = iter(logs.stdout.readline, b"")
# Nine in ten: the rest is more than a pipe holds, so the program is still there.
for _ in itertools.islice(lines, count * 9 // 10): pass
peak = int(re.search(r"VmHWM:\s*(\d+)", open(f"/proc/{logs.pid}/status").read())[1])
print("long:", "bounded" if peak < 100_000 else f"{peak} kB", sum(1 for _ in lines), logs.wait())
def words(*options):
    found = subprocess.run(brig + ["logs", *options, "long"], stdout=subprocess.PIPE).stdout.split()[1::2]
    return f"{len(found)} from {int(found[0])}" if found else "none"
print("tail:", words("-n", "3"), "until:", words("--until", time(99)), "since:", words("--since", time(3_990)))
print("tail until:", words("-n", "5", "--until", time(999)), "tail since:", words("-n", "50", "--since", time(3_998)))
PYTHON
