not $COMPOSE up -d 2>up.log
cat up.log
grep -q 'service sick: it is unhealthy: still broken; so not started: middle, top' up.log
grep -q '  | no disk today' up.log
test -z "$($COMPOSE ps -aq)"
test -z "$($BRIG network ls -q --filter label=com.docker.compose.project=unhealthy)"
# Only as long as the user says.
sed -i 's/interval: 100ms/interval: 1h/' compose.yaml
not $COMPOSE up -d --wait --wait-timeout 1 2>up.log
grep -q 'it was not healthy in time' up.log
test -z "$($COMPOSE ps -aq)"
