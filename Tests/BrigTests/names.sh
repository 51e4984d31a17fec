#!/bin/sh
# As networks.sh: run in a network namespace of its own, with another one as the world outside; one line for each fact.
brig="$*"
[ "$(ip -o link | wc -l)" = 1 ] && [ -n "$brig" ] || { echo "not a network namespace of its own"; exit 1; }
fact() { printf '%s: %s\n' "$1" "$2"; }
ask() { container=$1; shift; $brig exec "$container" nslookup "$@" 2>&1 | sed '1,/^$/d' | grep -E '^Address|name =|NXDOMAIN|SERVFAIL|REFUSED|timed out|No answer' | sed 's/^\*\* server //;s/Address: //;s/\t/ /' | sort | tr '\n' ' '; }
# The name servers of this network namespace; one that is a zombie has no namespace any more.
servers() { pgrep -f "network serve-names" | while read -r pid; do [ "$(readlink /proc/"$pid"/ns/net)" = "$(readlink /proc/self/ns/net)" ] && echo "$pid"; done; }

ip link set lo up
unshare -n sleep 1000 & world=$!
trap 'kill $world' EXIT
until [ "$(readlink /proc/$world/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
ip link add up0 type veth peer name eth0 netns "$world"
ip addr add 192.0.2.1/24 dev up0; ip link set up0 up
nsenter -t "$world" -n sh -c 'ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up; ip link set lo up'
# A server outside, which knows everything to be 203.0.113.9.
nsenter -t "$world" -n python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("192.0.2.2", 53))
while True:
    q, p = s.recvfrom(4096)
    e = q.index(0, 12) + 5
    ok = q[e-3] == 1
    s.sendto(q[:2] + b"\x81\x80\0\1" + (b"\0\1" if ok else b"\0\0") + b"\0\0\0\0" + q[12:e]
        + (b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4" + bytes([203, 0, 113, 9]) if ok else b""), p)
' & server=$!
trap 'kill $world $server' EXIT
until nsenter -t "$world" -n grep -q ':0035 ' /proc/net/udp; do sleep 0.05; done

$brig network create --subnet 10.77.0.0/24 --subnet fd77::/64 back >/dev/null
$brig network create --subnet 10.78.0.0/24 front >/dev/null
$brig network create --subnet 10.79.0.0/24 --internal shut >/dev/null
run() { name=$1; shift; $brig run -d --name "$name" "$@" box sleep 1000 >/dev/null || fact run failed; }
run web --network back --dns 192.0.2.2 --network-alias all --network-alias www
run api --network name=back,alias=all,ip=10.77.0.20 --network front --dns 192.0.2.2
run lone --network shut --dns 192.0.2.2
run linked --network back --dns 192.0.2.2 --link web:other
run plain

fact resolv "$($brig exec api cat /etc/resolv.conf | grep -v search | tr '\n' ';')"
fact "default bridge" "$($brig exec plain grep -c 127.0.0.11 /etc/resolv.conf)"
fact name "$(ask web api)"
fact "in capitals" "$(ask web API.back)"
fact alias "$(ask api www)"
fact "shared alias" "$(ask linked all)"
fact "version 6" "$(ask api -type=aaaa web)"
fact pointer "$(ask web 10.77.0.20)"
fact "of another network" "$(ask lone web)"
fact link "$(ask linked other)"
fact "link of somebody else" "$(ask api other)"
fact outside "$(ask api example.org)"
fact "outside from an internal network" "$(ask lone example.org)"
$brig network connect --alias late front web
fact "joined while running" "$(ask api late)"
fact "second address" "$($brig exec web ip addr show eth1 | grep -o 'inet 10.78[^ ]*'); $($brig exec web grep -c 10.78 /etc/hosts)"
fact "joined twice" "$($brig network connect front web 2>&1)"
$brig network disconnect back web
fact "left while running" "$(ask linked web); $($brig exec web ip addr | grep -c 'inet 10.77'); $($brig exec web ip route | grep default)"
fact "not there" "$($brig network disconnect back web 2>&1)"
$brig network connect back web
$brig network connect back plain
fact "from the default bridge" "$(ask plain api); $($brig exec plain grep -c 127.0.0.11 /etc/resolv.conf)"
$brig network disconnect back plain
fact "and back" "$($brig exec plain grep -c 127.0.0.11 /etc/resolv.conf)"
$brig port add web 8080:80
fact "port added" "$($brig port web | tr '\n' ';')"
fact "port taken" "$($brig port add web 8080:81 2>&1)"
$brig port rm web 80
fact "port removed" "$($brig port web) $(nft list ruleset | grep -c 'tcp \. 80')"
names=$(servers)
fact "name server" "$(echo "$names" | wc -l) $(awk '/^(Uid|CapEff|NoNewPrivs|Groups)/ { print $2 }' "/proc/$names/status" | tr '\n' ' ')"
kill -9 "$names"
until [ -z "$(servers)" ]; do sleep 0.05; done
fact "without name server" "$($brig network check 2>/dev/null)"
fact repaired "$($brig network check --repair >/dev/null; $brig network check && echo fine)"
fact "after the repair" "$(ask web api)"
$brig stop -t 0 api >/dev/null
fact stopped "$(ask web api)"
fact prune "$($brig network create unused >/dev/null; $brig network prune -f | tr '\n' ' ')"
fact filtered "$($brig network ls -q --filter name=bac --format '{{.Name}}')"
rm "$(echo "$brig" | sed 's/.*--run-root //;s/ .*//')/names.sock"
for _ in $(seq 600); do [ -z "$(servers)" ] && break; sleep 0.1; done
fact "name servers without their socket" "$(servers | wc -l)"
for name in web api lone linked plain; do $brig rm -f $name >/dev/null; done
for _ in $(seq 600); do [ -z "$(servers)" ] && break; sleep 0.1; done
fact "name servers left" "$(servers | wc -l)"
fact links "$(ip -o link | grep -c ': ve')"
