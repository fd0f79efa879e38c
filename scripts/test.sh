#!/usr/bin/env bash
# What `make test` does: installs what is missing, then runs every test, section by section, and stops at the first
# section that fails. Every Go package is tested exactly once: what no section names is in the last one.
set -euo pipefail
cd "$(dirname "$0")/.."

GO=${GO:-go}
limit=${TEST_LIMIT:-1200} # seconds for everything, on two cores
export RAPPORT_REQUIRE_MARIADB=1

title=
began=0
times=

close_section() {
	[ -n "$title" ] || return 0
	echo "== $title: $1, $((SECONDS - began)) s (total $SECONDS s)"
	times="$times$title $((SECONDS - began)) s, "
	title=
}

section() {
	close_section ok
	title=$1
	began=$SECONDS
	echo
	echo "== $title"
	if [ "$SECONDS" -ge "$limit" ]; then
		echo "the limit of $limit s for all sections is over" >&2
		exit 1
	fi
}

finish() {
	local status=$?
	if [ "$status" != 0 ]; then
		close_section FAILED
		echo
		echo "make test: FAILED in $SECONDS s"
	fi
}
trap finish EXIT

# These are tested with the race detector, the others as they are shipped, without cgo.
with_race='internal/writer|internal/bus|internal/api'

pick() { # those of the packages on stdin that are in one of the folders a|b|c
	grep -E "^$module/($1)(/|\$)" || true
}

gotest() {
	if [ $# = 0 ]; then
		echo "(no packages)"
		return
	fi
	local raced plain
	raced=$(printf '%s\n' "$@" | pick "$with_race")
	# shellcheck disable=SC2086 # lists of packages
	plain=$(printf '%s\n' "$@" | grep -vxF "$(printf '%s\n' none $raced)" || true)
	# shellcheck disable=SC2086
	[ -z "$plain" ] || CGO_ENABLED=0 $GO test -count=1 -timeout "$(left)s" $plain
	# shellcheck disable=SC2086
	[ -z "$raced" ] || CGO_ENABLED=1 $GO test -race -count=1 -timeout "$(left)s" $raced
}

left() { # 0 would be no limit
	local seconds=$((limit - SECONDS))
	[ "$seconds" -gt 0 ] || seconds=1
	echo "$seconds"
}

section install
# shellcheck disable=SC2086 # a list
scripts/install-test-deps.sh ${DEPS:-mariadb gcc}

section build+vet
# The console first: the server embeds it. internal/e2e runs what is in web/test and web/e2e against real servers.
(cd web && npm ci --no-audit --no-fund && npm run build)
# Some npm packages bring Go files.
all=$($GO list ./... | grep -v /node_modules/)
module=$($GO list -m)
CGO_ENABLED=0 $GO build -o bin/rapport .
# shellcheck disable=SC2086
CGO_ENABLED=0 $GO vet $all

engine=$(pick 'engine' <<<"$all")
day=$(pick 'examples/contact-centre/day' <<<"$all")
store=$(pick 'models|internal/writer' <<<"$all")
api=$(pick 'internal/api|resolvers|internal/e2e' <<<"$all")
tools=$(pick 'internal/tools' <<<"$all")
# shellcheck disable=SC2086 # lists
rest=$(grep -vxF "$(printf '%s\n' none $engine $store $api $tools $day)" <<<"$all" || true)

# shellcheck disable=SC2086
{
	section engine
	gotest $engine

	section store
	gotest $store

	section api+web
	gotest $api

	section "torture short"
	gotest $tools

	section "the day"
	gotest $day

	section "fuzz short"
	GO="$GO" scripts/fuzz.sh 20

	section rest
	gotest $rest
}

close_section ok
echo
echo "make test: ok in $SECONDS s (${times%, })"
