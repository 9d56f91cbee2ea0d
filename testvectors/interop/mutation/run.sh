#!/usr/bin/env bash
# Mutation testing of sigv4 and sigv4a with gremlins, all operators on: each small
# change of the code must turn a test red. One that no test can turn red stands in
# equivalent.txt with the reason; any other that lives makes this script fail.
#
#	./run.sh [sigv4 | sigv4/sigv4a]... >RESULTS.txt
#	FILES='key.go policy.go' ./run.sh sigv4
#
# It works in a copy of the tree and takes about half an hour on two cores. What
# each mutant came to is left in the directory that is named at the end. WORKERS
# is how many mutants are tried at once, by default 2.
set -euo pipefail

version=v0.6.0
workers=${WORKERS:-2}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/mutation.XXXXXX")
operators=(--arithmetic-base --conditionals-boundary --conditionals-negation --increment-decrement
	--invert-assignments --invert-bitwise --invert-bwassign --invert-logical --invert-loopctrl
	--invert-negatives --remove-self-assignments)
packages=("$@")
[ $# -gt 0 ] || packages=(sigv4/sigv4a sigv4)

mkdir "$work/bin"
GOBIN="$work/bin" go install "github.com/go-gremlins/gremlins/cmd/gremlins@$version"

# Gremlins calls this in the place of go. It mends three things:
#  - Gremlins never tries a mutant in the condition of a case or in a constant,
#    which Go's coverage does not count. Each file is given as covered as a whole.
#  - A mutant that does not compile, to gremlins a killed one, is "not viable".
#  - Vet must not count as a test.
# Memory is bounded, for an endless loop may append in every turn.
real=$(command -v go)
mkdir "$work/shim"
cat >"$work/shim/go" <<-SHIM
	#!/usr/bin/env bash
	set -u
	[ "\${1-}" = test ] || exec "$real" "\$@"
	shift
	profile=
	for arg; do
		[ -z "\${previous-}" ] || profile=\$arg
		previous=
		[ "\$arg" != -coverprofile ] || previous=yes
	done
	package=\${*: -1}
	"$real" build "\$package" >/dev/null 2>&1 || exit 2
	ulimit -v 8000000
	out=\$("$real" test -count=1 -vet=off -failfast "\$@" 2>&1)
	code=\$?
	if [ -n "\$profile" ]; then
		"$real" list -f '{{range .GoFiles}}{{\$.ImportPath}}/{{.}}:1.1,99999.1 1 1{{"\n"}}{{end}}' "\$package" >>"\$profile"
	fi
	case \$out in *"panic: test timed out"*) echo >>"$work/deadline" ;; esac
	printf '%s\n' "\$out"
	exit "\$code"
SHIM
chmod +x "$work/shim/go"

# copy PACKAGE DIR: the module with the tests of this package and no other's, and
# with a deadline that turns an endless loop into a failed test.
copy() {
	mkdir -p "$2/testvectors"
	cp "$root/go.mod" "$root/go.sum" "$2"
	cp -r "$root/sigv4" "$2"
	find "$root/testvectors" -maxdepth 1 -type f ! -name '*_test.go' -exec cp {} "$2/testvectors" \;
	find "$2/sigv4" -name '*_test.go' ! -regex "$2/$1/[^/]*" -delete
	rm -rf "$2/sigv4/oracle"
	cat >"$2/$1/deadline_test.go" <<-GO
		package $(basename "$1")_test

		import (
			"flag"
			"os"
			"testing"
		)

		func TestMain(m *testing.M) {
			flag.Parse()
			flag.Set("test.timeout", "60s")
			os.Exit(m.Run())
		}
	GO
}

# keys FILE PACKAGE DIR STATUS: of each mutant of this status "file OPERATOR", a
# tab, and the line of source with ¦ before the operator that was changed.
keys() {
	local kind position file line column text
	sed -nE "s/^ *($4) ([A-Z_]+) at (.*)\$/\2 \3/p" "$1" | while read -r kind position; do
		IFS=: read -r file line column <<<"$position"
		text=$(sed -n "${line}p" "$3/$2/$file" | LC_ALL=C sed -E "s/^(.{$((column - 1))})/\1¦/; s/^[[:space:]]+//")
		printf '%s/%s %s\t%s\n' "$2" "$file" "$kind" "$text"
	done | sort
}

