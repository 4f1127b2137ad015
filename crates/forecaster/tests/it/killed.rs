//! The daemon killed at random moments, again and again: no run is lost, none is recorded twice.
//!
//! Each horizon always has a run that is due. The daemon is killed (SIGKILL) at a random moment of its work and
//! started again. In the end each run that was ever due has exactly one row in the ledger, one line in metrics.jsonl
//! and one report. A dozen kills by default; more with
//!
//! ```sh
//! FORECASTER_KILLS=300 cargo test --release -p forecaster --test it killed:: -- --nocapture
//! ```
#![allow(clippy::unwrap_used)]

use crate::daemon::{Daemon, ledger, minutes_ago, miss, until};
use crate::desk::Desk;
use chrono::{DateTime, TimeDelta, Utc};
use forecaster_domain::Horizon;
use forecaster_ledger::SlotState;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// No server, and a week to catch up, which has ten thousand minutes.
const QUIET: &str = "[service]\ncatch_up_hours = 168\n[service.http]\nlisten = \"\"\n";

/// Runs that are due: one per horizon at a time, each at its own minute of the last week.
struct Plan {
    base: DateTime<Utc>,
    next: i64,
    now: BTreeMap<Horizon, (DateTime<Utc>, String)>,
    all: Vec<(Horizon, DateTime<Utc>)>,
}

impl Plan {
    /// Gives each horizon whose run is done a new one, and writes the configuration.
    fn renew(&mut self, desk: &Desk) {
        for horizon in Horizon::ALL {
            let book = ledger(desk);
            let done = |instant| book.slot(horizon, instant).unwrap().is_some_and(|it| it.state == SlotState::Done);
            if self.now.get(&horizon).is_none_or(|(instant, _)| done(*instant)) {
                self.next += 1;
                let instant = self.base - TimeDelta::minutes(self.next);
                let schedule = miss(desk, horizon, instant);
                self.all.push((horizon, instant));
                self.now.insert(horizon, (instant, schedule));
            }
        }
        let horizons = self.now.iter().map(|(horizon, (_, schedule))| {
            format!(
                "[horizons.{horizon}]\nschedule = \"{schedule}\"\n[horizons.{horizon}.chronos]\nenabled = false\n"
            )
        });
        desk.write("forecasters.toml", &format!("{QUIET}{}", horizons.collect::<String>()));
    }
}

#[test]
fn no_run_is_lost_or_doubled_however_often_the_daemon_is_killed() {
    let kills: u64 = std::env::var("FORECASTER_KILLS").map_or(12, |count| count.parse().unwrap());
    let desk = Desk::new();
    let mut plan = Plan { base: minutes_ago(20), next: 0, now: BTreeMap::new(), all: Vec::new() };
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    for _ in 0..kills {
        plan.renew(&desk);
        let mut daemon = Daemon::start(&desk);
        daemon.hears("running since");
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // Long enough that a run is done now and then: a debug build takes some seconds for one.
        let longest = if cfg!(debug_assertions) { 4000 } else { 1200 };
        std::thread::sleep(Duration::from_millis(random % longest));
        daemon.kill();
    }
    let mut daemon = Daemon::start(&desk);
    daemon.hears("READY=1");
    let book = ledger(&desk);
    until("every run that is due is done", || {
        plan.all.iter().all(|(horizon, instant)| {
            book.slot(*horizon, *instant).unwrap().is_some_and(|slot| slot.state == SlotState::Done)
        })
    });
    daemon.stop();
    let interrupted: u32 =
        plan.all.iter().map(|(h, instant)| book.slot(*h, *instant).unwrap().unwrap().attempts - 1).sum();

    let mut run_ids = BTreeSet::new();
    for horizon in Horizon::ALL {
        let due: BTreeSet<_> =
            plan.all.iter().filter(|(of, _)| *of == horizon).map(|(_, instant)| *instant).collect();
        let runs = book.runs(horizon, 100_000).unwrap();
        let answered: Vec<DateTime<Utc>> = runs.iter().map(|run| scheduled_for(&run.metrics)).collect();
        assert_eq!(answered.len(), due.len(), "{horizon}: a run was doubled");
        assert_eq!(answered.into_iter().collect::<BTreeSet<_>>(), due, "{horizon}: a run was lost");
        assert!(runs.iter().all(|run| run.status != "failed"), "{horizon}: a run failed");
        run_ids.extend(runs.into_iter().map(|run| run.run_id));
    }
    assert_eq!(run_ids.len(), plan.all.len());

    let lines = desk.metrics();
    let logged: BTreeSet<String> = lines.iter().map(|line| line["run_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!((lines.len(), &logged), (run_ids.len(), &run_ids), "metrics.jsonl");
    let reports = desk.files("reports");
    let unfinished = |name: &str| name.starts_with(".report-");
    let names: Vec<String> =
        reports.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let whole: Vec<&String> = names.iter().filter(|name| !unfinished(name)).collect();
    assert_eq!(whole.len(), 3 * run_ids.len(), "HTML, PDF and JSON of each run");
    assert!(whole.iter().all(|name| run_ids.iter().any(|id| name.contains(id.as_str()))), "a report of no run");
    assert_eq!(integrity(&desk), "ok");
    let left = names.iter().filter(|name| unfinished(name)).count();
    println!(
        "{kills} kills, {} runs due, {interrupted} interrupted and run again, {left} unfinished files left for the next hour",
        plan.all.len()
    );
}

fn scheduled_for(metrics: &str) -> DateTime<Utc> {
    let line: serde_json::Value = serde_json::from_str(metrics).unwrap();
    line["scheduled_for"].as_str().unwrap().parse().unwrap()
}

/// Returns the result of SQLite's own check.
fn integrity(desk: &Desk) -> String {
    let connection = rusqlite::Connection::open(desk.path("data/ledger.sqlite")).unwrap();
    connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}
