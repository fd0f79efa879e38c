#!/usr/bin/env bash
# Installs what the tests need beyond Go, and nothing that is already there.
#
#   scripts/install-test-deps.sh [mariadb] [gcc] [chromium]     default: mariadb gcc
#
# mariadb   the bare programs (Debian's mariadb-server-core, and mariadb-client-core, which mariadb-install-db needs):
#           the tests start private servers of their own (internal/dbtest). Unlike the package mariadb-server these
#           bring no system service, so none is ever started, now or after a reboot.
# gcc       for the race detector (cgo)
# chromium  for browser tests
set -euo pipefail

[ $# -gt 0 ] || set -- mariadb gcc
started=$SECONDS

# Debian keeps servers in sbin folders, which are not on a normal user's PATH.
have_program() { PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1; }

have() {
	case $1 in
	mariadb) have_program mariadbd && have_program mariadb-install-db && have_program my_print_defaults ;;
	# A compiler without the C library's headers is not enough for cgo.
	gcc) have_program gcc && echo '#include <stdlib.h>' | gcc -E - >/dev/null 2>&1 ;;
	chromium) have_program chromium ;;
	esac
}

packages_of() {
	case $1 in
	mariadb)
		local name
		for name in mariadb-server-core mariadb-client-core; do
			# Some releases have only names with a version (mariadb-server-core-10.6): take the newest.
			if apt-cache show "$name" >/dev/null 2>&1; then
				echo "$name"
			else
				apt-cache pkgnames "$name-" | sort -V | tail -n 1
			fi
		done
		;;
	gcc) echo gcc libc6-dev ;;
	chromium) echo chromium ;;
	esac
}

missing_of() { # those of the arguments that are not there
	local dep out=
	for dep in "$@"; do have "$dep" || out="$out $dep"; done
	echo "${out# }"
}

for dep in "$@"; do
	case $dep in
	mariadb | gcc | chromium) ;;
	*)
		echo "install-test-deps: don't know '$dep'; it can be mariadb, gcc, chromium" >&2
		exit 2
		;;
	esac
done

missing=$(missing_of "$@")
if [ -z "$missing" ]; then
	echo "install-test-deps: nothing to install ($* found) in $((SECONDS - started)) s"
	exit 0
fi

if [ "$(uname -s)" = Darwin ]; then
	echo "install-test-deps: missing: $missing. On macOS (untested): brew install mariadb; brew install --cask chromium; xcode-select --install for the compiler. Nothing was installed." >&2
	exit 1
fi
if ! command -v apt-get >/dev/null 2>&1; then
	echo "install-test-deps: missing: $missing, and there is no apt-get here: install them with your system's package manager (for mariadb: mariadbd and mariadb-install-db)." >&2
	exit 1
fi

as_root=()
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "install-test-deps: missing: $missing, and installing them takes root or sudo. Ask an administrator to run: scripts/install-test-deps.sh $missing" >&2
		exit 1
	fi
	as_root=(sudo)
	# Without a terminal sudo can't ask for a password: fail at once rather than wait.
	[ -t 0 ] || as_root=(sudo -n)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

apt() { # another apt-get at work is waited for; its output matters only when it fails
	${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l \
		apt-get -y -q -o DPkg::Lock::Timeout=120 "$@" </dev/null >>"$log" 2>&1
}

install_missing() {
	local dep packages=
	for dep in $missing; do packages="$packages $(packages_of "$dep")"; done
	# --no-remove: never at the price of something the machine has, such as a MySQL server of its owner's.
	# shellcheck disable=SC2086 # a list of words
	apt install --no-install-recommends --no-remove $packages
}

echo "install-test-deps: installing $missing ..."
apt update || echo "install-test-deps: apt-get update failed; trying with the package lists that are there" >&2
if ! install_missing; then
	echo "install-test-deps: the first try failed; once more in 5 s" >&2
	sleep 5
	if ! install_missing; then
		tail -n 30 "$log" >&2
		echo "install-test-deps: could not install: $missing" >&2
		exit 1
	fi
fi

still=$(missing_of "$@")
if [ -n "$still" ]; then
	echo "install-test-deps: apt-get succeeded, but this is still missing: $still" >&2
	exit 1
fi
echo "install-test-deps: installed $missing in $((SECONDS - started)) s"
