//! Runner: makes a run in a process of its own, this program again as `forecaster run-worker`.
//!
//! All its memory is given back, a crash or the out-of-memory killer ends that run alone, and it can be cut off
//! at any time. The parent writes the [`Job`] as one line to its standard input and keeps that open; when it
//! closes, because the parent closed it or died, the run ends at the next point at which nothing is half written.
//! The result is in the ledger.

use crate::assignment::Assignment;
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use crate::forecast::chronos::{ChronosSource, this_program};
use crate::guard;
use crate::host::clock::today;
use crate::host::lock;
use crate::host::lock::Lock;
use crate::host::logging;
use crate::host::resources::Usage;
use crate::market::Market;
use crate::market::fetch;
use crate::publish;
use crate::publish::FailedRun;
use crate::run::context::{PublishLock, RunContext};
use crate::run::execute_assignment;
use crate::run::ledger;
use forecaster_ledger::{Ledger, RunStatus, SlotState};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Read};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio_util::sync::CancellationToken;

/// Time for a run that is cut off to reach a point at which nothing is half written; then it is
/// killed, which loses no more.
const LAST_WRITES: Duration = Duration::from_secs(10);

/// Input of a run. It contains the configuration: the file may have been edited since it was adopted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Job {
    /// Run to make.
    pub assignment: Assignment,
    /// Configuration in force when the job was created.
    pub config: Config,
}

/// Exit code of a run that failed for a transient reason, and left its slot open (EX_TEMPFAIL of sysexits.h).
const TRY_AGAIN: u8 = 75;

/// End of the process. The result of the run is in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JobEnd {
    /// Exited by itself.
    Exited,
    /// Exited by itself, for a transient reason: the run is to be made again.
    TryAgain,
    /// Cut off on request.
    Cut,
    /// Cut off at its deadline.
    TooLong,
    /// Any other end, described.
    Lost(String),
}

/// Executor of jobs.
pub(crate) trait Runner: Send + Sync + 'static {
    /// Runs `job` to its end, or until `cut`.
    fn run(&self, job: Job, cut: CancellationToken) -> impl Future<Output = JobEnd> + Send;
}

/// Runner that starts a process for each job.
#[derive(Debug)]
pub(crate) struct Processes;

impl Runner for Processes {
    async fn run(&self, job: Job, cut: CancellationToken) -> JobEnd {
        let deadline = Duration::from_secs(job.config.service.run_deadline_seconds);
        let (mut child, input) = match start(&job).await {
            Ok(started) => started,
            Err(reason) => return JobEnd::Lost(reason),
        };
        let ended = tokio::select! {
            status = child.wait() => return describe(status),
            () = cut.cancelled() => JobEnd::Cut,
            () = tokio::time::sleep(deadline) => JobEnd::TooLong,
        };
        drop(input);
        if tokio::time::timeout(LAST_WRITES, child.wait()).await.is_err() {
            let _ = child.kill().await;
        }
        ended
    }
}

