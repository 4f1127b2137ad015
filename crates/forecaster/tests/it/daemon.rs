//! The real daemon as a child process of the test, which plays systemd: it listens on the notification socket and
//! sends signals.
#![allow(dead_code, clippy::unwrap_used)]

use crate::desk::Desk;
use chrono::{DateTime, TimeDelta, Utc};
use forecaster_domain::Horizon;
use forecaster_ledger::{Ledger, Watermark};
use std::io::Read;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for an event: far longer than any takes, so that only one that never happens fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// All horizons off except those that a test switches on, and no HTTP server.
pub(crate) const QUIET: &str = r#"
[service.http]
listen = ""
[horizons.7d]
enabled = false
[horizons.15d]
enabled = false
[horizons.30d]
enabled = false
[horizons.90d]
enabled = false
"#;

/// Returns a configuration with the given horizon on a schedule and everything else off.
pub(crate) fn only(horizon: &str, schedule: &str) -> String {
    let off = format!("[horizons.{horizon}]\nenabled = false");
    QUIET.replace(&off, &format!("[horizons.{horizon}]\nenabled = true\nschedule = \"{schedule}\""))
}

/// A running daemon.
pub(crate) struct Daemon {
    child: Child,
    socket: UnixDatagram,
    told: Vec<String>,
}

impl Daemon {
    /// Starts the daemon with the configuration in `forecasters.toml` of the desk.
    pub(crate) fn start(desk: &Desk) -> Self {
        Self::start_with(desk, &[])
    }

    pub(crate) fn start_with(desk: &Desk, environment: &[(&str, &str)]) -> Self {
        let path = desk.path(&format!("notify-{}", next_number()));
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let log = std::fs::OpenOptions::new().create(true).append(true).open(desk.path("daemon.log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_forecaster"))
            .args(["--config", "forecasters.toml", "serve"])
            .envs(desk.environment())
            .envs(environment.iter().copied())
            .env("NOTIFY_SOCKET", &path)
            .current_dir(desk.path("."))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { child, socket, told: Vec::new() }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a notification that contains `text`, and returns it.
    pub(crate) fn hears(&mut self, text: &str) -> String {
        let begin = Instant::now();
        loop {
            self.listen();
            if let Some(found) = self.told.iter().position(|told| told.contains(text)) {
                return self.told.drain(..=found).next_back().unwrap();
            }
            let ended = self.child.try_wait().unwrap();
            assert!(
                begin.elapsed() < PATIENCE && ended.is_none(),
                "{text} was not heard but {:?}; ended: {ended:?}",
                self.told
            );
        }
    }

    fn listen(&mut self) {
        let mut buffer = [0; 4096];
        if let Ok(length) = self.socket.recv(&mut buffer) {
            self.told.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    /// Waits for the daemon to end; returns the exit code, `None` after a signal.
    pub(crate) fn ends(mut self) -> Option<i32> {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let mut printed = String::new();
                self.child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
                assert_eq!(printed, "", "a daemon prints nothing");
                return status.code();
            }
            assert!(begin.elapsed() < PATIENCE, "it does not end");
            self.listen();
        }
    }

    /// Sends SIGTERM and waits for a clean exit.
    pub(crate) fn stop(self) {
        self.signal("TERM");
        assert_eq!(self.ends(), Some(0));
    }

    /// Sends SIGKILL and waits for the end.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // A process that has already ended cannot be killed, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns a number that differs from call to call.
fn next_number() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

pub(crate) fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().unwrap();
    assert!(status.success(), "kill -{name} {pid}");
}

pub(crate) fn ledger(desk: &Desk) -> Ledger {
    std::fs::create_dir_all(desk.path("data")).unwrap();
    Ledger::open(&desk.path("data/ledger.sqlite")).unwrap()
}

/// Sets up a missed run: returns the cron fields of a weekly schedule for `instant`, and records in the ledger that
/// this instant was scheduled and not yet handled, so that the daemon's next start finds it.
pub(crate) fn miss(desk: &Desk, horizon: Horizon, instant: DateTime<Utc>) -> String {
    let local = instant.with_timezone(&chrono_tz::America::Santiago);
    let schedule = local.format("%-M %-H * * %a").to_string();
    let watermark = Watermark {
        schedule: schedule.clone(),
        timezone: "America/Santiago".into(),
        since: instant - TimeDelta::minutes(1),
        handled_until: instant - TimeDelta::minutes(1),
        set_back_from: None,
    };
    ledger(desk).set_watermarks(&[(horizon, Some(watermark))]).unwrap();
    schedule
}

/// Returns the instant `count` minutes ago, on a whole minute.
pub(crate) fn minutes_ago(count: i64) -> DateTime<Utc> {
    let now = Utc::now().timestamp();
    DateTime::from_timestamp((now / 60 - count) * 60, 0).unwrap()
}

/// Waits until `done` returns true.
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < PATIENCE, "{what} did not come to pass");
        std::thread::sleep(Duration::from_millis(20));
    }
}
