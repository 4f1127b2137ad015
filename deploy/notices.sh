#!/bin/sh
# Prints the licences of all Rust crates in the binary, because their texts must be distributed with it. A text that several
# crates share is printed once. Reads the sources that cargo has already fetched for the build.
set -eu
cd "$(dirname "$0")/.."

sources=${CARGO_HOME:-$HOME/.cargo}/registry/src
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo tree --package forecaster --edges normal --prefix none --no-dedupe --locked --format '{p}|{l}' |
    grep -v "($PWD/" | sort -u >"$work/crates"
[ -s "$work/crates" ] || { echo "notices.sh: cargo tree names no crate" >&2; exit 1; }

echo "Rust crates in the binary of forecaster, and their licences."
echo
while IFS='|' read -r crate licence; do
    name=${crate%% *}
    version=${crate#* v}
    version=${version%% *}
    echo "$name $version: $licence"
    for text in "$sources"/*/"$name-$version"/[LCNlcn][IOio]*; do
        case ${text##*/} in
            [Ll][Ii][Cc][Ee][Nn][SsCc]* | [Cc][Oo][Pp][Yy]* | [Nn][Oo][Tt][Ii][Cc][Ee]*) ;;
            *) continue ;;
        esac
        [ -f "$text" ] || continue
        sum=$(sha256sum <"$text" | cut -c1-64)
        cp "$text" "$work/$sum.text"
        echo "$name $version" >>"$work/$sum.crates"
    done
done <"$work/crates"

for list in "$work"/*.crates; do
    printf '\n==== %s\n\n' "$(paste -sd, "$list" | sed 's/,/, /g' | fold -s -w 112)"
    cat "${list%.crates}.text"
done
