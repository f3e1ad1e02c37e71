#!/bin/sh
# floors.sh - holds src/ to the rules of the house (HACKING.md); prints TAP.
set -u
cd "${srcdir:-.}" || exit 1

# A file includes its own folder or a lower floor, never a higher one or a neighbour.
# An internal.h is for its own folder alone.
includes() {
	find src -name '*.[ch]' -exec awk '
		function floor(folder) {
			if (folder == "base") return 0
			if (folder == "loop") return 1
			if (folder == "net") return 2
			if (folder ~ /^(echod|stress|examples)$/) return 3
			return -1
		}
		FNR == 1 {
			split(FILENAME, path, "/")
			mine = path[2]
			if (floor(mine) < 0)
				print FILENAME ": its folder is on no floor"
		}
		/^[ \t]*#[ \t]*include[ \t]*["<]/ {
			split($0, part, /[">< ]+/)
			split(part[2], file, "/")
			theirs = file[1]
			if (/</ && (getline line < ("src/" part[2])) < 0)
				next # a header of the system
			if (/</ || floor(theirs) < 0)
				print FILENAME ":" FNR ": not as \"folder/file.h\": " $0
			else if (theirs != mine && (floor(theirs) >= floor(mine) ||
			    file[2] == "internal.h"))
				print FILENAME ":" FNR ": " $0
		}' {} +
}

own_header_first() {
	find src -name '*.c' | while read -r file; do
		header=${file%.c}.h
		first=$(grep -m 1 '^[[:blank:]]*#[[:blank:]]*include' "$file")
		if [ -e "$header" ] && [ "$first" != "#include \"${header#src/}\"" ]; then
			echo "$file: it begins with $first"
		fi
	done
}

headers_alone() {
	find src -name '*.h' | while read -r header; do
		# CC and the flags may be several words.
		# shellcheck disable=SC2086
		echo "#include \"${header#src/}\"" |
			${CC:-cc} -std=gnu17 -Wall -Wextra -Wpedantic -Werror -D_GNU_SOURCE \
				-Isrc ${LIBCONFIG_CFLAGS:-} -fsyntax-only -x c - 2>&1
	done
}

short_mains() {
	wc -l src/*/main.c | awk '$2 != "total" && $1 > 60 { print $2 ": " $1 " lines" }'
}

number=0
failures=0

# check TITLE FUNCTION: the function prints what breaks the rule.
check() {
	number=$((number + 1))
	wrong=$("$2" 2>&1)
	if [ -z "$wrong" ]; then
		echo "ok $number - $1"
	else
		echo "$wrong" | sed 's/^/# /'
		echo "not ok $number - $1"
		failures=$((failures + 1))
	fi
}

echo 1..4
[ -e src/echod/main.c ] || { echo "Bail out! No src/ in $PWD"; exit 1; }
check "a file includes its own folder or a lower floor" includes
check "a .c file includes its own header first" own_header_first
check "each header compiles alone" headers_alone
check "each main.c has at most 60 lines" short_mains
[ "$failures" = 0 ]
