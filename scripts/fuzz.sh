#!/usr/bin/env bash
# Gives each fuzz target of the module its share of so many seconds (30 unless said otherwise), at least 2. What breaks one is kept by go under
# testdata/fuzz of its package: commit it with the mend.
set -euo pipefail
cd "$(dirname "$0")/.."

GO=${GO:-go}
seconds=${1:-30}
targets=$(git ls-files -co --exclude-standard '*_test.go' | xargs grep -HoE '^func Fuzz[A-Za-z0-9_]+' | sed -E 's|^(.*)/[^/]+:func (Fuzz.*)$|\1 \2|' | sort -u)
count=$(wc -l <<<"$targets")
share=$((seconds / count))
[ "$share" -ge 2 ] || share=2
echo "$count fuzz targets, $share s each"
fuzz() {
	CGO_ENABLED=0 $GO test -run '^$' -fuzz "^$2\$" -fuzztime "${share}s" -fuzzminimizetime 5s "./$1" 2>&1
}

# On a busy machine go 1.26 itself sometimes fails a target with this when its time is over (go.dev/issue/75804, mended in 1.27): no input broke anything then.
over() { grep -q '^    context deadline exceeded$' <<<"$1" && ! grep -q 'Failing input' <<<"$1"; }

while read -r folder name; do
	out=$(fuzz "$folder" "$name") || { over "$out" && out=$(fuzz "$folder" "$name"); } || {
		echo "$out"
		echo "fuzz: $folder $name FAILED"
		exit 1
	}
	echo "fuzz: $folder $name ok, $(grep -oE 'execs: [0-9]+' <<<"$out" | tail -1)"
done <<<"$targets"
