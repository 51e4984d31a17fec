$COMPOSE up -d 2>up.log
grep -q 'version is obsolete' up.log
test "$($COMPOSE ps --services | tr '\n' ' ')" = "web1 web2 "
$COMPOSE ps | grep -q '0.0.0.0:80->80/tcp'
$COMPOSE ps | grep -Eq '0.0.0.0:1[0-9]{3}->81/tcp'
for i in 1 2 3 4 5 6 7 8 9 10; do wget -qO page http://127.0.0.1:80/ && break; sleep 0.3; done
test -s page
