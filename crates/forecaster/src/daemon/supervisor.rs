//! Supervisor: the loop that owns the agenda and the run in progress. Everything else sends it messages.
//!
//! In: alarms, the ends of runs, configurations, liveness checks, requests to stop. Out: runs, one at a time, so
//! that they do not compete for the processor; a published [`DaemonState`]; systemd's status line. When
//! asked to stop, it waits for the run in progress for a limited time and then kills it. The run that was killed has an
//! open slot, so that the next start repeats it.

use super::agenda::{Agenda, DueReason, DueRun};
use super::alarms::Alarms;
use super::clock::{Clock, ClockReading};
use super::mailer::Mailbox;
use super::message::{Inbox, Message};
use super::pulse::LivenessCheck;
use super::runner::{Job, JobEnd, Runner};
use super::state::{ChronosState, ConfigurationState, DaemonState, HorizonState, LastRun, status_line};
use super::systemd::Systemd;
use crate::assignment::Assignment;
use crate::config::settings::Config;
use crate::failure::Failure;
use crate::guard;
use crate::host::logging::rounded;
use crate::publish;
use chrono::{DateTime, Utc};
use forecaster_domain::Horizon;
use forecaster_ledger::{Ledger, LedgerError, RunStatus, SlotState};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Interval at which the agenda is asked without any alarm.
const PULSE: Duration = Duration::from_secs(30);
/// Delay before another attempt to start a run, after one that failed, most likely because of a locked ledger.
const BEGIN_AGAIN: Duration = Duration::from_secs(20);
/// Delay before a run is repeated that could not be recorded, most likely because of a full disk.
const RUN_AGAIN: Duration = Duration::from_secs(120);
/// Interval at which systemd is asked for more time while a run finishes, and the time requested.
const EXTENSION: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(20));

/// Reply that is sent once the state shows the change.
type PendingReply = Box<dyn FnOnce() + Send>;

/// Owner of the agenda and of the run in progress.
pub(crate) struct Supervisor<A, R> {
    clock: Arc<dyn Clock>,
    alarms: A,
    runner: Arc<R>,
    ledger: Arc<Ledger>,
    agenda: Agenda,
    config: Config,
    queue: VecDeque<DueRun>,
    running: Option<RunInProgress>,
    /// Runs that could not be started or recorded, each with the time of the next attempt.
    held: Vec<(Duration, DueRun)>,
    last: BTreeMap<Horizon, LastRun>,
    chronos: BTreeMap<Horizon, ChronosState>,
    state: watch::Sender<Arc<DaemonState>>,
    systemd: Arc<Systemd>,
    mailbox: Mailbox,
    /// Last error while reading the agenda.
    agenda_error: Option<String>,
    /// Last error while starting a run.
    start_error: Option<String>,
    /// Set when the ledger is corrupt; the daemon exits with this message.
    corruption: Option<String>,
}

struct RunInProgress {
    due: DueRun,
    job: Job,
    since: ClockReading,
    cut: CancellationToken,
    process: JoinHandle<JobEnd>,
}

/// Dependencies of [`Supervisor::new`].
pub(crate) struct Dependencies<A, R> {
    /// Clocks of the machine.
    pub clock: Arc<dyn Clock>,
    /// Alarms for the agenda's instants.
    pub alarms: A,
    /// Runner of the jobs.
    pub runner: R,
    /// Ledger of the runs.
    pub ledger: Arc<Ledger>,
    /// Configuration in force.
    pub config: Config,
    /// Channel on which the state is published.
    pub state: watch::Sender<Arc<DaemonState>>,
    /// Notifications to systemd.
    pub systemd: Arc<Systemd>,
    /// Handle to the mailer.
    pub mailbox: Mailbox,
}

