$COMPOSE up -d
$COMPOSE watch --no-up >watch.log 2>&1 &
watcher=$!
for i in 1 2 3 4 5 6 7 8 9 10; do $COMPOSE exec -T app cat /src/one.txt 2>/dev/null | grep -q one && break; sleep 0.4; done
echo two > src/two.txt; echo no > src/no.tmp
for i in 1 2 3 4 5 6 7 8 9 10; do $COMPOSE exec -T app cat /src/two.txt 2>/dev/null | grep -q two && break; sleep 0.4; done
kill $watcher
$COMPOSE exec -T app cat /src/two.txt | grep -q two
! $COMPOSE exec -T app test -e /src/no.tmp
