#!/bin/sh
# Run in a network namespace of its own, which is the host here; a second one is the world outside. Prints one line for
# each fact. Arguments: brig with its options.
brig="$*"
# Never among the machine's own links: only where there is nothing but the loopback.
[ "$(ip -o link | wc -l)" = 1 ] && [ -n "$brig" ] || { echo "not a network namespace of its own"; exit 1; }
fact() { printf '%s: %s\n' "$1" "$2"; }
answers() { # NAME COMMAND…: the first line that a server sends, or that nobody answered
    name=$1; shift
    fact "$name" "$("$@" 2>/dev/null | head -n 1 | grep . || echo nobody)"
}
outside() { nsenter -t "$world" -n "$@"; }
# fetch ADDRESS PORT FILE within so many seconds: by the shell's own means, as a container has no more.
fetch='f() { printf "GET /%s HTTP/1.0\r\n\r\n" "$3" | busybox nc -w "$patience" "$1" "$2" | sed "1,/^.$/d"; }; f'
export patience=30
never() { patience=2; answers "$@"; patience=30; } # what must not get an answer
get() { sh -c "$fetch $1 $2 $3"; }
get_outside() { outside sh -c "$fetch $1 $2 $3"; }
get_in() { container=$1; shift; $brig exec -e patience=$patience "$container" sh -c "$(echo "$fetch" | sed 's/ | sed .*; }/; }/') $1 $2 $3" | sed '1,/^.$/d'; }
wait_for() { for _ in $(seq 600); do [ -n "$(get "$1" "$2" group 2>/dev/null)" ] && return; sleep 0.1; done; }

