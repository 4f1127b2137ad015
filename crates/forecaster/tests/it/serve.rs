//! `forecaster serve`, the real binary, with the test in the role of systemd.
#![allow(clippy::unwrap_used)]

use crate::daemon::{Daemon, QUIET, ledger, minutes_ago, miss, only, until};
use crate::desk::{Desk, assert_valid};
use forecaster_domain::Horizon;
use forecaster_ledger::SlotState;
use std::io::{Read, Write};
use std::time::Duration;

const H: Horizon = Horizon::D7;

#[test]
fn it_says_ready_runs_what_was_missed_and_tells_the_result_and_the_next_run() {
    let desk = Desk::new();
    let due = minutes_ago(90);
    let schedule = miss(&desk, H, due);
    desk.write("forecasters.toml", &only("7d", &schedule));
    let mut daemon = Daemon::start(&desk);
    daemon.hears("READY=1");
    let status = daemon.hears("-> ");
    assert!(status.starts_with("STATUS=7d degraded 20") && status.contains("; next 7d 20"), "{status}");
    daemon.stop();
    let metrics = desk.metrics();
    assert_eq!(metrics.len(), 1);
    assert_valid(&metrics[0], "metrics.schema.json");
    assert_eq!(metrics[0]["scheduled_for"].as_str().unwrap().parse(), Ok(due));
    assert_eq!(desk.files("reports").len(), 3);
    let slot = ledger(&desk).slot(H, due).unwrap().unwrap();
    assert_eq!((slot.state, slot.attempts), (SlotState::Done, 1));
    let log = desk.log();
    assert!(log.contains("catching up: the 7d run of") && log.contains("Ensemble weights: {"), "{log}");
    assert!(!log.contains("Job creator"), "{log}");
}

#[test]
fn it_gives_signs_of_life_to_the_watchdog_as_long_as_it_is_up() {
    let desk = Desk::new();
    desk.write("forecasters.toml", &only("7d", "0 8 * * Mon"));
    let mut daemon = Daemon::start_with(&desk, &[("WATCHDOG_USEC", "600000")]);
    daemon.hears("READY=1");
    daemon.hears("WATCHDOG=1");
    daemon.hears("WATCHDOG=1");
    daemon.signal("TERM");
    daemon.hears("STOPPING=1");
    assert_eq!(daemon.ends(), Some(0));
}

#[test]
fn a_good_edit_is_taken_over_a_bad_one_refused_and_an_earlier_version_put_back() {
    let desk = Desk::new();
    let first = only("7d", "0 8 * * Mon");
    let file = desk.write("forecasters.toml", &first);
    let mut daemon = Daemon::start(&desk);
    assert!(daemon.hears("STATUS=").contains("no run yet; next 7d"));
    daemon.hears("READY=1");
    desk.write("forecasters.toml", &only("15d", "0 9 1,15 * *"));
    daemon.signal("HUP");
    assert!(daemon.hears("RELOADING=1").contains("MONOTONIC_USEC="));
    assert!(daemon.hears("STATUS=").contains("no run yet; next 15d"));
    daemon.hears("READY=1");
    desk.write("forecasters.toml", &first.replace("0 8 * * Mon", "0 8 * * Moon"));
    daemon.signal("HUP");
    daemon.hears("RELOADING=1");
    let refused = daemon.hears("STATUS=");
    assert!(refused.contains("next 15d") && refused.contains("configuration refused"), "{refused}");
    assert!(refused.contains("forecasters.toml: horizons.7d.schedule: found \"0 8 * * Moon\""), "{refused}");

    let history = desk.run(&["--config", "forecasters.toml", "config", "history"]).expect(0).stdout();
    assert!(history.contains("horizons.15d.enabled: false -> true"), "{history}");
    assert!(history.contains("the file has been edited since"), "{history}");
    desk.run(&["--config", "forecasters.toml", "config", "rollback", "1"]).expect(0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), first);
    assert!(std::fs::read_to_string(desk.path("forecasters.toml.before-rollback")).unwrap().contains("Moon"));
    daemon.signal("HUP");
    assert!(daemon.hears("STATUS=no run yet; next 7d").ends_with(":00\n"));
    daemon.stop();
    let again = desk.run(&["--config", "forecasters.toml", "config", "rollback", "99"]).expect(2).stderr();
    assert!(again.contains("there is no version 99"), "{again}");
}

