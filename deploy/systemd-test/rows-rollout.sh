# Rows about the doctor, the guard, backups and the commands in the documents. Each prints what it saw, and returns non-zero if it failed.
# shellcheck shell=bash disable=SC2154 # set by the others

row_doctor() {
    local told bad
    told=$(as_service doctor --json)
    bad=$(jq -r '[.checks[] | select(.id | test("^(service\\.(unit|enabled|active|watchdog|daemon|pages)|configuration|directories|ledger|chronos)")) |
        select(.status == "fail" or .status == "warn") | .id + ": " + .finding][]' <<<"$told") || { echo "no JSON: $told"; return 1; }
    [ "$(jq '[.checks[] | select(.id | test("^service\\.(unit|enabled|active|watchdog|daemon|pages)$")) | select(.status == "ok")] | length' <<<"$told")" = 6 ] ||
        { echo "service: $(jq -c '[.checks[] | select(.id | startswith("service."))]' <<<"$told")"; return 1; }
    # Findings about Chronos do not count: the checkpoint of this test is a folder with random weights.
    bad=$(grep -v '^chronos\.' <<<"$bad" | grep .)
    [ -z "$bad" ] || { echo "$bad" | paste -sd ";"; return 1; }
    echo "$(jq -r '.counts | "\(.ok) ok, \(.warn) warnings, \(.fail) failures, \(.skip) skipped"' <<<"$told"); unit, watchdog, daemon and pages ok"
}

row_guard() {
    as_service chronos suspend 15d --reason "a test" >/dev/null || { echo "not suspended"; return 1; }
    wait_until 40 status_has "Chronos suspended in 15d" || { echo "status text: $(status_text)"; return 1; }
    as_service chronos resume 15d >/dev/null || { echo "not resumed"; return 1; }
    wait_until 40 status_has_not "Chronos suspended" || { echo "status text: $(status_text)"; return 1; }
    echo "suspended and resumed by hand: the status text follows"
}

status_has_not() { ! status_has "$1"; }

# Runs the systemctl and journalctl commands as the documents write them.
row_documents() {
    local command count=0 code
    while IFS= read -r command; do
        command=${command#sudo }
        case $command in
            *" stop "* | *" start "*) continue ;;
            *" -f"*) command="timeout 3 $command" ;;
        esac
        inside sh -c "$command" >/dev/null 2>&1
        code=$?
        case $command in timeout*) [ "$code" = 124 ] && code=0 ;; esac
        [ "$code" = 0 ] || { echo "exit $code: $command"; return 1; }
        count=$((count + 1))
    done < <(sed -n -E 's/^\$ ((sudo )?(systemctl|journalctl) .*)/\1/p' "$repository"/docs/OPERATIONS.md "$repository"/docs/CHRONOS_*.md)
    [ "$count" -ge 6 ] || { echo "only $count commands found"; return 1; }
    echo "$count commands of docs/*.md as written"
}

row_backup() {
    local before after owner
    inside forecaster --config /etc/forecaster/forecasters.toml backup /root/safe.backup >/dev/null || { echo "no backup beside the daemon"; return 1; }
    before=$(metrics | wc -l)
    inside systemctl stop forecaster || return 1
    inside sh -c 'mkdir /root/lost && cd /var/lib/forecaster && mv ledger.sqlite* rates configurations /root/lost/ && mv /var/log/forecaster/metrics.jsonl /root/lost/' ||
        { echo "nothing to lose"; return 1; }
    inside forecaster --config /etc/forecaster/forecasters.toml restore /root/safe.backup >/dev/null || { echo "not restored"; return 1; }
    owner=$(inside sh -c 'stat -c %U /var/lib/forecaster/ledger.sqlite /var/lib/forecaster/rates /var/log/forecaster/metrics.jsonl' | sort -u)
    [ "$owner" = forecaster ] || { echo "owners: $owner"; return 1; }
    inside systemctl start forecaster || { echo "no start after it: $(status_text)"; return 1; }
    after=$(metrics | wc -l)
    [ "$after" = "$before" ] || { echo "$before lines of metrics before, $after after"; return 1; }
    echo "root's backup beside the daemon, restored: the service's own files, $after lines of metrics, started"
}
