# shellcheck shell=bash disable=SC2015,SC2016,SC2154 # "a && b || fail"; text for other programs; variables of the caller
# Rows about runs: on schedule, with Chronos, interrupted by a stop and by a kill.

row_scheduled_run() {
    local since run_id fields reports checkpoint
    since=$(mark)
    set_key service timezone '"UTC"' && schedule_soon 7d || return 1
    inside systemctl reload forecaster || { echo "reload failed"; return 1; }
    wait_until 100 has_runs 7d 1 || { echo "no run in 100 s: $(status_text)"; return 1; }
    wait_until 5 status_has '7d ' || { echo "status: $(status_text)"; return 1; }
    run_id=$(metrics | tail -n 1 | grep -o '"run_id":"[^"]*"' | cut -d '"' -f 4)
    reports=$(find "$root/var/lib/forecaster/reports/7d" -name "*$run_id*" | wc -l)
    [ "$reports" -ge 2 ] || { echo "$reports files in the reports with $run_id"; return 1; }
    journal_has "$since" 'run finished' HORIZON=7d || { echo "HORIZON=7d does not find it"; return 1; }
    journal_has "$since" 'run finished' "RUN_ID=$run_id" || { echo "RUN_ID=$run_id does not find it"; return 1; }
    fields=$(inside journalctl --unit=forecaster --after-cursor="$since" --output=json HORIZON=7d |
        grep 'run finished' | grep -oE '"(HORIZON|RUN_ID|SECONDS)" ?: ?"[^"]*"' | tr -d ' ' | tr '\n' ' ')
    grep -q '"SECONDS"' <<<"$fields" || { echo "no SECONDS: $fields"; return 1; }
    checkpoint=$(metrics | tail -n 1 | grep -o '"checkpoint":"[^"]*"' | cut -d '"' -f 4)
    [ -n "$checkpoint" ] || { echo "Chronos, shipped enabled for 7d, took no part"; return 1; }
    echo "$reports report files, 1 metrics line, with $checkpoint, journal $fields"
}

row_chronos() {
    local since weight
    mkdir -p "$root/opt/reg_relu"
    cp "$repository"/crates/chronos/fixtures/reg_relu/* "$root/opt/reg_relu/"
    as_service model import /opt/reg_relu >/dev/null || { echo "import failed"; return 1; }
    since=$(mark)
    set_key chronos model '"reg_relu"' && set_key chronos min_free_ram_mb 1 &&
        set_key horizons.15d.chronos enabled true && schedule_soon 15d || return 1
    inside systemctl reload forecaster || { echo "reload failed"; return 1; }
    wait_until 100 has_runs 15d 1 || { echo "no run in 100 s: $(status_text)"; return 1; }
    journal_has "$since" 'Loading Chronos pipeline' || { echo "Chronos was not loaded"; return 1; }
    journal_has "$since" 'Releasing Chronos pipeline from memory' || { echo "Chronos was not released"; return 1; }
    weight=$(metrics | grep '"horizon":"15d"' | grep -o '"chronos":{"weight":[0-9.]*')
    [ -n "$weight" ] || { echo "no weight in the metrics"; return 1; }
    wait_until 5 has_no_children || { echo "left over: $(children)"; return 1; }
    echo "under the whole sandbox: Loading Chronos pipeline; metrics $weight"
}

# Starts a run that takes many seconds, and returns while it is in progress.
begin_long_run() { # HORIZON
    set_key ensemble origins 400 && set_key ensemble stride 1 && set_key service stop_grace_seconds 1 || return 1
    schedule_soon "$1"
    # This test starts the service more often than StartLimitBurst allows.
    inside systemctl reset-failed forecaster
    inside systemctl reload forecaster || { echo "reload failed"; return 1; }
    wait_until 75 status_has "$1 running" || { echo "not begun: $(status_text)"; return 1; }
    wait_until 5 has_children || { echo "no process runs it"; return 1; }
    # Wait until the run is in the middle of its work.
    sleep 1.5
    status_has "$1 running" || { echo "the run was over too soon for this test"; return 1; }
}
has_children() { [ -n "$(children)" ]; }

# Succeeds if the interrupted run of a horizon has now been made, and is not made again by further starts of the daemon.
was_run_once() { # HORIZON MARK
    wait_until 120 has_runs "$1" 1 || { echo "the run was not made up for: $(status_text)"; return 1; }
    inside systemctl restart forecaster
    sleep 3
    [ "$(runs_of "$1")" = 1 ] || { echo "$(runs_of "$1") metrics lines"; return 1; }
    [ "$(find "$root/var/lib/forecaster/reports/$1" -name '*.html' | wc -l)" = 1 ] || { echo "not one report"; return 1; }
    [ "$(journal_after "$2" "HORIZON=$1" | grep -c 'run finished')" = 1 ] || { echo "not finished once"; return 1; }
    status_has running && { echo "it is running again: $(status_text)"; return 1; }
    return 0
}

row_stopped_run() {
    local since began
    since=$(mark)
    begin_long_run 30d || return 1
    began=$SECONDS
    inside systemctl stop forecaster || { echo "stop failed"; return 1; }
    [ "$(property Result)" = success ] || { echo "stopped with $(property Result)"; return 1; }
    has_no_children || { echo "left over: $(children)"; return 1; }
    has_runs 30d 1 && { echo "the run finished before it could be cut"; return 1; }
    echo "cut after 1 s of grace, stopped in $((SECONDS - began)) s;"
    inside systemctl start forecaster || return 1
    wait_until 20 journal_has "$since" 'resuming' || { echo "the journal says nothing of it"; return 1; }
    was_run_once 30d "$since" || return 1
    echo "$(line_with "$since" resuming); 1 metrics line, also after another restart"
}

row_graceful_stop() {
    local since
    set_key service stop_grace_seconds 30
    since=$(mark)
    # The caches are full by now. Other origins make the run slow again.
    set_key horizons.7d lookback 1400 && set_key ensemble origins 250 && set_key ensemble stride 1 && schedule_soon 7d
    inside systemctl reload forecaster || { echo "reload failed"; return 1; }
    wait_until 75 status_has "7d running" || { echo "not begun: $(status_text)"; return 1; }
    sleep 1
    inside systemctl stop forecaster || return 1
    journal_has "$since" 'run finished' HORIZON=7d || { echo "the run did not finish"; return 1; }
    echo "$(line_with "$since" 'stopping:'); finished within its grace, $(property Result)"
    inside systemctl start forecaster || return 1
    sleep 2
    [ "$(runs_of 7d)" = 2 ] || { echo "$(runs_of 7d) metrics lines of 7d, expected 2"; return 1; }
}

row_killed_run() {
    local since pid
    since=$(mark)
    begin_long_run 90d || return 1
    pid=$(main_pid)
    inside systemctl kill --kill-who=main --signal=KILL forecaster
    wait_until 10 has_no_children || { echo "left over: $(children)"; return 1; }
    wait_until 30 has_new_pid "$pid" || { echo "not restarted"; return 1; }
    [ "$(property NRestarts)" -ge 1 ] || { echo "NRestarts $(property NRestarts)"; return 1; }
    echo "process $pid -> $(main_pid), NRestarts $(property NRestarts), no child left;"
    wait_until 20 journal_has "$since" 'resuming' HORIZON=90d || { echo "the journal says nothing of it"; return 1; }
    was_run_once 90d "$since" || return 1
    echo "resumed, 1 metrics line"
}
