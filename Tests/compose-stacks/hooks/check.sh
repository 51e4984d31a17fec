mkdir -p log
$COMPOSE up -d
test "$(cat log/base)" = begun
$COMPOSE restart base
test "$(cat log/base | tr '\n' ' ')" = "begun ends begun "
soon 'test "$($COMPOSE logs --no-log-prefix upper | grep -c "upper runs")" = 2'
$COMPOSE stop
test "$(tail -n 1 log/base)" = ends
test -z "$($COMPOSE ps -q)"
$COMPOSE start
test "$($COMPOSE ps -q | wc -l)" = 2
test "$($COMPOSE wait base & sleep 0.2; $COMPOSE kill -s KILL base >/dev/null 2>&1; wait)" = 137