impl<A: Alarms, R: Runner> Supervisor<A, R> {
    /// Creates a supervisor and plans the schedule; nothing runs yet.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub(crate) fn new(parts: Dependencies<A, R>) -> Result<Self, Failure> {
        let Dependencies { clock, alarms, runner, ledger, config, state, systemd, mailbox } = parts;
        let mut agenda = Agenda::new(ledger.clone());
        let reading = clock.read();
        agenda.apply_configuration(&config, reading)?;
        guard::follow_all(&ledger, &config, reading.now);
        Ok(Self {
            clock,
            alarms,
            runner: Arc::new(runner),
            ledger,
            agenda,
            config,
            queue: VecDeque::new(),
            running: None,
            held: Vec::new(),
            last: BTreeMap::new(),
            chronos: BTreeMap::new(),
            state,
            systemd,
            mailbox,
            agenda_error: None,
            start_error: None,
            corruption: None,
        })
    }

    /// Looks once, reports ready, and runs until it is stopped.
    ///
    /// # Errors
    /// When the ledger is damaged: the next start sets it aside.
    pub(crate) async fn run_loop(mut self, mut inbox: Inbox) -> Result<(), Failure> {
        let rung = self.alarms.alarm_notification();
        let mut pulse = tokio::time::interval(PULSE);
        self.read_last();
        self.check_agenda();
        self.state.send_modify(|state| Arc::make_mut(state).ready = true);
        self.systemd.ready();
        tracing::info!("ready: {}", status_line(&self.state.borrow()));
        loop {
            tokio::select! {
                () = inbox.stop.cancelled() => break,
                () = rung.notified() => {}
                _ = pulse.tick() => {
                    self.read_last();
                    // A run by hand may have left mail.
                    self.mailbox.wake.notify_one();
                }
                Some(beat) = inbox.beats.recv() => {
                    self.check_agenda();
                    self.answer(beat);
                    continue;
                }
                Some(message) = inbox.messages.recv() => {
                    let answer = self.handle_message(message);
                    self.check_agenda();
                    answer();
                    continue;
                }
                ended = end_of(&mut self.running) => self.finish_run(ended),
            }
            self.check_agenda();
            if self.corruption.is_some() {
                break;
            }
        }
        let ruin = self.corruption.take();
        self.finish(inbox).await;
        ruin.map_or(Ok(()), |ruin| Err(Failure::LedgerDamaged(ruin)))
    }

    /// Starts due runs, sets the alarms, publishes the state.
    fn check_agenda(&mut self) {
        let reading = self.clock.read();
        let (again, held): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.held).into_iter().partition(|(until, _)| *until <= reading.elapsed);
        self.held = held;
        self.queue.extend(again.into_iter().map(|(_, due)| due));
        if self.ledger.is_in_place() {
            match self.agenda.due(reading) {
                Ok(due) => {
                    due.iter().for_each(log_due);
                    self.queue.extend(due);
                    self.set_agenda_error(None);
                }
                Err(error) => self.set_agenda_error(Some(error.to_string())),
            }
            self.start_next(reading);
        } else {
            self.set_agenda_error(Some("the ledger is no longer where it was opened: restart the daemon".to_owned()));
        }
        let next = self.agenda.next(reading.now);
        self.alarms.set(next.values().copied(), reading);
        self.publish_state(&next);
    }

    /// Records the trouble with the ledger, and logs it once.
    fn set_agenda_error(&mut self, error: Option<String>) {
        if let Some(told) = error.as_ref().filter(|told| self.agenda_error.as_ref() != Some(told)) {
            tracing::error!("no run can be begun: {told}");
            self.corruption =
                self.ledger.check().err().filter(LedgerError::is_corruption).map(|error| error.to_string());
        }
        if error.is_none() && self.agenda_error.is_some() {
            tracing::info!("the ledger is well again");
        }
        self.agenda_error = error;
    }

    fn start_next(&mut self, reading: ClockReading) {
        while self.running.is_none() {
            let Some(due) = self.queue.pop_front() else { break };
            let horizon = due.horizon;
            match self.agenda.start_run(&due, reading) {
                Ok(Some(assignment)) => {
                    self.start_error = None;
                    self.start(due, assignment, reading);
                }
                Ok(None) => {}
                Err(error) => {
                    let wait = BEGIN_AGAIN.as_secs();
                    tracing::error!(%horizon, "the {horizon} run cannot be begun, tried again in {wait} s: {error}");
                    self.held.push((reading.elapsed + BEGIN_AGAIN, due));
                    self.start_error = Some(error.to_string());
                    // The other runs would fail as well.
                    return;
                }
            }
        }
        if self.held.is_empty() {
            self.start_error = None;
        }
    }

    fn start(&mut self, due: DueRun, assignment: Assignment, since: ClockReading) {
        let cut = CancellationToken::new();
        let job = Job { assignment, config: self.config.clone() };
        let (runner, told, token) = (self.runner.clone(), job.clone(), cut.clone());
        let process = tokio::spawn(async move { runner.run(told, token).await });
        self.running = Some(RunInProgress { due, job, since, cut, process });
    }

    /// Handles the end of a run's process: when the process has not recorded the run, records it as failed.
    fn finish_run(&mut self, ended: JobEnd) {
        let Some(RunInProgress { due, job, since, .. }) = self.running.take() else { return };
        let Assignment { horizon, ref run_id, .. } = job.assignment;
        let span = tracing::info_span!("run", %horizon, run_id);
        let _entered = span.enter();
        let reading = self.clock.read();
        let recorded = match self.ledger.slot(horizon, due.scheduled_for) {
            Ok(Some(slot)) if slot.state != SlotState::Started => Ok(()),
            Ok(_) if ended == JobEnd::Cut => {
                tracing::warn!("the run was cut off; the next start makes up for it");
                Ok(())
            }
            Ok(_) if ended == JobEnd::TryAgain && self.agenda.may_catch_up(due.scheduled_for, reading.now) => {
                Err(Failure::RunWillBeRetried)
            }
            Ok(_) => self.record_lost(&job, &ended, reading.elapsed.saturating_sub(since.elapsed)),
            Err(error) => Err(error.into()),
        };
        match recorded {
            // A run of a disabled horizon is not repeated: the agenda skips what it left open.
            _ if !self.config.horizons.get(horizon).enabled => self.agenda.release_run(&due),
            Ok(()) => self.agenda.release_run(&due),
            Err(error) => {
                let wait = RUN_AGAIN.as_secs();
                tracing::error!("the run could not be recorded and is made again in {wait} s: {error}");
                self.held.push((reading.elapsed + RUN_AGAIN, due));
            }
        }
        self.read_last();
        self.mailbox.wake.notify_one();
    }

    fn record_lost(&self, job: &Job, ended: &JobEnd, lasted: Duration) -> Result<(), Failure> {
        let Job { assignment, config } = job;
        let reason = match ended {
            JobEnd::TooLong => {
                let deadline = config.service.run_deadline_seconds;
                format!("the run was cut off after {deadline} s (service.run_deadline_seconds)")
            }
            JobEnd::Lost(reason) => reason.clone(),
            JobEnd::Exited | JobEnd::Cut | JobEnd::TryAgain => {
                "the run's process ended without a result: see its last log lines".to_owned()
            }
        };
        let seconds = lasted.as_secs_f64();
        tracing::error!(seconds = rounded(seconds), "run failed: {reason}");
        let identity = assignment.identity(config, RunStatus::Failed);
        publish::record_lost(&identity, config, assignment.horizon, &reason, &self.ledger, seconds)?;
        let mark = self.ledger.chronos_mark(assignment.horizon)?;
        if let Some(mark) = mark.filter(|mark| mark.run_id == assignment.run_id) {
            guard::count_killed_run(&self.ledger, config, &mark)?;
        }
        Ok(())
    }

    fn handle_message(&mut self, message: Message) -> PendingReply {
        // The requester may be gone; the configuration stays adopted.
        match message {
            Message::Adopt(config, file, answer) => {
                // Runs that the schedules in force have requested until now are due, whatever schedules follow.
                self.check_agenda();
                let adopted = self.agenda.apply_configuration(&config, self.clock.read());
                if adopted.is_ok() {
                    self.config = *config;
                    guard::follow_all(&self.ledger, &self.config, self.clock.read().now);
                    // A mailer that has ended needs none.
                    let _ = self.mailbox.config.send(self.config.clone());
                    self.drop_disabled();
                    self.read_last();
                    self.state.send_modify(|state| {
                        let state = Arc::make_mut(state);
                        state.zone = self.config.zone();
                        state.reports_dir.clone_from(&self.config.service.reports_dir);
                        let accepted_at = self.clock.read().now;
                        state.configuration = ConfigurationState { file, accepted_at, refused: None };
                    });
                }
                Box::new(|| drop(answer.send(adopted)))
            }
            Message::Refused(reason, answer) => {
                self.state.send_modify(|state| Arc::make_mut(state).configuration.refused = Some(reason));
                Box::new(|| {
                    let _ = answer.send(());
                })
            }
        }
    }

    /// Gives back the waiting runs of disabled horizons.
    fn drop_disabled(&mut self) {
        let (horizons, agenda) = (&self.config.horizons, &mut self.agenda);
        let mut stays = |due: &DueRun| {
            let enabled = horizons.get(due.horizon).enabled;
            if !enabled {
                agenda.release_run(due);
            }
            enabled
        };
        self.held.retain(|(_, due)| stays(due));
        self.queue.retain(|due| stays(due));
    }

    fn answer(&mut self, beat: LivenessCheck) {
        let dead = self.alarms.is_dead(self.clock.read());
        let well = if dead { Err("the scheduler's alarm does not ring".to_owned()) } else { Ok(()) };
        let _ = beat.send(well);
    }

    /// Reads from the ledger each horizon's last run, which may have been made by hand, and its guard state.
    fn read_last(&mut self) {
        for horizon in Horizon::ALL {
            match self.ledger.runs(horizon, 1) {
                Ok(runs) => {
                    if let Some(run) = runs.first() {
                        self.last.insert(horizon, LastRun::of(run));
                    }
                }
                // The error is reported when the agenda is asked.
                Err(_) => return,
            }
            let enabled = self.config.horizons.get(horizon).chronos.enabled;
            let Ok(guard) = self.ledger.guard(horizon) else { return };
            self.chronos.insert(horizon, ChronosState::of(enabled, guard));
        }
    }

    fn publish_state(&self, next: &BTreeMap<Horizon, DateTime<Utc>>) {
        let running = self.running.as_ref().map(|it| (it.due.horizon, it.since.now));
        let horizons: Vec<HorizonState> = Horizon::ALL
            .into_iter()
            .map(|horizon| HorizonState {
                horizon,
                enabled: self.config.horizons.get(horizon).enabled,
                next: next.get(&horizon).copied(),
                running_since: running.filter(|(of, _)| *of == horizon).map(|(_, since)| since),
                last: self.last.get(&horizon).cloned(),
                chronos: self.chronos.get(&horizon).cloned().unwrap_or_default(),
            })
            .collect();
        let waiting = self.queue.iter().chain(self.held.iter().map(|(_, due)| due));
        let error = self.agenda_error.clone().or_else(|| self.start_error.clone());
        let overdue: Vec<Horizon> = waiting.map(|due| due.horizon).collect();
        let mail = self.mailbox.state.borrow().clone();
        self.state.send_if_modified(|state| {
            let changed = state.horizons != horizons
                || state.run_blocker != error
                || state.waiting != overdue
                || state.mail != mail;
            if changed {
                let state = Arc::make_mut(state);
                state.horizons = horizons;
                state.run_blocker = error;
                state.waiting = overdue;
                state.mail = mail;
            }
            changed
        });
        self.systemd.status(&status_line(&self.state.borrow()));
    }

    /// Lets the run in progress finish, for as long as is configured, then cuts it off.
    async fn finish(mut self, mut inbox: Inbox) {
        self.systemd.stopping();
        self.state.send_modify(|state| Arc::make_mut(state).stopping = true);
        let grace = Duration::from_secs(self.config.service.stop_grace_seconds);
        if let Some(running) = &self.running {
            let horizon = running.due.horizon;
            tracing::info!(%horizon, "stopping: the {horizon} run has {} s to finish", grace.as_secs());
        }
        let cut_off = tokio::time::sleep(grace);
        tokio::pin!(cut_off);
        let mut extend = tokio::time::interval(EXTENSION.0);
        while self.running.is_some() {
            self.systemd.status(&status_line(&self.state.borrow()));
            tokio::select! {
                ended = end_of(&mut self.running) => self.finish_run(ended),
                () = &mut cut_off => break,
                () = inbox.stop_now.cancelled() => break,
                Some(beat) = inbox.beats.recv() => drop(beat.send(Ok(()))),
                Some(message) = inbox.messages.recv() => self.handle_message(message)(),
                _ = extend.tick() => self.systemd.extend_timeout(EXTENSION.1),
            }
        }
        if let Some(running) = &self.running {
            self.systemd.extend_timeout(EXTENSION.1);
            running.cut.cancel();
        }
        while self.running.is_some() {
            tokio::select! {
                ended = end_of(&mut self.running) => self.finish_run(ended),
                Some(beat) = inbox.beats.recv() => drop(beat.send(Ok(()))),
            }
        }
        let waiting: Vec<&str> = self.queue.iter().map(|due| due.horizon.key()).collect();
        if !waiting.is_empty() {
            tracing::info!("not begun, and due again at the next start: {}", waiting.join(", "));
        }
    }
}

fn log_due(due: &DueRun) {
    let DueRun { horizon, scheduled_for, cause } = due;
    match cause {
        DueReason::OnTime => {}
        DueReason::Missed => tracing::info!(%horizon, "catching up: the {horizon} run of {scheduled_for} was missed"),
        DueReason::Interrupted => {
            tracing::info!(%horizon, "resuming: the {horizon} run of {scheduled_for} was interrupted")
        }
    }
}

/// Waits for the end of the run in progress; forever when there is none.
async fn end_of(running: &mut Option<RunInProgress>) -> JobEnd {
    match running {
        Some(running) => match (&mut running.process).await {
            Ok(ended) => ended,
            Err(error) => JobEnd::Lost(format!("the run was lost: {error}")),
        },
        None => std::future::pending().await,
    }
}

#[cfg(test)]
#[path = "supervisor_tests.rs"]
mod tests;
