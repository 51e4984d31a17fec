mkdir -p pages/deep/er code/sub made/kept made/src
echo 1 > pages/deep/er/file
echo no > made/src/x.o
echo '*/*.o' > made/.dockerignore
$COMPOSE up -d --build
first=$($COMPOSE ps -q made)
image=$($BRIG image inspect --format '{{.Id}}' watch-made)
$COMPOSE watch --no-up --quiet >watch.log 2>&1 &
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

# Directories come, go whole, and take the place of files; what is ignored is not touched.
$COMPOSE exec -T copy cat /pages/deep/er/file
$COMPOSE exec -T copy mkdir /pages/kept
mkdir -p pages/empty/inner
soon '$COMPOSE exec -T copy test -d /pages/empty/inner'
rm -r pages/deep pages/empty
soon 'not $COMPOSE exec -T copy test -e /pages/deep'
soon 'not $COMPOSE exec -T copy test -e /pages/empty'
rm pages/one.txt
mkdir pages/one.txt
echo inside > pages/one.txt/file
soon 'test "$($COMPOSE exec -T copy cat /pages/one.txt/file)" = inside'
$COMPOSE exec -T copy test -d /pages/kept

# sync+restart: the new life sees what was brought, and what is not included does nothing.
echo 1 > code/not.md
echo 1 > code/sub/new.txt
soon '$COMPOSE logs both | grep -q new.txt'
rm -r code/sub
soon '$COMPOSE logs both | grep -c begun | grep -q 3'
not $COMPOSE exec -T both test -e /code/sub
not $COMPOSE exec -T both test -e /code/not.md

# rebuild: what the context leaves out does nothing; a directory that goes makes another image, and the old one goes.
echo other > made/src/x.o
rmdir made/kept
soon 'test "$($COMPOSE ps -q made)" != "'$first'"'
soon 'not $BRIG image inspect '$image
not $COMPOSE exec -T made test -e /made/kept
$COMPOSE exec -T made test -d /made/src
test "$(grep -c ': rebuild' watch.log)" = 1
kill $watcher
wait $watcher || :
test "$(grep -c 'watch app: .*: restart' watch.log)" = 1
