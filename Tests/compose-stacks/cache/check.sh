$COMPOSE up -d --wait
soon '$COMPOSE exec -T cache redis-cli set greeting hello | grep -q OK'
test "$($COMPOSE exec -T cache redis-cli get greeting)" = hello
$COMPOSE ps web | grep -Eq '0.0.0.0:80(8[0-9]|90)->80/tcp'
before=$($COMPOSE ps -q cache)
sed -i 's/depends_on/environment: {A: 1}\n    depends_on/' compose.yaml
$COMPOSE up -d >again.log 2>&1
grep -q 'cache-web-1: Recreated' again.log
grep -q 'cache-cache-1: Running' again.log
test "$($COMPOSE ps -q cache)" = "$before"
