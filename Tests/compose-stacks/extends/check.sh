LEVEL=3 $COMPOSE up -d
soon '$COMPOSE logs --no-log-prefix app | grep -q "the app dev 3"'
test "$($COMPOSE ps --services | tr '\n' ' ')" = "app helper "
