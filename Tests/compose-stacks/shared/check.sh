$COMPOSE up -d
for i in 1 2 3 4 5 6 7 8 9 10; do $COMPOSE logs side | grep -q PONG && break; sleep 0.3; done
$COMPOSE logs side | grep -q PONG
