$COMPOSE up -d
test "$($COMPOSE ps -q app | wc -l)" = 5
soon 'fetch http://127.0.0.1:8080/'
for i in 1 2 3 4 5 6 7 8 9 10; do fetch http://127.0.0.1:8080/; done >seen
test "$(sort -u seen | wc -l)" = 5
$COMPOSE ps -q app | cut -c 1-12 | sort >ids
sort -u seen | cmp - ids
