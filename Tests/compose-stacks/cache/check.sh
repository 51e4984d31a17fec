$COMPOSE up -d --wait
$COMPOSE exec -T cache redis-cli set greeting hello | grep -q OK
test "$($COMPOSE ps --format '{{.Health}}' | sort -u)" = healthy
