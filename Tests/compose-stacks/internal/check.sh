$COMPOSE up -d
$COMPOSE exec -T front sh -c 'nslookup store || getent hosts store' | grep -q '[0-9]\.'
! $COMPOSE exec -T back sh -c 'ip route 2>/dev/null | grep -q default'
