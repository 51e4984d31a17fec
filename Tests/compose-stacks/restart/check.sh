$COMPOSE up -d
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do test "$(wc -l < data/tries)" -ge 3 && break; sleep 0.5; done
test "$(wc -l < data/tries)" -ge 3
sleep 0.3
test "$($COMPOSE ps --format '{{.State}}')" = running
