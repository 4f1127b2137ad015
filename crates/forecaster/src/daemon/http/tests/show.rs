//! Pages to look at in a browser:
//! `FORECASTER_SHOW=127.0.0.1:9190 cargo test -p forecaster --lib show_the_pages -- --ignored`.

use super::desk::{Desk, Setting, instant};
use super::metrics::line;
use crate::daemon::state::LastRun;
use chrono::{Days, TimeDelta, Utc};
use forecaster_domain::Horizon;
use forecaster_ledger::RunStatus;
use std::path::PathBuf;
use std::time::Duration;

#[test]
#[ignore = "serves for ten minutes"]
fn show_the_pages() {
    let listen = std::env::var("FORECASTER_SHOW").unwrap_or_else(|_| "127.0.0.1:9190".into());
    // Directory in which `forecaster run` has been run.
    let real = std::env::var_os("FORECASTER_SHOW_DESK").map(PathBuf::from);
    let ledger = real.as_ref().map(|desk| desk.join("data/ledger.sqlite"));
    let desk = Desk::with(Setting { listen, ledger, ..Setting::default() });
    match real {
        Some(real) => desk.becomes(|state| state.reports_dir = real.join("reports")),
        None => fill(&desk),
    }
    desk.becomes(|state| {
        let last = state.horizons[0].last.clone();
        state.horizons[1].last = last.clone().map(|last| LastRun { status: "degraded".into(), ..last });
        state.horizons[1].running_since = Some(Utc::now());
        let error = Some("the run took longer than service.run_deadline_seconds = 900 and was ended".into());
        state.horizons[2].last =
            last.map(|last| LastRun { status: "failed".into(), figures: None, as_of: None, error, ..last });
        state.horizons[0].next = Some(Utc::now() + TimeDelta::hours(50));
        state.started_at = Utc::now() - TimeDelta::minutes(190);
        let reason =
            "/etc/forecaster/forecasters.toml: horizons.7d.schedule is \"0 8 * *\", expected five cron fields";
        state.configuration.refused = std::env::var_os("FORECASTER_SHOW_REFUSED").map(|_| reason.into());
    });
    std::thread::sleep(Duration::from_secs(600));
}

fn fill(desk: &Desk) {
    for run in 0..60 {
        let date = instant("2025-01-03T00:00:00Z").date_naive() - Days::new(7 * (59 - run));
        let milliseconds = 0x0194_3a5c_7d00_u64 - (59 - run) * 604_800_000;
        let id = format!("{:08x}-{:04x}", milliseconds >> 16, milliseconds & 0xffff);
        for kind in ["html", "pdf", "json"] {
            desk.file(&format!("7d/{date}-{id}-7a3b-8c4d-1234567890ab.{kind}"), "<p>report</p>");
        }
    }
    desk.file("15d/2024-12-31-01943a5c-7d02-7a3b-8c4d-1234567890ab.html", "<p>report</p>");
    desk.record(Horizon::D7, RunStatus::Ok, "2025-01-06T11:00:00Z", &line().to_string());
}
