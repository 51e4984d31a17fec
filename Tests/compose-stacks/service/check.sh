./python python.tar
$COMPOSE up -d --build --wait
test "$(fetch http://127.0.0.1:8080/)" = "visitor 1"
test "$(fetch http://127.0.0.1:8080/)" = "visitor 2"
test "$($COMPOSE ps --format '{{.Health}}' | sort -u)" = healthy
test "$($COMPOSE ps --format '{{.Service}}' | wc -l)" = 3
test "$($COMPOSE exec -T app wget -qO- http://web/)" = "visitor 3"
test "$($COMPOSE exec -T web nslookup database | grep -c '^Address.*172\|^Address.*192.168\|^Address.* 10\.')" -ge 1
# One service changes; the others stay, and what is stored stays.
others=$($COMPOSE ps -q store web)
sed -i 's/environment: {STORE: store}/environment: {STORE: database}/' compose.yaml
$COMPOSE up -d --wait
test "$($COMPOSE ps -q store web)" = "$others"
soon 'test "$(fetch http://127.0.0.1:8080/)" = "visitor 4"'
