$COMPOSE up -d
soon '$COMPOSE logs reader | grep -q kept'
$COMPOSE down
$COMPOSE run --rm -T --no-deps reader | grep -q kept
DOWN=-v
