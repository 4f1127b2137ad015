//! `forecaster serve`: assembles the daemon, runs it, and shuts it down.
//!
//! Everything that can be wrong is checked before it reports ready: clock, directories, another daemon, ledger, port,
//! secrets. Each failure ends the start with a sentence, in the journal and in systemd's status line.

use super::alarms::CronAlarms;
use super::clock::{SystemClock, is_set};
use super::directories::check_directories;
use super::mailer::{MailState, Mailer};
use super::message::Inbox;
use super::pulse::LivenessProbe;
use super::reload::{self, Reloader};
use super::runner::Processes;
use super::server::{Server, Sources};
use super::state::{ConfigurationState, DaemonState};
use super::supervisor::{Dependencies, Supervisor};
use super::systemd::{self, Systemd};
use crate::config::load::LoadedConfig;
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use crate::host::lock::{self, Lock};
use crate::publish;
use crate::run::ledger;
use chrono::{DateTime, Utc};
use forecaster_ledger::Ledger;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// Threads of the runtime for pages and the watchdog. The supervisor, which may wait for a locked ledger, has its own
/// thread and runtime. Runs are processes.
const THREADS: usize = 2;

/// Longest single wait for a ledger that another process has locked: the supervisor must still answer the watchdog.
/// Failed writes are retried.
const LEDGER_PATIENCE: Duration = Duration::from_secs(5);

/// Runs the daemon until it is stopped.
///
/// # Errors
/// When it cannot start.
pub(crate) fn serve(
    loaded: LoadedConfig,
    named: Option<&Path>,
    level_is_fixed: bool,
) -> Result<CommandOutcome, Failure> {
    let systemd = Arc::new(Systemd::default());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::System { what: "the runtime does not start", source: error })?;
    let served = runtime.block_on(run_daemon(loaded, named.map(Path::to_owned), level_is_fixed, systemd.clone()));
    if let Err(failure) = &served {
        systemd.status(&format!("not started: {failure}"));
    }
    served.map(|()| CommandOutcome::Done)
}

async fn run_daemon(
    loaded: LoadedConfig,
    named: Option<PathBuf>,
    level_is_fixed: bool,
    systemd: Arc<Systemd>,
) -> Result<(), Failure> {
    // Listen first, so that a reload requested during the start is carried out after it.
    let signals = listen()?;
    let (ledger, _alone) = prepare(&loaded.config)?;
    let place = loaded.file.as_ref().map_or_else(|| "built-in defaults".to_owned(), |it| it.display().to_string());
    let parts = assemble_daemon(loaded, named, level_is_fixed, systemd, ledger).await?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "forecaster starts with {place}");
    supervise(parts, signals).await?;
    tracing::info!("forecaster has stopped");
    Ok(())
}

/// Checks the preconditions of the daemon, and opens the ledger; the lock is to be held as long as the daemon lives.
fn prepare(config: &Config) -> Result<(Arc<Ledger>, Lock), Failure> {
    check_clock(Utc::now())?;
    check_directories(config)?;
    let alone = lock::daemon(&config.service.data_dir)?;
    let ledger = Arc::new(ledger::open_or_replace_ledger(config)?);
    ledger.set_lock_timeout(LEDGER_PATIENCE)?;
    // Lines that a crash kept from the log.
    publish::flush_metrics(&ledger, config);
    Ok((ledger, alone))
}

/// Connected parts of the daemon; only the pages are running yet.
struct DaemonParts {
    supervisor: Supervisor<CronAlarms, Processes>,
    inbox: Inbox,
    mailer: Mailer,
    pulse: LivenessProbe,
    reloader: Reloader,
}