async fn start(job: &Job) -> Result<(Child, ChildStdin), String> {
    let mut line = serde_json::to_vec(job).map_err(|error| format!("the run could not be described: {error}"))?;
    line.push(b'\n');
    let mut child = Command::new(this_program())
        .arg0("forecaster")
        .args(logging::arguments())
        .arg("run-worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        // Ctrl+C on a terminal is for the daemon, which lets the run finish.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("the run's process could not be started: {error}"))?;
    let mut input = child.stdin.take().ok_or("the run's process has no standard input")?;
    // A process that ends before it has read is recognised by its status.
    let _ = input.write_all(&line).await;
    Ok((child, input))
}

fn describe(status: std::io::Result<ExitStatus>) -> JobEnd {
    use std::os::unix::process::ExitStatusExt;
    match status {
        Ok(status) if status.code() == Some(i32::from(TRY_AGAIN)) => JobEnd::TryAgain,
        Ok(status) if status.code().is_some() => JobEnd::Exited,
        Ok(status) => match status.signal() {
            Some(9) => JobEnd::Lost(
                "the run's process was killed (signal 9): by the out-of-memory killer, at the limit of \
                                    the service's memory, or by hand"
                    .to_owned(),
            ),
            Some(signal) => JobEnd::Lost(format!("the run's process crashed (signal {signal})")),
            None => JobEnd::Lost(format!("the run's process ended: {status}")),
        },
        Err(error) => JobEnd::Lost(format!("the run's process was lost: {error}")),
    }
}

/// Job that was received, with everything it needs.
struct ReceivedJob {
    job: Job,
    ledger: Arc<Ledger>,
    publishing: Arc<PublishLock>,
    _alone: Lock,
}

/// Entry point of the process. Errors are logged, not printed: the lines may be JSON.
pub(crate) fn run_worker() -> Result<CommandOutcome, Failure> {
    let ended = match receive() {
        Ok(Some(received)) => work(&received),
        Ok(None) => Ok(CommandOutcome::Done),
        Err(failure) => {
            let hint = failure.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
            tracing::error!("no run: {failure}{hint}");
            Err(failure)
        }
    };
    ended.or_else(|failure| {
        std::process::exit(i32::from(if failure.is_transient() { TRY_AGAIN } else { failure.code() }))
    })
}

/// Receives the job; `None` when there is nothing left to do.
fn receive() -> Result<Option<ReceivedJob>, Failure> {
    // The name that ps and top show; the run works without it.
    let _ = std::fs::write("/proc/self/comm", "forecaster-run");
    let mut line = String::new();
    let mut input = std::io::stdin().lock();
    input.read_line(&mut line).map_err(|error| Failure::System { what: "no job could be read", source: error })?;
    drop(input);
    let job: Job = serde_json::from_str(&line).map_err(Failure::NoJob)?;
    let publishing = Arc::new(PublishLock::default());
    let ledger = Arc::new(ledger::open_ledger(&job.config)?);
    exit_when_parent_exits(publishing.clone(), Arc::downgrade(&ledger), job.assignment.run_id.clone())?;
    let alone = lock::horizon(&job.config.service.data_dir, job.assignment.horizon)?;
    let open = is_open(&job.assignment, &ledger)?;
    Ok(open.then_some(ReceivedJob { job, ledger, publishing, _alone: alone }))
}

fn work(received: &ReceivedJob) -> Result<CommandOutcome, Failure> {
    let ReceivedJob { job: Job { assignment, config }, ledger, publishing, .. } = received;
    let today = today(config);
    let fetched = fetch::for_run(config, today, false);
    let market = Market::load(config, None, today).map(|market| market.with(fetched)).inspect_err(|error| {
        tracing::error!(horizon = %assignment.horizon, run_id = assignment.run_id, "run failed: {error}");
        let identity = assignment.identity(config, RunStatus::Failed);
        let _writing = publishing.hold();
        let failed = FailedRun { market: None, horizon: assignment.horizon, error, email: true };
        publish::record_failure(&identity, config, &failed, ledger, &Usage::start());
    })?;
    market.warn_of_gaps();
    let chronos = ChronosSource::guarded(config);
    let place = RunContext { config, market: &market, ledger, chronos: &chronos, release: true, email: true };
    execute_assignment(assignment, &place, publishing).map(|issued| issued.outcome())
}

/// True when the run is still to be made: another attempt at it may have come first.
fn is_open(assignment: &Assignment, ledger: &Ledger) -> Result<bool, Failure> {
    let Some(scheduled_for) = assignment.scheduled_for else { return Ok(true) };
    let Some(slot) = ledger.slot(assignment.horizon, scheduled_for)? else {
        return Err(Failure::RunUnknown);
    };
    let open = slot.state == SlotState::Started && slot.run_id == assignment.run_id;
    if !open {
        tracing::info!(horizon = %assignment.horizon, run_id = assignment.run_id, "the run has been dealt with already");
    }
    Ok(open)
}

/// Ends this process when standard input does, or right after a write in progress.
fn exit_when_parent_exits(publishing: Arc<PublishLock>, ledger: Weak<Ledger>, run_id: String) -> Result<(), Failure> {
    let wait = move || {
        let mut rest = [0; 64];
        while matches!(std::io::stdin().read(&mut rest), Ok(1..)) {}
        let _nothing_is_written = publishing.hold();
        tracing::info!("the run is cut off");
        if let Some(ledger) = ledger.upgrade() {
            guard::clear_mark(&ledger, &run_id);
        }
        std::process::exit(1)
    };
    let thread = std::thread::Builder::new().name("parent".to_owned()).spawn(wait);
    thread.map(drop).map_err(|error| Failure::System { what: "no thread to watch the parent", source: error })
}
