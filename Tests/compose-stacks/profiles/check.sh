$COMPOSE up -d
test "$($COMPOSE ps --services)" = app
$COMPOSE --profile debug up -d
test "$($COMPOSE ps --services | wc -l)" = 2
test "$($COMPOSE run --rm -T tool)" = tool
$COMPOSE --profile debug down
test -z "$($COMPOSE ps -aq)"
$COMPOSE up -d