ip link set lo up
[ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] && echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables
unshare -n sleep 1000 & world=$!
trap 'kill $world' EXIT
until [ "$(readlink /proc/$world/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
ip link add up0 type veth peer name eth0 netns "$world"
ip addr add 192.0.2.1/24 dev up0; ip link set up0 up
outside ip addr add 192.0.2.2/24 dev eth0
outside ip link set eth0 up; outside ip link set lo up
nft add table inet others; nft add chain inet others mine '{ type filter hook input priority 0; }'
serve="exec busybox httpd -f -v -p 80 -h /etc"

$brig network create --subnet 10.77.0.0/24 --subnet fd77::/64 second >/dev/null || fact create failed
$brig network create --subnet 10.78.0.0/24 --internal hidden >/dev/null || fact create failed
fact "overlapping subnet" "$($brig network create --subnet 10.77.0.128/25 third 2>&1)"
$brig run -d --name web -p 8080:80 -p 7000-7199:7000-7199/udp box sh -c "$serve" >/dev/null
$brig run -d --name six --network second --ip 10.77.0.9 --mac-address 02:00:00:00:00:09 -p 127.0.0.1:8081:80 box sh -c "$serve" >/dev/null
$brig run -d --name dark --network hidden -p 8083:80 box sh -c "$serve" >/dev/null
nsenter -t "$world" -n busybox httpd -f -v -p 9000 -h /etc 2>/tmp/world-$$.log & server=$!
trap 'kill $world $server' EXIT
wait_for 127.0.0.1 8080; wait_for 127.0.0.1 8081

answers "from outside" get_outside 192.0.2.1 8080 group
answers "by loopback" get 127.0.0.1 8080 group
answers "by the host's address" get 192.0.2.1 8080 group
answers "hairpin" get_in web 192.0.2.1 8080 group
answers "hairpin by the gateway" get_in web 172.17.0.1 8080 group
[ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] && echo 0 > /proc/sys/net/bridge/bridge-nf-call-iptables
answers "hairpin without br_netfilter" get_in web 192.0.2.1 8080 group
answers "one address" get 127.0.0.1 8081 group
never "one address from outside" get_outside 192.0.2.1 8081 group
web=$($brig inspect -f '{{.NetworkSettings.IPAddress}}' web)
six=$($brig inspect -f '{{.NetworkSettings.Networks.second.IPAddress}}' six)
six6=$($brig inspect -f '{{.NetworkSettings.Networks.second.GlobalIPv6Address}}' six)
dark=$($brig inspect -f '{{.NetworkSettings.Networks.hidden.IPAddress}}' dark)
fact addresses "$web $six $six6 $dark $($brig exec six sh -c 'ip link show eth0' | grep -o '02:00:00:00:00:09')"
answers "host to container" get "$web" 80 group
answers "host to container, version 6" get "$six6" 80 group
never "between networks" get_in six "$web" 80 group
answers "between networks by a published port" get_in six 192.0.2.1 8080 group
outside ip route add 172.16.0.0/12 via 192.0.2.1; outside ip route add 10.0.0.0/8 via 192.0.2.1
never "routed from outside" get_outside "$web" 80 group
outside ip route del 172.16.0.0/12; outside ip route del 10.0.0.0/8
answers "to the outside" get_in web 192.0.2.2 9000 passwd | sed 's/root:.*/answered/'
never "internal to the outside" get_in dark 192.0.2.2 9000 passwd
never "internal from outside" get_outside 192.0.2.1 8083 group
fact "client seen by the container" "$($brig logs web 2>&1 | grep -o '192\.0\.2\.2' | head -n 1)"
fact "client seen outside" "$(grep -o '192\.0\.2\.1' /tmp/world-$$.log | head -n 1)"; rm -f /tmp/world-$$.log
never "loopback of the host" get_in web 127.0.0.1 8081 group
fact ps "$($brig ps --format '{{.Names}} {{.Ports}}' | sort | tr '\n' ';')"
fact port "$($brig port web 80); $($brig port web 7100/udp); $($brig port web 81 2>&1)"
fact "shared namespace" "$($brig run --rm --network container:web box sh -c 'ls -l /proc/self/ns/net; cat /etc/hostname' | sed 's/.*net:/net:/' | tr '\n' ' ' | sed "s/$(readlink /proc/$($brig inspect -f '{{.State.Pid}}' web)/ns/net | tr -dc 0-9)/same/;s/$($brig inspect -f '{{.Config.Hostname}}' web)/same/")"
fact "host's namespace" "$([ "$($brig run --rm --network host box sh -c 'ls -l /proc/self/ns/net' | sed 's/.*net:/net:/')" = "$(readlink /proc/self/ns/net)" ] && echo same)"
fact hosts "$($brig run --rm -h me --domainname example.org --add-host a:1.2.3.4 --add-host b:host-gateway --link web:w box tail -n 4 /etc/hosts | tr '\t\n' ' ;' | sed "s/$($brig inspect -f '{{.Config.Hostname}}' web)/ID/")"
fact resolv "$($brig run --rm --dns 192.0.2.53 --dns-search example.org --dns-option ndots:3 box cat /etc/resolv.conf | tr '\n' ';')"
fact "published at random" "$($brig run -d -P --expose 81 --name any box sleep 100 >/dev/null; $brig port any | sed 's/:[0-9]*$/:PORT/'; $brig rm -f any >/dev/null)"
fact "any of a range" "$($brig run -d -p 8080-8082:80 --name any box sleep 100 >/dev/null; $brig port any 80; $brig rm -f any >/dev/null)"
for wrong in "--ip 172.17.0.5" "--network second --ip 10.78.0.5" "--network second --ip 10.77.0.9" "-p 8080:80" "-p 1:2:3:4" "-p 80/sctp" "--network nowhere" "--network container:nobody" "--network container:web -p 1:1" "--network host --ip 1.2.3.4" "--network-alias x" "-p [::1]:99:80"; do
    fact "run $wrong" "$($brig run --name late $wrong box true 2>&1 | sed 's/\(web\|late\): //'; $brig rm late >/dev/null 2>&1 && echo ' (made)')"
done
busybox nc -l -p 8090 >/dev/null & holder=$!
until grep -q ':1F9A ' /proc/net/tcp /proc/net/tcp6; do sleep 0.05; done
fact "port of a program" "$($brig run --rm -p 8090:80 box true 2>&1 | sed 's/pid [0-9]*/pid/')"
fact "one of many of a program" "$($brig run --rm -p 8080-8099:8080-8099/udp -p 8085-8099:8085-8099 box true 2>&1 | sed 's/pid [0-9]*/pid/')"
fact "many beside a program" "$($brig run --rm -p 8085-8099:8085-8099/udp -p 8095-8099:8095-8099 box true 2>&1 && echo fine)"
kill $holder
fact check "$($brig network check && echo fine)"
table=$(nft list tables | grep -o 'brig.*')
nft flush table inet "$table"
fact flushed "$($brig network check 2>/dev/null | wc -l) problems"
never "after the flush" get_outside 192.0.2.1 8080 group
$brig network check --repair >/dev/null
fact repaired "$($brig network check && echo fine)"
answers "after the repair" get_outside 192.0.2.1 8080 group
nft delete table inet "$table"
fact "the next start" "$($brig run --rm --network second box true 2>&1 | sed 's/table .* is/table is/')"
fact "the next start repairs" "$($brig network check && echo fine)"
fact "in use" "$($brig network rm second 2>&1)"
pid=$($brig inspect -f '{{.State.Pid}}' web); kill -9 "$(awk '{print $4}' /proc/$pid/stat)"; kill -9 "$pid"
while [ -e "/proc/$pid/root/." ]; do sleep 0.05; done
for name in web six dark; do $brig rm -f $name >/dev/null; done
fact links "$(ip -o link | grep -c ': ve')"
fact elements "$(nft list table inet "$table" | grep -c 'tcp \. 80')"
$brig network rm second hidden >/dev/null
fact networks "$($brig network ls --format '{{.Name}}' | tr '\n' ' ')"
fact bridges "$(ip -o link show type bridge | wc -l)"
fact "tables of others" "$(nft list table inet others | grep -c 'chain mine')"
