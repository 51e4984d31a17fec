$COMPOSE up -d
soon '$COMPOSE logs side | grep -q PONG'
net() { readlink "/proc/$($BRIG inspect -f '{{.State.Pid}}' "$1")/ns/net"; }
soon '$COMPOSE ps -a watcher | grep -q Up'
test "$(net shared-main-1)" = "$(net shared-watcher-1)"
$COMPOSE exec -T watcher ps | grep -q redis-server
