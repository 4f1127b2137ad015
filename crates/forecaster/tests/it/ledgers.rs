//! Ledgers that are damaged, locked or of another version, and a broken end of metrics.jsonl, with the real program.
#![allow(clippy::unwrap_used)]

use crate::daemon::{Daemon, ledger, minutes_ago, miss, only};
use crate::desk::Desk;
use forecaster_domain::Horizon;
use serde_json::Value;
use std::io::{Seek, SeekFrom, Write};

const RUN: [&str; 5] = ["run", "7d", "--offline", "--as-of", "2024-12-23"];

fn desk() -> Desk {
    let mut desk = Desk::new();
    desk.set("FORECASTER__MAIL__SMTP", "smtp://127.0.0.1:9?tls=none");
    desk.set("FORECASTER__MAIL__FROM", "Forecaster <forecaster@example.com>");
    desk.set("FORECASTER__MAIL__RECIPIENTS", r#"["treasury@example.com"]"#);
    desk
}

/// Overwrites pages in the middle of the file.
fn damage(desk: &Desk) -> Vec<u8> {
    let path = desk.path("data/ledger.sqlite");
    let mut file = std::fs::File::options().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(4096)).unwrap();
    file.write_all(&[0xa5; 4096 * 6]).unwrap();
    drop(file);
    std::fs::read(path).unwrap()
}

fn put_aside(desk: &Desk) -> Vec<std::path::PathBuf> {
    let files = desk.files("data").into_iter();
    files.filter(|path| path.to_str().unwrap().contains("ledger.sqlite.corrupt-")).collect()
}

fn alerts(desk: &Desk) -> usize {
    let queue = desk.run(&["mail", "queue", "--json"]).json();
    queue.as_array().unwrap().iter().filter(|mail| mail["topic"] == "ledger").count()
}

#[test]
fn a_run_goes_on_with_a_fresh_ledger_and_keeps_the_damaged_one() {
    let desk = desk();
    desk.run(&RUN).expect(0);
    let damaged = damage(&desk);
    for reader in [&["review"][..], &["chronos", "status"], &["mail", "queue"]] {
        // A command that only reads moves nothing, even if it finds the damage.
        let said = desk.run(reader);
        assert!(put_aside(&desk).is_empty(), "{reader:?}: {}", said.stderr());
    }
    let said = desk.run(&RUN).expect(0).stderr();
    assert!(said.contains("ERROR") && said.contains("the ledger was damaged") && said.contains(".recover"), "{said}");
    let aside = put_aside(&desk);
    assert_eq!((aside.len(), std::fs::read(&aside[0]).unwrap()), (1, damaged));
    assert_eq!((ledger(&desk).runs(Horizon::D7, 9).unwrap().len(), alerts(&desk)), (1, 1));
    assert_eq!(desk.metrics().len(), 2, "the metrics stay");
    desk.run(&RUN).expect(0);
    assert_eq!((put_aside(&desk).len(), ledger(&desk).runs(Horizon::D7, 9).unwrap().len()), (1, 2));
}

#[test]
fn the_daemon_starts_with_a_fresh_ledger_and_does_not_repeat_the_morning() {
    let desk = desk();
    let schedule = miss(&desk, Horizon::D7, minutes_ago(30));
    desk.write("forecasters.toml", &only("7d", &schedule));
    let mut daemon = Daemon::start(&desk);
    daemon.hears("STATUS=7d degraded");
    daemon.stop();
    damage(&desk);
    let mut daemon = Daemon::start(&desk);
    daemon.hears("READY=1");
    daemon.hears("STATUS=no run yet; next 7d");
    daemon.stop();
    assert_eq!((put_aside(&desk).len(), alerts(&desk), desk.metrics().len()), (1, 1, 1));
}

#[test]
fn a_ledger_that_is_damaged_while_the_daemon_lives_ends_it_with_the_reason_and_the_next_start_goes_on() {
    let desk = desk();
    desk.write("forecasters.toml", &only("7d", "0 8 * * Mon"));
    desk.run(&RUN).expect(0);
    let mut daemon = Daemon::start(&desk);
    daemon.hears("READY=1");
    // Damage that the daemon's cache does not hide: another process points a table to a page that does not exist.
    let other = rusqlite::Connection::open(desk.path("data/ledger.sqlite")).unwrap();
    let ruin = "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 999999 WHERE name = 'slots'";
    other.execute_batch(ruin).unwrap();
    let version: i64 = other.query_row("PRAGMA schema_version", [], |row| row.get(0)).unwrap();
    other.pragma_update(None, "schema_version", version + 1).unwrap();
    drop(other);
    daemon.signal("HUP");
    assert_eq!(daemon.ends(), Some(1));
    assert!(desk.log().contains("damaged or not a ledger"), "{}", desk.log());
    let mut daemon = Daemon::start(&desk);
    daemon.hears("READY=1");
    daemon.stop();
    assert_eq!(put_aside(&desk).len(), 1);
}

#[test]
fn a_locked_ledger_and_a_newer_one_are_told_and_stay_where_they_are() {
    let desk = Desk::new();
    desk.run(&RUN).expect(0);
    let holder = rusqlite::Connection::open(desk.path("data/ledger.sqlite")).unwrap();
    holder.pragma_update(None, "user_version", 99).unwrap();
    let said = desk.run(&RUN).expect(1).stderr();
    assert!(said.contains("made by a newer version (schema 99"), "{said}");
    holder.pragma_update(None, "user_version", 4).unwrap();
    holder.pragma_update(None, "locking_mode", "EXCLUSIVE").unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let said = desk.run(&["chronos", "status"]).expect(1).stderr();
    assert!(said.contains("another process has held the lock") && said.contains("fuser"), "{said}");
    assert!(put_aside(&desk).is_empty());
}

#[test]
fn a_broken_end_of_the_metrics_is_closed_and_neither_loses_nor_doubles_a_line() {
    let desk = Desk::new();
    for (number, end) in [(1, &b"{\"run_id\":\"01a2"[..]), (2, &[0; 300]), (3, b"{\"caf\xc3")] {
        desk.run(&RUN).expect(0);
        let mut log = std::fs::File::options().append(true).open(desk.path("logs/metrics.jsonl")).unwrap();
        log.write_all(end).unwrap();
        drop(log);
        let bytes = std::fs::read(desk.path("logs/metrics.jsonl")).unwrap();
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| serde_json::from_slice::<Value>(line).is_ok());
        assert_eq!(lines.count(), number);
    }
    desk.run(&RUN).expect(0);
    let bytes = std::fs::read(desk.path("logs/metrics.jsonl")).unwrap();
    let lines: Vec<Value> =
        bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let mut ids: Vec<&str> = lines.iter().map(|line| line["run_id"].as_str().unwrap()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}