# The list of equivalents in the same form; a record is those two lines and the
# reason, and ends with an empty line.
awk -v RS= -F '\n' '!/^#/ { sub(/^[ \t]+/, "", $2); print $1 "\t" $2 }' "$here/equivalent.txt" | sort >"$work/listed"

cat <<-HEAD
	Mutation testing of package sigv4 and its subpackage sigv4a, by run.sh: what came
	of every change of one operator that gremlins knows, all operators on.

	date:     $(date -u +%F)
	Go:       $("$real" env GOVERSION GOOS GOARCH | tr '\n' ' ')
	gremlins: $version ${operators[*]}

	For comparison, killed of all with gremlins $version and its default operators:
	AWS SDK for Go v2 signer 58 % (67 killed, 32 lived, 17 not covered), smithy-go
	sigv4 83 % (49, 10, 0), minio-go signer 34 % (71, 73, 65, and 2 timed out).

HEAD
failed=0
: >"$work/survivors"
for package in "${packages[@]}"; do
	dir=$work/$package.tree
	log=$work/${package//\//-}.txt
	: >"$work/deadline"
	copy "$package" "$dir"
	excluded=(--exclude-files /)
	for file in "$dir/$package"/*.go; do
		case " ${FILES:-$(basename "$file")} " in *" $(basename "$file") "*) ;; *) excluded+=(--exclude-files "^$(basename "$file")\$") ;; esac
	done
	(cd "$dir" && PATH="$work/shim:$PATH" "$work/bin/gremlins" unleash "${operators[@]}" --workers "$workers" \
		--timeout-coefficient 30 "${excluded[@]}" -o "$log.json" "./$package") >"$log" 2>&1 || {
		tail -30 "$log" >&2
		exit 1
	}

	count() { grep -cE "^ *$1 [A-Z_]+ at " "$log" || true; }
	killed=$(count KILLED) lived=$(count LIVED) uncovered=$(count 'NOT COVERED') late=$(count 'TIMED OUT') broken=$(count 'NOT VIABLE')
	all=$((killed + lived + uncovered + late))
	keys "$log" "$package" "$dir" 'LIVED|NOT COVERED|TIMED OUT' >"$log.survivors" 2>/dev/null || true
	cat "$log.survivors" >>"$work/survivors"
	unlisted=$(comm -23 "$log.survivors" "$work/listed")
	printf '%s: %d mutants: killed %d (%d of them by the deadline), lived %d, not covered %d, timed out %d; not viable %d besides\n' \
		"$package" "$all" "$killed" "$(wc -l <"$work/deadline")" "$lived" "$uncovered" "$late" "$broken"
	awk -v k="$killed" -v l="$lived" -v a="$all" -v s="$(wc -l <"$log.survivors")" -v u="$(grep -c . <<<"$unlisted" || true)" 'BEGIN {
		printf "\tefficacy %.1f %%, killed of all %.1f %%; equivalent by the list %d, killed of the rest %.1f %%\n",
			100*k/(k+l), 100*k/a, s-u, 100*k/(a-s+u) }'
	sed -nE 's/^ *(KILLED|LIVED|NOT COVERED|TIMED OUT) ([A-Z_]+) at .*/\1:\2/p' "$log" | awk -F : '
		{ all[$2]++; killed[$2] += $1 == "KILLED" }
		END { for (o in all) printf "\t%-24s killed %3d of %3d\n", o, killed[o], all[o] }' | sort
	echo
	if [ -n "$unlisted" ]; then
		printf 'Unlisted survivors in %s:\n%s\n\n' "$package" "$unlisted"
		failed=1
	fi
done

if [ $# -eq 0 ] && [ -z "${FILES-}" ]; then
	comm -13 <(sort "$work/survivors") "$work/listed" | sed 's/^/Listed as equivalent, but killed or gone: /'
fi
echo 'The list of equivalents:'
sed '/^#/d' "$here/equivalent.txt"
echo "Each mutant's result: $work" >&2
exit "$failed"
