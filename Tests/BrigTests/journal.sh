#!/bin/bash
# The log driver journald with a journal of the test's own. Run in a mount and a network namespace of its own, which is the host
# here. Prints one line for each fact. Arguments: a directory, brig with its options on roots in it.
place=$1; shift; brig=("$@")
mount --make-rprivate /
# Whatever journal the machine has is not asked.
mount -t tmpfs brig-journal /run
brig() { "${brig[@]}" "$@"; }
echo "no journal: $(brig run --log-driver journald --network none box true 2>&1); $?"
mkdir -p /run/systemd/journal
python3 - >>$place/entries <<'PYTHON' &
import os, socket, struct
taker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
taker.bind("/run/systemd/journal/socket")
while True:
    data, fields = taker.recv(1 << 20), {}
    while data:
        line, _, data = data.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            (length,), value = struct.unpack("<Q", data[:8]), data[8:]
            value, data = value[:length], value[length + 1:]
        fields[name.decode()] = value.decode()
    full = fields.pop("CONTAINER_ID_FULL", "")
    fields["ids"] = str(len(full) == 64 and full.startswith(fields.pop("CONTAINER_ID", "?")))
    fields["time"] = str(fields.pop("SYSLOG_TIMESTAMP", "").endswith("Z"))
    if len(fields["MESSAGE"]) > 100: fields["MESSAGE"] = f"{len(fields['MESSAGE'])} bytes"
    print(" ".join(f"{name}={fields[name]!r}" for name in sorted(fields)), flush=True)
PYTHON
taker=$!
until [ -S /run/systemd/journal/socket ]; do sleep 0.05; done
until_lines() { for _ in $(seq 1200); do [ "$(wc -l <$place/entries)" -ge $1 ] && return; sleep 0.1; done; }
brig run --log-driver journald --network none --name web box sh -c 'echo out; echo err >&2; printf rest' >/dev/null 2>&1
until_lines 3; sort $place/entries | sed "s/$(brig inspect -f '{{.Id}}' web | cut -c1-12)/ID/g"
: >$place/entries
brig run --rm --log-driver journald --log-opt tag='{{.Name}}/{{.ImageName}}' --log-opt labels=a.b --log-opt env-regex='^X' -l a.b=1 -l c=2 \
    -e XY=$'two\nlines' -e Z=3 --network none --name tagged box sh -c 'echo $(head -c 20000 /dev/zero | busybox tr "\0" x)' >/dev/null
until_lines 2; cat $place/entries
: >$place/entries
# A journal that is started anew is found again; what came while there was none is told of.
brig run -d --log-driver journald --network none --name long box sh -c 'while [ ! -e /dev/shm/on ]; do busybox usleep 20000; done; echo lost; while [ ! -e /dev/shm/again ]; do busybox usleep 20000; done; echo found' >/dev/null
kill $taker; wait $taker 2>/dev/null
brig exec long touch /dev/shm/on
for _ in $(seq 1200); do grep -q 'output is lost' $place/run/*/monitor.log 2>/dev/null && break; sleep 0.1; done
rm /run/systemd/journal/socket
python3 - >>$place/entries <<'PYTHON' &
import socket
taker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
taker.bind("/run/systemd/journal/socket")
while True: print(taker.recv(1 << 20).split(b"MESSAGE\n")[1][8:-1].decode(), flush=True)
PYTHON
taker=$!
until [ -S /run/systemd/journal/socket ]; do sleep 0.05; done
brig exec long touch /dev/shm/again
until_lines 2; cat $place/entries
brig wait long
kill $taker; wait $taker 2>/dev/null
brig rm web long >/dev/null
echo "left: $(ls $place/root/containers)"
for text in tag='{{.Nope}}' max-size=1m labels-regex='('; do
    echo "wrong ${text%%=*}: $(brig create --log-driver journald --log-opt "$text" box true 2>&1 | cut -d, -f1-3)"
done
