# shellcheck shell=bash disable=SC2015,SC2016,SC2154 # "a && b || fail"; text for other programs; variables of the caller
# The service in the container: its configuration, its state, its journal and the results of its runs.

configuration=/etc/forecaster/forecasters.toml

# Sets a key of the configuration in its section, as an operator would with an editor. Fails if there is no such line.
set_key() { # SECTION KEY VALUE
    local file=$root$configuration
    SECTION=$1 KEY=$2 VALUE=$3 awk '
        /^\[/ { section = $0; gsub(/[][]/, "", section) }
        section == ENVIRON["SECTION"] && index($0, ENVIRON["KEY"] " = ") == 1 {
            print ENVIRON["KEY"] " = " ENVIRON["VALUE"]; found = 1; next
        }
        { print }
        END { exit !found }' "$file" >"$file.new" || { echo "no line $2 in [$1]"; rm -f "$file.new"; return 1; }
    # Written in place, so that owner and mode stay.
    cat "$file.new" >"$file"
    rm -f "$file.new"
}

# Schedules a horizon for the next full minute that leaves the daemon enough time to load the change.
schedule_soon() { # HORIZON
    local at
    at=$((($(date +%s) + 6) / 60 * 60 + 60))
    set_key "horizons.$1" schedule "\"$(date --utc --date="@$at" '+%-M %-H * * *')\""
}

# Adds a drop-in for this test only; `reset_unit` removes it.
drop_in() { # NAME LINES...
    local directory=$root/etc/systemd/system/forecaster.service.d name=$1
    shift
    mkdir -p "$directory"
    printf '%s\n' "$@" >"$directory/$name.conf"
    inside systemctl daemon-reload
}

reset_unit() {
    rm -rf "$root/etc/systemd/system/forecaster.service.d"
    inside systemctl daemon-reload
    inside systemctl reset-failed forecaster 2>/dev/null || true
}

property() { inside systemctl show forecaster --property="$1" --value; }
main_pid() { property MainPID; }
status_text() { property StatusText; }
is_active() { [ "$(property ActiveState)/$(property SubState)" = active/running ]; }
is_failed() { [ "$(property ActiveState)" = failed ]; }
status_has() { status_text | grep -qF -- "$1"; }
has_new_pid() { local pid; pid=$(main_pid); [ "$pid" != "$1" ] && [ "$pid" != 0 ] && is_active; }

# Prints the processes of the program in the container, except the daemon itself.
children() {
    # Reads /proc, because a minimal Debian has no pgrep.
    inside sh -c 'for it in /proc/[0-9]*; do
        case $(readlink "$it/exe") in /usr/bin/forecaster*) echo "${it#/proc/}" ;; esac
    done' | grep -vx "$(main_pid)"
}
has_no_children() { [ -z "$(children)" ]; }

# Puts a mark into the journal; a row looks only at the lines after it.
mark() { inside journalctl --show-cursor --lines=0 --quiet | sed -n 's/^-- cursor: //p'; }
journal_after() { # MARK [JOURNALCTL ARGUMENTS...]
    local cursor=$1
    shift
    inside journalctl --unit=forecaster --after-cursor="$cursor" --output=cat --no-pager --quiet "$@"
}
journal_has() { # MARK TEXT [JOURNALCTL ARGUMENTS...]
    local cursor=$1 text=$2
    shift 2
    journal_after "$cursor" "$@" | grep -qF -- "$text"
}
# Prints the first line that contains a text, shortened.
line_with() { # MARK TEXT
    journal_after "$1" | grep -F -m 1 -- "$2" | cut -c 1-200
}

metrics() { cat "$root/var/log/forecaster/metrics.jsonl" 2>/dev/null; }
runs_of() { metrics | grep -c "\"horizon\":\"$1\""; }
has_runs() { [ "$(runs_of "$1")" -ge "$2" ]; }
