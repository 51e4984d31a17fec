$COMPOSE up -d
$COMPOSE logs app | grep -q 'schema 1'
$COMPOSE ps -a --format '{{.Service}} {{.State}}' | grep -q 'migrate exited'
