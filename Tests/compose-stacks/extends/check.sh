LEVEL=3 $COMPOSE up -d
sleep 0.3
$COMPOSE logs --no-log-prefix app | grep -q 'the app dev 3'
