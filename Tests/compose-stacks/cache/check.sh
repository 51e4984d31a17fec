$COMPOSE up -d --wait
for i in 1 2 3 4 5 6 7 8 9 10; do $COMPOSE exec -T cache redis-cli set greeting hello | grep -q OK && break; sleep 0.3; done
test "$($COMPOSE exec -T cache redis-cli get greeting)" = hello
$COMPOSE ps web | grep -Eq '0.0.0.0:80(8[0-9]|90)->80/tcp'
before=$($COMPOSE ps -q cache)
sed -i 's/depends_on/environment: {A: 1}\n    depends_on/' compose.yaml
$COMPOSE up -d 2>&1 | grep -q 'cache-web-1: Recreated'
test "$($COMPOSE ps -q cache)" = "$before"