#[test]
fn a_configuration_that_is_gone_empty_or_no_file_is_refused_and_can_be_put_back() {
    let desk = Desk::new();
    let text = only("7d", "0 8 * * Mon");
    let file = desk.write("forecasters.toml", &text);
    let mut daemon = Daemon::start(&desk);
    daemon.hears("READY=1");
    let refused = |daemon: &mut Daemon, expected: &str| {
        daemon.signal("HUP");
        let status = daemon.hears("configuration refused");
        assert!(status.contains("next 7d") && status.contains(expected), "{status}");
    };
    std::fs::remove_file(&file).unwrap();
    refused(&mut daemon, "cannot read forecasters.toml");
    desk.run(&["--config", "forecasters.toml", "config", "rollback"]).expect(0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    std::fs::write(&file, "").unwrap();
    refused(&mut daemon, "is empty");
    std::fs::write(&file, [0xE9; 100]).unwrap();
    refused(&mut daemon, "forecasters.toml");
    desk.run(&["--config", "forecasters.toml", "config", "rollback"]).expect(0);
    std::fs::remove_file(&file).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
    refused(&mut daemon, "is not a regular file");
    daemon.stop();
    assert_eq!(desk.files("data/configurations").len(), 1, "what was refused is no version");
}

#[test]
fn while_the_ledger_is_locked_pages_and_watchdog_are_answered() {
    let desk = Desk::new();
    let listen = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let text = only("7d", "* * * * *").replace("listen = \"\"", &format!("listen = \"{listen}\""));
    desk.write("forecasters.toml", &text);
    let mut daemon = Daemon::start_with(&desk, &[("WATCHDOG_USEC", "3000000")]);
    daemon.hears("READY=1");
    let other = rusqlite::Connection::open(desk.path("data/ledger.sqlite")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let begin = std::time::Instant::now();
    while begin.elapsed() < Duration::from_secs(8) {
        let asked = std::time::Instant::now();
        get(&listen, "/readyz").unwrap();
        // Not a measure of speed: if the supervisor had no thread of its own, this would take as long as the lock is
        // held.
        assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
        std::thread::sleep(Duration::from_millis(200));
    }
    other.execute_batch("COMMIT").unwrap();
    daemon.hears("WATCHDOG=1");
    daemon.stop();
}

#[test]
fn what_needs_a_restart_is_refused_in_a_reload() {
    let desk = Desk::new();
    desk.write("forecasters.toml", QUIET);
    let mut daemon = Daemon::start(&desk);
    daemon.hears("READY=1");
    desk.write("forecasters.toml", &format!("[service]\ndata_dir = \"elsewhere\"\n{QUIET}"));
    daemon.signal("HUP");
    daemon.hears("service.data_dir cannot be changed while the daemon runs");
    daemon.stop();
    assert!(!desk.path("elsewhere").exists());
}

#[test]
fn pages_are_served_moved_and_switched_off_by_a_reload() {
    let desk = Desk::new();
    // Returns a port that is free now and, on a quiet machine, still free a moment later.
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let served = |address: &str| QUIET.replace("listen = \"\"", &format!("listen = \"{address}\""));
    let (first, second) = (free(), free());
    desk.write("forecasters.toml", &served(&first));
    let mut daemon = Daemon::start(&desk);
    daemon.hears("READY=1");
    assert!(get(&first, "/readyz").unwrap().contains("\"ready\": true"));
    assert!(get(&first, "/metrics").unwrap().contains("forecaster_ready 1"));
    desk.run(&["--config", "forecasters.toml", "healthcheck"]).expect(0);

    desk.write("forecasters.toml", &served(&second));
    daemon.signal("HUP");
    daemon.hears("READY=1");
    assert!(get(&first, "/healthz").is_err() && get(&second, "/healthz").unwrap().ends_with("ok\n"));

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    desk.write("forecasters.toml", &served(&taken.local_addr().unwrap().to_string()));
    daemon.signal("HUP");
    assert!(daemon.hears("configuration refused").contains("cannot be bound"));
    assert!(get(&second, "/healthz").is_ok(), "the earlier address is served again");

    desk.write("forecasters.toml", QUIET);
    daemon.signal("HUP");
    daemon.hears("STATUS=");
    daemon.hears("READY=1");
    assert!(get(&second, "/healthz").is_err());
    daemon.stop();
}

/// Returns the answer to a GET, including headers.
fn get(address: &str, path: &str) -> std::io::Result<String> {
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn a_level_is_changed_by_a_reload() {
    let desk = Desk::new();
    desk.write("forecasters.toml", QUIET);
    let mut daemon = Daemon::start(&desk);
    daemon.hears("READY=1");
    desk.write("forecasters.toml", &format!("[service.log]\nlevel = \"error\"\n{QUIET}"));
    daemon.signal("HUP");
    daemon.hears("READY=1");
    daemon.stop();
    assert!(!desk.log().contains("forecaster has stopped"), "{}", desk.log());
}

#[test]
fn lines_are_json_when_that_is_asked_for() {
    let desk = Desk::new();
    let schedule = miss(&desk, H, minutes_ago(30));
    desk.write("forecasters.toml", &format!("[service.log]\nformat = \"json\"\n{}", only("7d", &schedule)));
    let mut daemon = Daemon::start(&desk);
    daemon.hears("-> ");
    daemon.stop();
    let log = desk.log();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let finished = lines.iter().find(|line| line["message"] == "run finished: degraded").unwrap();
    assert!(finished["seconds"].is_number() && finished["spans"][0]["horizon"] == "7d", "{finished}");
}

#[test]
fn a_start_that_cannot_be_says_why() {
    let desk = Desk::new();
    desk.write("forecasters.toml", QUIET);
    let mut first = Daemon::start(&desk);
    first.hears("READY=1");
    let refused = desk.run(&["--config", "forecasters.toml", "serve"]).expect(1).stderr();
    assert!(refused.contains(&format!("another forecaster is using it (process {})", first.pid())), "{refused}");
    first.stop();

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    desk.write("nowhere", "a file where a directory should be");
    let http = |setting: &str| QUIET.replace("listen = \"\"", setting);
    let cases = [
        (http(&format!("listen = \"{address}\"")), 1, format!("service.http.listen: {address} cannot be bound")),
        (http("listen = \"127.0.0.1:0\"\ntoken = \"http-token\""), 1, "LoadCredential=http-token".to_owned()),
        (format!("[service]\ndata_dir = \"nowhere/data\"\n{QUIET}"), 1, "cannot create nowhere/data".to_owned()),
        (format!("[service]\nreports_dir = \"/proc/reports\"\n{QUIET}"), 1, "cannot create /proc/reports".to_owned()),
        (http("listen = \"localhost\""), 2, "service.http.listen: found \"localhost\"".to_owned()),
    ];
    for (text, code, expected) in cases {
        desk.write("forecasters.toml", &text);
        let refused = desk.run(&["--config", "forecasters.toml", "serve"]).expect(code).stderr();
        assert!(refused.contains(&expected) && refused.contains("error: "), "{refused}");
    }
    let missing = desk.run(&["--config", "none.toml", "serve"]).expect(2).stderr();
    assert!(missing.contains("none.toml: no such file"), "{missing}");
}

#[test]
fn a_run_longer_than_its_deadline_is_cut_off_and_has_failed() {
    let desk = Desk::new();
    let schedule = miss(&desk, H, minutes_ago(30));
    // A debug build needs more than 10 s for 500 origins; a release build may not, and then there is nothing to
    // check.
    let settings = "[service]\nrun_deadline_seconds = 10\n[ensemble]\norigins = 500\nstride = 1\n";
    desk.write("forecasters.toml", &format!("{settings}{}", only("7d", &schedule)));
    let mut daemon = Daemon::start_with(&desk, &[("FORECASTER__ENSEMBLE__ORIGINS", "500")]);
    let status = daemon.hears("STATUS=7d ");
    let status = if status.contains("running") { daemon.hears("STATUS=7d ") } else { status };
    daemon.stop();
    if cfg!(debug_assertions) {
        assert!(status.contains("7d failed") && status.contains("cut off after 10 s"), "{status}");
        let metrics = desk.metrics();
        assert_valid(&metrics[0], "metrics.schema.json");
        assert_eq!((metrics.len(), metrics[0]["status"].as_str()), (1, Some("failed")));
        assert!(desk.files("reports").is_empty());
    }
}

#[test]
fn killed_in_the_middle_of_a_run_it_runs_it_once_after_the_next_start_and_leaves_no_process() {
    let desk = Desk::new();
    let schedule = miss(&desk, H, minutes_ago(60));
    desk.write("forecasters.toml", &only("7d", &schedule));
    let mut daemon = Daemon::start(&desk);
    daemon.hears("running since");
    let worker = child_of(daemon.pid());
    daemon.kill();
    until("the run's process ends with the daemon", || !std::path::Path::new(&format!("/proc/{worker}")).exists());
    let open = ledger(&desk).open_slots().unwrap();
    assert_eq!(open.len(), 1);
    let mut daemon = Daemon::start(&desk);
    daemon.hears("-> ");
    daemon.stop();
    let runs = ledger(&desk).runs(H, 10).unwrap();
    assert_eq!((runs.len(), &runs[0].run_id), (1, &open[0].run_id));
    assert_eq!((desk.metrics().len(), desk.files("reports").len()), (1, 3));
    assert!(desk.log().contains("resuming: the 7d run of"), "{}", desk.log());
}

#[test]
fn stopped_in_the_middle_of_a_run_it_lets_it_finish() {
    let desk = Desk::new();
    let schedule = miss(&desk, H, minutes_ago(60));
    desk.write("forecasters.toml", &only("7d", &schedule));
    let mut daemon = Daemon::start(&desk);
    daemon.hears("running since");
    daemon.signal("TERM");
    daemon.hears("STOPPING=1");
    daemon.hears("EXTEND_TIMEOUT_USEC=");
    assert_eq!(daemon.ends(), Some(0));
    assert_eq!(ledger(&desk).runs(H, 10).unwrap().len(), 1);
}

#[test]
fn a_run_whose_process_is_killed_has_failed_and_the_daemon_lives() {
    let desk = Desk::new();
    let due = minutes_ago(60);
    let schedule = miss(&desk, H, due);
    desk.write("forecasters.toml", &only("7d", &schedule));
    let mut daemon = Daemon::start(&desk);
    daemon.hears("running since");
    crate::daemon::signal(child_of(daemon.pid()), "KILL");
    let status = daemon.hears("7d failed");
    assert!(status.contains("was killed (signal 9)"), "{status}");
    daemon.stop();
    let metrics = desk.metrics();
    assert_valid(&metrics[0], "metrics.schema.json");
    assert_eq!(metrics[0]["status"], "failed");
    assert_eq!(ledger(&desk).slot(H, due).unwrap().map(|slot| slot.state), Some(SlotState::Failed));
}

/// Returns the daemon's only child, as soon as there is one.
fn child_of(pid: u32) -> u32 {
    let path = format!("/proc/{pid}/task");
    let mut found = None;
    until("the daemon has a child", || {
        let tasks = std::fs::read_dir(&path).unwrap().flatten();
        let children = tasks.flat_map(|task| std::fs::read_to_string(task.path().join("children")));
        found = children.flat_map(|text| text.split_whitespace().next().map(str::to_owned)).next();
        found.is_some()
    });
    std::thread::sleep(Duration::from_millis(300));
    found.unwrap().parse().unwrap()
}
