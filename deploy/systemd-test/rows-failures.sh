# shellcheck shell=bash disable=SC2015,SC2016,SC2154 # "a && b || fail"; text for other programs; variables of the caller
# Rows about starts that cannot succeed: the journal gives the reason in a sentence, systemd shows a failed unit, and nothing loops.

# In these rows restarts follow at once, so that the attempts end soon.
hurry=('[Unit]' 'StartLimitBurst=3' '[Service]' 'RestartSec=1')

# Starts the service, which must fail permanently with this sentence. Then restores everything.
must_fail() { # SENTENCE RESTARTS
    local since sentence status=0 restarts
    since=$(mark)
    inside systemctl start forecaster 2>/dev/null && { echo "it started"; status=1; }
    wait_until 30 has_given_up || { echo "not failed after 30 s: $(property ActiveState)"; status=1; }
    sentence=$(journal_after "$since" | grep -E -m 1 -- "$1")
    [ -n "$sentence" ] || { echo "the journal does not say: $1"; journal_after "$since" | tail -n 5; status=1; }
    restarts=$(property NRestarts)
    [ "$restarts" -le "$2" ] || { echo "$restarts restarts, no more than $2 expected"; status=1; }
    echo "${sentence:0:150} [$(property Result), $restarts restarts]"
    return "$status"
}

# Succeeds if the service has failed and no restart is pending.
has_given_up() { [ "$(property ActiveState)/$(property SubState)" = failed/failed ]; }

recover() {
    reset_unit
    inside systemctl start forecaster && is_active || { echo "does not start afterwards"; return 1; }
}

row_port_taken() {
    local status=0
    inside systemctl stop forecaster
    drop_in hurry "${hurry[@]}"
    inside systemd-run --quiet --unit=squatter systemd-socket-activate --listen=127.0.0.1:9187 /bin/cat
    sleep 0.5
    must_fail '^error: .*127\.0\.0\.1:9187' 3 || status=1
    inside systemctl stop squatter
    recover || status=1
    return $status
}

row_state_read_only() {
    local status=0
    inside systemctl stop forecaster
    drop_in hurry "${hurry[@]}" 'ReadOnlyPaths=/var/lib/forecaster'
    must_fail '^error: .*/var/lib/forecaster.*([Rr]ead-only|[Pp]ermission)' 3 || status=1
    recover || status=1
    return $status
}

row_disk_full() {
    local status=0
    inside systemctl stop forecaster
    drop_in hurry "${hurry[@]}"
    inside mount -t tmpfs -o size=64k tmpfs /var/lib/forecaster
    inside sh -c 'cat /dev/zero >/var/lib/forecaster/full 2>/dev/null; chown -R forecaster: /var/lib/forecaster'
    must_fail '^error: .*([Nn]o space|full)' 3 || status=1
    inside umount /var/lib/forecaster
    recover || status=1
    return $status
}

row_no_configuration() {
    local status=0
    inside systemctl stop forecaster
    drop_in hurry "${hurry[@]}"
    mv "$root$configuration" "$root$configuration.away"
    must_fail '^error: .*forecasters.toml: no such file' 0 || status=1
    mv "$root$configuration.away" "$root$configuration"
    recover || status=1
    return $status
}

row_no_credential() {
    local status=0
    inside systemctl stop forecaster
    drop_in hurry "${hurry[@]}"
    set_key service.http token '"forecaster.http-token"'
    must_fail '^error: .*forecaster\.http-token' 3 || status=1
    reset_unit
    return $status
}

# Must run after row_no_credential, which leaves the token required.
row_credential() {
    local status=0 without with
    mkdir -p "$root/etc/credstore"
    (umask 077 && echo "s3cret" >"$root/etc/credstore/forecaster.http-token")
    inside systemctl start forecaster || { echo "does not start"; status=1; }
    without=$(http_get /metrics | head -n 1 | tr -d '\r')
    with=$(http_get /metrics 'Authorization: Bearer s3cret\r\n' | head -n 1 | tr -d '\r')
    echo "/metrics without: $without, with: $with"
    grep -q ' 401 ' <<<"$without" && grep -q ' 200 ' <<<"$with" || status=1
    rm -rf "$root/etc/credstore"
    set_key service.http token '""'
    inside systemctl restart forecaster || status=1
    return $status
}

row_second_daemon() {
    local since status=0
    since=$(inside journalctl --show-cursor --lines=0 --quiet | sed -n 's/^-- cursor: //p')
    inside systemd-run --quiet --unit=second --service-type=notify --property=User=forecaster \
        --setenv=FORECASTER__SERVICE__HTTP__LISTEN= \
        /usr/bin/forecaster --config "$configuration" serve 2>/dev/null && { echo "a second one started"; status=1; }
    inside journalctl --unit=second --after-cursor="$since" --output=cat --no-pager --quiet |
        grep -E -m 1 '^error: .*another forecaster is using it' || { echo "the journal does not say so"; status=1; }
    is_active || { echo "the first one died of it"; status=1; }
    inside systemctl reset-failed second 2>/dev/null
    return $status
}
