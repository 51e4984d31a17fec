$COMPOSE up -d
$COMPOSE watch --no-up >watch.log 2>&1 &
watcher=$!
sleep 1
echo no > src/no.tmp
sleep 1
test "$($COMPOSE logs app | grep -c begun)" = 1
echo two > src/two.txt
for i in 1 2 3 4 5 6 7 8 9 10; do $COMPOSE logs app | grep -c begun | grep -q 2 && break; sleep 0.4; done
kill $watcher
test "$($COMPOSE logs app | grep -c begun)" = 2
