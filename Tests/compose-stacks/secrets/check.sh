$COMPOSE up -d
test "$($COMPOSE exec -T app cat /run/secrets/file)" = "open sesame"
test "$($COMPOSE exec -T app cat /run/secrets/variable)" = from-dot-env
test "$($COMPOSE exec -T app cat /run/secrets/renamed)" = "from the file itself"
test "$($COMPOSE exec -T app stat -c %a /run/secrets/renamed)" = 400
test "$($COMPOSE exec -T app cat /etc/app.conf)" = name=from-dot-env
not $COMPOSE exec -T app sh -c 'echo x > /run/secrets/file'
not $COMPOSE exec -T app sh -c 'echo x > /etc/app.conf'
