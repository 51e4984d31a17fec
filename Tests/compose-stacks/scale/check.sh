$COMPOSE up -d
test "$($COMPOSE ps -q app | wc -l)" = 5
$COMPOSE exec -T front sh -c 'for i in 1 2 3; do wget -qO- http://app:8000/; done' | grep -Eq '^[0-9a-f]{12}$'
$COMPOSE scale app=2
test "$($COMPOSE ps -q app | wc -l)" = 2
