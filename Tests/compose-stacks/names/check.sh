$COMPOSE up -d
for name in one uno first names-one-1 one.names_left; do
  soon "\$COMPOSE exec -T two wget -qO- http://$name/hostname | grep -q first"
done
$COMPOSE exec -T two nslookup three | grep -q 10.231.7.77
$COMPOSE exec -T three nslookup second | grep -q '10.231.7'
not $COMPOSE exec -T three nslookup one
not $COMPOSE exec -T one nslookup three
$COMPOSE exec -T three ping -c 1 -W 30 two
test "$($COMPOSE exec -T three cat /etc/hosts | grep elsewhere)" = "$(printf '192.0.2.1\telsewhere')"
# A container that comes later is known to those that are there.
$COMPOSE run -d --name late --no-deps two sleep 1000
$COMPOSE rm -sf two
$COMPOSE up -d two
soon '$COMPOSE exec -T three nslookup second'
