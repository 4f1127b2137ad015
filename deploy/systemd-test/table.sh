# shellcheck shell=bash disable=SC2015,SC2016,SC2154 # "a && b || fail"; text for other programs; variables of the caller
# Rows of the table. Each row is a function that prints what it saw, and succeeds if that is right.

results=()
failed=0

# Runs a row and prints its result. The first line that the row prints goes into the table.
row() { # NAME FUNCTION [ARGUMENTS...]
    local name=$1 began=$SECONDS seen verdict=PASS
    shift
    # Output goes to a file; a subshell would lose the variables that booting sets.
    "$@" >"$root.seen" 2>&1 || { verdict=FAIL; failed=$((failed + 1)); }
    seen=$(cat "$root.seen")
    results+=("$verdict|$name|$(printf '%s' "$seen" | tr '\n' ' ' | cut -c 1-230)")
    printf '%-4s  %-44s %3d s  %s\n' "$verdict" "$name" "$((SECONDS - began))" "$seen"
    if [ "$verdict" = FAIL ] && [ -n "$leader" ]; then
        inside journalctl --unit=forecaster --lines=12 --no-pager --output=short-iso-precise 2>&1 | sed 's/^/      | /'
    fi
}

print_table() {
    local result verdict name seen
    printf '\n%-6s %-46s %s\n' result what seen
    for result in "${results[@]}"; do
        IFS='|' read -r verdict name seen <<<"$result"
        printf '%-6s %-46s %s\n' "$verdict" "$name" "$seen"
    done
    printf '\n%d rows, %d failed, %d s\n' "${#results[@]}" "$failed" "$SECONDS"
}

# Tries the command four times a second until it succeeds, and fails if that takes longer than the given seconds.
wait_until() { # SECONDS COMMAND...
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.25
    done
}
