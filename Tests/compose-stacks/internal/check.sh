$COMPOSE up -d
test "$($COMPOSE exec -T front sh -c 'ip -o -4 addr' | grep -c eth)" = 2
$COMPOSE exec -T front ip route | grep -q default
not $COMPOSE exec -T back sh -c 'ip route | grep default'
soon '$COMPOSE exec -T front nc -w 5 store 6379 </dev/null'
not $COMPOSE exec -T back nslookup example.org
