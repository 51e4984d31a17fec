$COMPOSE up -d
soon 'test "$(wc -l < data/tries)" -ge 3'
soon 'test "$($COMPOSE ps --format "{{.State}}")" = running'
