$COMPOSE up -d
test "$($COMPOSE exec -T front sh -c 'ip -o -4 addr' | grep -c eth)" = 2
! $COMPOSE exec -T back sh -c 'ip route' | grep -q default
