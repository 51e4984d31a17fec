$COMPOSE up -d
test "$($COMPOSE ps -q | wc -l)" = 5
test "$($COMPOSE ps | grep -Eo '0.0.0.0:90[0-9]+->8000/tcp' | sort -u | wc -l)" = 5
soon 'fetch "http://$($COMPOSE port app 8000 | sed s/0.0.0.0/127.0.0.1/)/" | grep -Eq "^[0-9a-f]{12}$"'
$COMPOSE scale app=2
test "$($COMPOSE ps -q app | wc -l)" = 2
