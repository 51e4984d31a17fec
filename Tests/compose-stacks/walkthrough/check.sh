$COMPOSE up -d 2>up.log
test "$(grep -c 'version is obsolete' up.log)" = 1
test "$($COMPOSE ps --services | tr '\n' ' ')" = "web1 web2 "
$COMPOSE ps | grep -q '0.0.0.0:80->80/tcp'
$COMPOSE ps | grep -Eq '0.0.0.0:1[0-9]{3}->81/tcp'
soon 'fetch http://127.0.0.1:80/ | grep -q "It works"'
