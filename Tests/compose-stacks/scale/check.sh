$COMPOSE up -d
test "$($COMPOSE ps -q | wc -l)" = 5
test "$($COMPOSE ps | grep -Eo '0.0.0.0:90[0-9]+->8000/tcp' | sort -u | wc -l)" = 5
sleep 0.3
wget -qO- http://127.0.0.1:$($COMPOSE ps | grep -Eo '0.0.0.0:90[0-9]+' | head -n 1 | cut -d: -f2)/ | grep -Eq '^[0-9a-f]{12}$'
$COMPOSE scale app=2
test "$($COMPOSE ps -q app | wc -l)" = 2
