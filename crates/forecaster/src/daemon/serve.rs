//! `forecaster serve`: puts the daemon together and takes it down again.
//!
//! What can be wrong is looked for before it says that it is ready: clock, directories, another daemon, ledger, port, secrets. Each
//! ends the start with a sentence, in the journal and in systemd's status line.

use super::alarms::CronAlarms;
use super::clock::{SystemClock, is_set};
use super::mailer::{MailState, Mailer};
use super::pulse::Pulse;
use super::reload::{self, Reloader};
use super::runner::Processes;
use super::server::{Server, Sources};
use super::state::{ConfigurationState, DaemonState};
use super::supervisor::{Inbox, Parts, Supervisor};
use super::systemd::{self, Systemd};
use crate::config::{Config, Loaded};
use crate::failure::{Failure, Outcome};
use crate::{commands, lock, publish};
use chrono::{DateTime, Utc};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// Threads of the runtime for pages and the watchdog. The supervisor, which may wait for a locked ledger, has a thread and a
/// runtime of its own. Runs are processes.
const THREADS: usize = 2;

/// Nobody waits longer, at a time, for a ledger that somebody else has locked: the supervisor must still answer the watchdog. What
/// it could not write is tried again.
const LEDGER_PATIENCE: Duration = Duration::from_secs(5);

/// Is the daemon until it is stopped.
///
/// # Errors
/// When it cannot start.
pub(crate) fn serve(loaded: Loaded, named: Option<&Path>, level_is_fixed: bool) -> Result<Outcome, Failure> {
    let systemd = Arc::new(Systemd::default());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::failed(format!("the runtime does not start: {error}")))?;
    let served = runtime.block_on(live(loaded, named.map(Path::to_owned), level_is_fixed, systemd.clone()));
    if let Err(failure) = &served {
        systemd.status(&format!("not started: {failure}"));
    }
    served.map(|()| Outcome::Done)
}

async fn live(
    loaded: Loaded,
    named: Option<PathBuf>,
    level_is_fixed: bool,
    systemd: Arc<Systemd>,
) -> Result<(), Failure> {
    let Loaded { config, file, text } = loaded;
    // First of all: a reload that is asked for during the start is one that follows it.
    let [mut terminate, mut interrupt, mut hangup] = listen()?;
    check_clock(Utc::now())?;
    check_directories(&config)?;
    let _alone = lock::daemon(&config.service.data_dir)?;
    let ledger = Arc::new(commands::open_ledger_or_begin_anew(&config)?);
    ledger.set_patience(LEDGER_PATIENCE)?;
    // Lines that a crash kept from the log.
    publish::flush_metrics(&ledger, &config);
    let accepted_at = Utc::now();
    let (state, seen) = watch::channel(Arc::new(DaemonState {
        started_at: accepted_at,
        ready: false,
        stopping: false,
        zone: config.zone(),
        reports_dir: config.service.reports_dir.clone(),
        horizons: Vec::new(),
        waiting: Vec::new(),
        trouble: None,
        configuration: ConfigurationState { file: file.clone(), accepted_at, refused: None },
        mail: MailState::default(),
    }));
    let (pulse, beats) = Pulse::new();
    // A connection of their own: pages do not wait behind the supervisor.
    let shelf = Arc::new(commands::open_ledger(&config)?);
    shelf.set_patience(LEDGER_PATIENCE)?;
    let mut server = Server::new(Sources { state: seen, pulse: pulse.clone(), ledger: shelf });
    server.follow(&config.service.http).await?;
    reload::keep(&config, text.as_deref())?;
    let letters = commands::open_ledger(&config)?;
    letters.set_patience(LEDGER_PATIENCE)?;
    let (mailer, mailbox) = Mailer::new(Arc::new(letters), config.clone());
    let parts = Parts {
        clock: Arc::new(SystemClock::new()),
        alarms: CronAlarms::default(),
        runner: Processes,
        ledger,
        config: config.clone(),
        state,
        systemd: systemd.clone(),
        mailbox,
    };
    let supervisor = Supervisor::new(parts)?;
    let (messages, inbox) = mpsc::channel(8);
    let (stop, stop_now) = (CancellationToken::new(), CancellationToken::new());
    let ended = CancellationToken::new();
    let inbox = Inbox { messages: inbox, beats, stop: stop.clone(), stop_now: stop_now.clone() };
    let in_force = file.clone().or(named);
    let place = file.map_or_else(|| "built-in defaults".to_owned(), |file| file.display().to_string());
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "forecaster starts with {place}");
    let mut living = apart(supervisor.live(inbox))?;
    let sending = mailer.start(ended.clone())?;
    let watchdog = tokio::spawn(systemd::watchdog(pulse, ended.clone()));
    let mut reloader =
        Reloader { file: in_force, level_is_fixed, in_force: config, server, supervisor: messages, systemd };
    let lived = loop {
        tokio::select! {
            lived = &mut living => break lived,
            _ = terminate.recv() => stop_twice(&stop, &stop_now),
            _ = interrupt.recv() => stop_twice(&stop, &stop_now),
            _ = hangup.recv() => reloader.reload().await,
        }
    };
    ended.cancel();
    reloader.server.stop().await;
    // It has nothing more to say.
    let _ = watchdog.await;
    // It crashes alone, and its last mail has had its time.
    let _ = tokio::task::spawn_blocking(move || sending.join()).await;
    lived.map_err(|_| Failure::failed("the supervisor crashed: the lines above say why"))??;
    tracing::info!("forecaster has stopped");
    Ok(())
}

