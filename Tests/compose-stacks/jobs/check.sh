$COMPOSE up -d
soon '$COMPOSE logs app | grep -q "schema 1"'
$COMPOSE ps -a --format '{{.Service}} {{.State}} {{.ExitCode}}' | grep -q 'migrate exited 0'
$COMPOSE up -d
test "$(cat data/runs)" = "$(printf 'run\nrun')"
