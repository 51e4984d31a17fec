$COMPOSE up -d
$COMPOSE watch --no-up >watch.log 2>&1 &
watcher=$!
soon 'grep -q watching watch.log'
echo two > src/two.txt
echo no > src/no.tmp
soon '$COMPOSE logs app | grep -c begun | grep -q 2'
soon 'test "$($COMPOSE exec -T copy cat /pages/one.txt)" = one'
echo more > pages/more.txt
soon 'test "$($COMPOSE exec -T copy cat /pages/more.txt)" = more'
rm pages/more.txt
soon 'not $COMPOSE exec -T copy cat /pages/more.txt'
kill $watcher
wait $watcher || :
test "$(grep -c ': restart' watch.log)" = 1