async fn assemble_daemon(
    loaded: LoadedConfig,
    named: Option<PathBuf>,
    level_is_fixed: bool,
    systemd: Arc<Systemd>,
    ledger: Arc<Ledger>,
) -> Result<DaemonParts, Failure> {
    let LoadedConfig { config, file, text } = loaded;
    let (state, seen) = watch::channel(Arc::new(at_the_start(&config, file.clone())));
    let (pulse, beats) = LivenessProbe::new();
    // A separate connection: pages do not wait behind the supervisor.
    let shelf = Arc::new(ledger::open_ledger(&config)?);
    shelf.set_lock_timeout(LEDGER_PATIENCE)?;
    let mut server = Server::new(Sources { state: seen, pulse: pulse.clone(), ledger: shelf });
    server.follow(&config.service.http).await?;
    reload::save_configuration(&config, text.as_deref())?;
    let letters = ledger::open_ledger(&config)?;
    letters.set_lock_timeout(LEDGER_PATIENCE)?;
    let (mailer, mailbox) = Mailer::new(Arc::new(letters), config.clone());
    let supervisor = Supervisor::new(Dependencies {
        clock: Arc::new(SystemClock::new()),
        alarms: CronAlarms::default(),
        runner: Processes,
        ledger,
        config: config.clone(),
        state,
        systemd: systemd.clone(),
        mailbox,
    })?;
    let (messages, inbox) = mpsc::channel(8);
    let inbox = Inbox { messages: inbox, beats, stop: CancellationToken::new(), stop_now: CancellationToken::new() };
    let reloader =
        Reloader { file: file.or(named), level_is_fixed, in_force: config, server, supervisor: messages, systemd };
    Ok(DaemonParts { supervisor, inbox, mailer, pulse, reloader })
}

/// Returns the state before the daemon has checked anything.
fn at_the_start(config: &Config, file: Option<PathBuf>) -> DaemonState {
    let accepted_at = Utc::now();
    DaemonState {
        started_at: accepted_at,
        ready: false,
        stopping: false,
        zone: config.zone(),
        reports_dir: config.service.reports_dir.clone(),
        horizons: Vec::new(),
        waiting: Vec::new(),
        run_blocker: None,
        configuration: ConfigurationState { file, accepted_at, refused: None },
        mail: MailState::default(),
    }
}

/// Runs until the supervisor ends, then shuts down the rest.
async fn supervise(parts: DaemonParts, signals: [Signal; 3]) -> Result<(), Failure> {
    let DaemonParts { supervisor, inbox, mailer, pulse, mut reloader } = parts;
    let [mut terminate, mut interrupt, mut hangup] = signals;
    let (stop, stop_now) = (inbox.stop.clone(), inbox.stop_now.clone());
    let ended = CancellationToken::new();
    let mut living = run_on_own_thread(supervisor.run_loop(inbox))?;
    let sending = mailer.start(ended.clone())?;
    let watchdog = tokio::spawn(systemd::watchdog(pulse, ended.clone()));
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
    // Nothing of its result is needed.
    let _ = watchdog.await;
    // A crash of the mailer concerns only itself, and its last mail has had its time.
    let _ = tokio::task::spawn_blocking(move || sending.join()).await;
    lived.map_err(|_| Failure::SupervisorCrashed)?
}

/// Runs `life` on its own thread and runtime; the receiver gets its result, or an error when it panics.
fn run_on_own_thread<T: Send + 'static>(
    life: impl Future<Output = T> + Send + 'static,
) -> Result<oneshot::Receiver<T>, Failure> {
    let failed =
        |error: std::io::Error| Failure::System { what: "the supervisor's thread does not start", source: error };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let (ended, end) = oneshot::channel();
    let thread = std::thread::Builder::new().name("supervisor".to_owned()).spawn(move || {
        let came_to = runtime.block_on(life);
        // Without a receiver the daemon is already shutting down.
        let _ = ended.send(came_to);
    });
    thread.map(|_| end).map_err(failed)
}

/// Handles a request to stop: the first lets the run finish, the second does not.
fn stop_twice(stop: &CancellationToken, stop_now: &CancellationToken) {
    if stop.is_cancelled() {
        stop_now.cancel();
    }
    stop.cancel();
}

fn listen() -> Result<[Signal; 3], Failure> {
    let on = |kind| signal(kind).map_err(|error| Failure::System { what: "signals cannot be heard", source: error });
    Ok([on(SignalKind::terminate())?, on(SignalKind::interrupt())?, on(SignalKind::hangup())?])
}

fn check_clock(now: DateTime<Utc>) -> Result<(), Failure> {
    if is_set(now) {
        return Ok(());
    }
    Err(Failure::ClockNotSet(now.format("%Y-%m-%d %H:%M").to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_before_2020_is_not_set() {
        let check = |text: &str| check_clock(text.parse().unwrap()).map_err(|refused| refused.to_string());
        assert_eq!(
            check("1970-01-01T00:00:20Z").unwrap_err(),
            "the system clock is not set: it shows 1970-01-01 00:00"
        );
        assert!(check("2019-12-31T23:59:59Z").is_err() && check("2020-01-01T00:00:00Z").is_ok());
    }
}