/// Runs `life` on a thread and a runtime of its own; the receiver hears of its end, and gets an error when it panics.
fn apart<T: Send + 'static>(life: impl Future<Output = T> + Send + 'static) -> Result<oneshot::Receiver<T>, Failure> {
    let failed = |error: std::io::Error| Failure::failed(format!("the supervisor's thread does not start: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let (ended, end) = oneshot::channel();
    let thread = std::thread::Builder::new().name("supervisor".to_owned()).spawn(move || {
        let came_to = runtime.block_on(life);
        // Nobody to hear it: the daemon is going down otherwise.
        let _ = ended.send(came_to);
    });
    thread.map(|_| end).map_err(failed)
}

/// The first wish to stop is kind, the second is not.
fn stop_twice(stop: &CancellationToken, stop_now: &CancellationToken) {
    if stop.is_cancelled() {
        stop_now.cancel();
    }
    stop.cancel();
}

fn listen() -> Result<[Signal; 3], Failure> {
    let on = |kind| signal(kind).map_err(|error| Failure::failed(format!("signals cannot be heard: {error}")));
    Ok([on(SignalKind::terminate())?, on(SignalKind::interrupt())?, on(SignalKind::hangup())?])
}

fn check_clock(now: DateTime<Utc>) -> Result<(), Failure> {
    if is_set(now) {
        return Ok(());
    }
    Err(Failure::failed(format!("the clock says {}: it is not set", now.format("%Y-%m-%d %H:%M")))
        .hint("set it, or let systemd-timesyncd or chrony do so; the service starts again by itself"))
}

/// Whether state, reports and metrics can be written: each directory is there, or is made, and takes a few kilobytes.
///
/// # Errors
/// The first that does not, and why.
pub(crate) fn check_directories(config: &Config) -> Result<(), Failure> {
    let service = &config.service;
    let logs = service.metrics_log.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for directory in [service.data_dir.as_path(), service.reports_dir.as_path(), logs] {
        std::fs::create_dir_all(directory).map_err(|error| Failure::from_io("create", directory, &error))?;
        let probe = || -> std::io::Result<()> {
            let mut file = tempfile::Builder::new().prefix(".probe-").tempfile_in(directory)?;
            file.write_all(&[0; 16_384])?;
            file.as_file().sync_data()
        };
        probe().map_err(|error| Failure::from_io("write to", directory, &error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_before_2020_is_not_set() {
        let check = |text: &str| check_clock(text.parse().unwrap()).map_err(|refused| refused.to_string());
        assert_eq!(check("1970-01-01T00:00:20Z").unwrap_err(), "the clock says 1970-01-01 00:00: it is not set");
        assert!(check("2019-12-31T23:59:59Z").is_err() && check("2020-01-01T00:00:00Z").is_ok());
    }

    #[test]
    fn directories_are_made_and_left_empty_and_one_that_cannot_be_written_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.service.data_dir = directory.path().join("data");
        config.service.reports_dir = directory.path().join("reports");
        config.service.metrics_log = directory.path().join("logs/metrics.jsonl");
        check_directories(&config).unwrap();
        for name in ["data", "reports", "logs"] {
            assert_eq!(std::fs::read_dir(directory.path().join(name)).unwrap().count(), 0, "{name}");
        }
        config.service.reports_dir = "/dev/full/reports".into();
        let refused = check_directories(&config).unwrap_err().to_string();
        assert!(refused.contains("cannot create /dev/full/reports"), "{refused}");
    }
}
