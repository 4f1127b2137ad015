//! Checks of the directories and the ledger.

use super::check::Check;
use crate::config::load::LoadedConfig;
use crate::config::settings::Config;
use chrono::{DateTime, Utc};
use forecaster_domain::Horizon;
use forecaster_ledger::{Ledger, LedgerError, copy_ledger};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest wait for a locked ledger.
pub(super) const LEDGER_LOCK_TIMEOUT: Duration = Duration::from_secs(3);
/// Free space in bytes below which an operator should act, and below which runs will soon fail.
const WARN_BELOW_FREE_BYTES: u64 = 1 << 30;
const TIGHT: u64 = 100 << 20;

pub(super) fn directories(loaded: &LoadedConfig) -> Vec<Check> {
    let service = &loaded.config.service;
    let logs = service.metrics_log.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    [
        ("directories.data", service.data_dir.as_path()),
        ("directories.reports", service.reports_dir.as_path()),
        ("directories.logs", logs),
    ]
    .map(|(id, path)| directory(id, path))
    .into()
}

fn directory(id: &str, path: &Path) -> Check {
    // A missing directory will be created under its nearest existing ancestor.
    let nearest = path.ancestors().find(|it| it.exists()).filter(|it| !it.as_os_str().is_empty());
    let nearest = nearest.unwrap_or(Path::new("."));
    let shown = path.display();
    if let Err(error) = tempfile::Builder::new().prefix(".probe-").tempfile_in(nearest) {
        let finding = format!("{shown} cannot be written to: {error}");
        return Check::fail(
            id,
            finding,
            format!("make it, and give it to the service's user: chown forecaster {shown}"),
        );
    }
    let free = match rustix::fs::statvfs(nearest) {
        Ok(space) => space.f_bavail.saturating_mul(space.f_frsize),
        Err(error) => return Check::warn(id, format!("{shown}: free space is not known: {error}"), "look with df"),
    };
    let gigabytes = free as f64 / 1e9;
    let finding = format!("{shown} is writable, {gigabytes:.1} GB free");
    match free {
        ..TIGHT => Check::fail(id, finding, "make room: runs fail when the disk is full"),
        TIGHT..WARN_BELOW_FREE_BYTES => Check::warn(id, finding, "make room: at least 1 GB should be free"),
        _ if nearest == path => Check::ok(id, finding),
        _ => Check::ok(id, format!("{shown} will be made, {gigabytes:.1} GB free")),
    }
}

pub(super) fn ledger(loaded: &LoadedConfig) -> Vec<Check> {
    let config = &loaded.config;
    let path = config.service.data_dir.join("ledger.sqlite");
    let mut checks = Vec::new();
    if !is_absent(&path) {
        match check_ledger_copy(&path, config) {
            Ok(found) => checks.extend(found),
            Err((reason, fix)) => checks.push(Check::fail("ledger.sound", reason, fix)),
        }
    } else {
        checks.push(Check::ok("ledger.sound", format!("{} is made by the first run", path.display())));
    }
    checks.push(metrics(&config.service.metrics_log));
    checks
}

/// Checks a copy: opening the ledger itself could migrate it.
fn check_ledger_copy(path: &Path, config: &Config) -> Result<Vec<Check>, (String, &'static str)> {
    let text = |error: &dyn std::fmt::Display| (error.to_string(), "report it, please");
    let folder = tempfile::tempdir().map_err(|e| text(&e))?;
    let copy: PathBuf = folder.path().join("ledger.sqlite");
    let schema = copy_ledger(path, &copy, LEDGER_LOCK_TIMEOUT).map_err(ledger_error_and_fix)?;
    let ledger = Ledger::open(&copy).map_err(|e| text(&e))?;
    let runs: u64 = ledger.run_counts().map_err(|e| text(&e))?.iter().map(|(.., count)| count).sum();
    let mut checks = vec![Check::ok("ledger.sound", format!("{}, schema {schema}, {runs} runs", path.display()))];
    for horizon in super::configuration::enabled(config) {
        checks.push(last_run(&ledger, horizon).map_err(|e| text(&e))?);
    }
    let waiting = ledger.outbox_counts().map_err(|e| text(&e))?.waiting;
    checks.push(match waiting {
        0 => Check::ok("ledger.outbox", "no mail waits"),
        _ => Check::warn(
            "ledger.outbox",
            format!("mail waits for {waiting} recipients"),
            "forecaster mail queue says why",
        ),
    });
    let open = ledger.open_slots().map_err(|e| text(&e))?;
    if let Some(worst) = open.iter().max_by_key(|slot| slot.attempts).filter(|slot| slot.attempts > 1) {
        let finding =
            format!("the {} run of {} was begun {} times", worst.horizon, worst.scheduled_for, worst.attempts);
        checks.push(Check::warn("ledger.interrupted", finding, "journalctl -u forecaster says what ended it"));
    }
    Ok(checks)
}

fn last_run(ledger: &Ledger, horizon: Horizon) -> Result<Check, forecaster_ledger::LedgerError> {
    let id = format!("ledger.last_{horizon}");
    let Some(run) = ledger.runs(horizon, 1)?.into_iter().next() else {
        return Ok(Check::skip(&id, "no run yet"));
    };
    let finding = format!("{} {}", run.status, ago(run.finished_at));
    let metrics: Value = serde_json::from_str(&run.metrics).unwrap_or_default();
    Ok(match (run.status.as_str(), metrics["error"].as_str()) {
        ("failed", reason) => Check::warn(
            &id,
            format!("{finding}: {}", reason.unwrap_or("no reason is known")),
            format!("when that is fixed: forecaster run {horizon}"),
        ),
        _ => Check::ok(&id, finding),
    })
}

/// Reason the ledger cannot be checked, and the fix: only a damaged ledger needs a backup.
fn ledger_error_and_fix(error: LedgerError) -> (String, &'static str) {
    let fix = match &error {
        it if it.is_corruption() => {
            "the daemon sets a damaged ledger aside and starts a new one; to restore a backup: forecaster restore \
             FILE"
        }
        LedgerError::Locked { .. } => "try again when the other process is done",
        _ => "run the doctor as the service's user: sudo -u forecaster forecaster doctor",
    };
    (error.to_string(), fix)
}

/// True when the path does not exist; false when that cannot be determined.
fn is_absent(path: &Path) -> bool {
    matches!(std::fs::metadata(path), Err(error) if error.kind() == std::io::ErrorKind::NotFound)
}

fn ago(instant: DateTime<Utc>) -> String {
    let hours = (Utc::now() - instant).num_hours();
    if hours < 48 { format!("{hours} h ago") } else { format!("{} days ago", hours / 24) }
}

fn metrics(path: &Path) -> Check {
    const ID: &str = "ledger.metrics";
    if path.exists() && !path.is_file() {
        return Check::fail(ID, format!("{} is no file", path.display()), "move it away");
    }
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(_) if is_absent(path) => {
            return Check::ok(ID, format!("{} is made by the first run", path.display()));
        }
        Err(error) => {
            let finding = format!("{} cannot be read: {error}", path.display());
            return Check::fail(ID, finding, "is it a file, and readable for this user?");
        }
    };
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let broken = lines.clone().filter(|line| serde_json::from_slice::<Value>(line).is_err()).count();
    let finding = format!("{}: {} lines", path.display(), lines.count());
    if broken == 0 {
        return Check::ok(ID, finding);
    }
    let fix = "nothing is lost: the ledger has every line, and the next run appends after them; remove the broken \
        lines if jq rejects the file";
    Check::warn(ID, format!("{finding}, {broken} of them broken, as a crash leaves them"), fix)
}
