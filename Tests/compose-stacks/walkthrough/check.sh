$COMPOSE up -d 2>up.log
grep -q 'version is obsolete' up.log
test "$($COMPOSE ps --services | tr '\n' ' ')" = "web1 web2 "
$COMPOSE ps | grep -q '0.0.0.0:80->80/tcp'
$COMPOSE ps | grep -Eq '0.0.0.0:1[0-9]{3}->81/tcp'
$COMPOSE exec -T web1 wget -qO- http://web2/ | grep -qi nginx
