#!/usr/bin/env bash
# What `make day` does: a server of its own with a fast clock on a new database in var/, the example contact centre on it, and the hour of
# examples/contact-centre/day played. The report is var/day.json, who did what var/day.jsonl.
set -euo pipefail
cd "$(dirname "$0")/.."

speed=${SPEED:-60}
address=${LISTEN:-127.0.0.1:8081}
url=http://$address/graphql

mkdir -p var
rm -f var/day.db*
./bin/rapport --db var/day.db --listen "$address" --clock-speed "$speed" --log-level warn >var/day.log 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server || true' EXIT
# It is spoken to when it has said that it serves: before, whoever answers at the address is somebody else.
until grep -q '^Rapport serves' var/day.log; do
	if ! kill -0 $server 2>/dev/null; then
		cat var/day.log >&2
		exit 1
	fi
	sleep 0.2
done
./bin/rapport apply examples/contact-centre --yes --url "$url" >var/day.apply.log 2>&1 || { cat var/day.apply.log >&2; exit 1; }
tail -n 1 var/day.apply.log
echo "Playing an hour at $speed times the speed; watch it at http://$address/"
./bin/rapport play examples/contact-centre/day --url "$url" --json var/day.json --journal var/day.jsonl
