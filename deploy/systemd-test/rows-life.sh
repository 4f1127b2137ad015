# shellcheck shell=bash disable=SC2015,SC2016,SC2154 # "a && b || fail"; text for other programs; variables of the caller
# Rows about the life of the service: start, status, reload, watchdog, sandbox.

row_installed() { # Runs in a folder in which no systemd runs yet.
    local said
    cp "$deb" "$root/root/forecaster.deb"
    said=$(chroot "$root" dpkg --install /root/forecaster.deb 2>&1) || { echo "$said"; return 1; }
    [ -L "$root/etc/systemd/system/multi-user.target.wants/forecaster.service" ] || { echo "not enabled"; return 1; }
    grep -q '^forecaster:' "$root/etc/passwd" || { echo "no user"; return 1; }
    echo "dpkg: enabled, user $(grep -o '^forecaster:[^:]*:[0-9]*' "$root/etc/passwd")"
}

# The list must have each linked crate of Cargo.lock with licence and checksum, and the library that is packaged with it.
row_contents() {
    local list=$root/usr/share/doc/forecaster/sbom.cdx.json bare
    jq -e '.bomFormat == "CycloneDX" and .metadata.component.name == "forecaster"' "$list" >/dev/null || { echo "no CycloneDX"; return 1; }
    bare=$(jq -r '.components[] | select(.purl and ((.licenses // []) == [] or ((.hashes // []) == [] and .name != "onnxruntime"))) | .name' "$list")
    [ -z "$bare" ] || { echo "without licence or checksum: $bare"; return 1; }
    for name in rusqlite polars-core typst ort onnxruntime forecaster-report; do
        jq -e --arg name "$name" 'any(.components[]; .name == $name)' "$list" >/dev/null || { echo "$name is not listed"; return 1; }
    done
    jq -r '"\(.components | length) components, \(.dependencies | length) with what they need"' "$list"
}

row_boots() {
    boot || return 1
    wait_until 10 is_active || { echo "not active after the boot"; return 1; }
    echo "$(inside systemctl --version | head -n 1), forecaster $(property ActiveState) by itself"
}

row_start() {
    local since asked ready
    inside systemctl stop forecaster || return 1
    since=$(mark)
    inside systemctl start forecaster || return 1
    is_active || { echo "$(property ActiveState) ($(property SubState))"; return 1; }
    asked=$(property ExecMainStartTimestampMonotonic)
    ready=$(property ActiveEnterTimestampMonotonic)
    echo "$(property ActiveState) ($(property SubState)), $(property Type), READY after $(((ready - asked) / 1000)) ms"
    journal_has "$since" 'Unknown key' && { echo "the unit has unknown keys"; return 1; }
    [ $((ready - asked)) -lt 3000000 ]
}

row_status() {
    inside systemctl status forecaster --no-pager | grep -o 'Status: ".*next.*'
}

row_http() {
    as_service healthcheck >/dev/null || { echo "forecaster healthcheck failed"; return 1; }
    local page said=
    for page in /healthz /readyz /metrics; do
        said+="$page $(http_get "$page" | head -n 1 | tr -d '\r'), "
    done
    echo "$said$(http_get /metrics | grep -c '^forecaster_') figures"
    [ "$(grep -o '200 OK' <<<"$said" | wc -l)" = 3 ]
}

# The container has no curl.
http_get() { # PATH [HEADER]
    inside bash -c 'exec 3<>/dev/tcp/127.0.0.1/9187 || exit 1
        printf "GET %s HTTP/1.1\r\nHost: localhost\r\n%bConnection: close\r\n\r\n" "$0" "$1" >&3
        timeout 10 cat <&3' "$1" "${2:-}"
}

row_verify() {
    local said
    said=$(inside systemd-analyze verify forecaster.service 2>&1 | grep -v 'man forecaster' || true)
    [ -z "$said" ] || { echo "$said"; return 1; }
    echo "systemd-analyze verify has nothing to say"
}

row_security() {
    local figure
    figure=$(inside systemd-analyze security forecaster.service --no-pager | grep -o 'exposure level.*: [0-9.]*')
    echo "$figure"
    awk -v figure="${figure##* }" 'BEGIN { exit !(figure > 0 && figure < 2.0) }'
}

row_bad_edit() {
    local since pid good status
    pid=$(main_pid)
    since=$(mark)
    good=$(cat "$root$configuration")
    set_key horizons.90d schedule '"0 25 * * Mon"'
    if inside systemctl reload forecaster 2>/dev/null; then echo "systemctl reload succeeded"; status=1; fi
    journal_has "$since" 'horizons.90d.schedule' || { echo "no reason in the journal"; status=1; }
    [ "$pid" = "$(main_pid)" ] && is_active || { echo "not alive as before"; status=1; }
    # A signal sent by hand reloads the configuration without the check that systemctl makes first.
    inside systemctl kill --kill-who=main --signal=HUP forecaster
    wait_until 10 status_has refused || { echo "the status does not mention it: $(status_text)"; status=1; }
    [ "$pid" = "$(main_pid)" ] && is_active || { echo "did not survive SIGHUP"; status=1; }
    echo "reload failed, same process; $(line_with "$since" 'horizons.90d.schedule')"
    printf '%s\n' "$good" >"$root$configuration"
    inside systemctl reload forecaster || { echo "the good one was refused"; status=1; }
    wait_until 10 status_is_clean || { echo "the status still says: $(status_text)"; status=1; }
    return "${status:-0}"
}

status_is_clean() { ! status_has refused; }

row_watchdog() {
    local since pid before
    drop_in watchdog '[Service]' 'WatchdogSec=5' 'RestartSec=1'
    inside systemctl reset-failed forecaster
    inside systemctl restart forecaster || return 1
    # Wait longer than the watchdog's limit: the daemon must notify in time.
    sleep 6
    pid=$(main_pid)
    before=$(property NRestarts)
    [ "$before" = 0 ] || { echo "restarted $before times before anything was wrong"; return 1; }
    since=$(mark)
    inside systemctl kill --kill-who=main --signal=STOP forecaster
    wait_until 40 has_new_pid "$pid" || { echo "not restarted"; return 1; }
    journal_has "$since" 'Watchdog timeout' || { echo "restarted, but not by the watchdog"; return 1; }
    wait_until 5 has_no_children || { echo "left over: $(children)"; return 1; }
    echo "$(line_with "$since" 'Watchdog timeout'); process $pid -> $(main_pid), NRestarts $(property NRestarts)"
    reset_unit
    inside systemctl restart forecaster
}
