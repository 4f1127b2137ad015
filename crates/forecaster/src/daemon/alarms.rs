//! Alarms: occasions to ask the agenda which runs are due.
//!
//! One-shot jobs of tokio-cron-scheduler at instants that the agenda computed: its own recurring jobs in a zone run
//! an hour off after a daylight-saving change (its issue 107). It checks the wall clock twice a second, so that an
//! alarm also rings after a suspend or a step of the clock; since that would wake an idle machine twice a second, it
//! is started only when an instant is near. An alarm carries no purpose: the receiver asks the agenda.

use super::clock::ClockReading;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Time within which an instant is near: longer than the supervisor ever goes without setting the alarms.
const NEAR: TimeDelta = TimeDelta::seconds(45);
/// Grace for an overdue alarm, before it is suspicious and again before it is dead: a mere
/// clock jump is over by then.
const TOLERANCE: Duration = Duration::from_secs(10);

/// Timer for the agenda's instants.
pub(crate) trait Alarms: Send + 'static {
    /// Sets the alarm to the earliest of `instants`, and drops the one set before. Must be called
    /// at least every half minute.
    fn set(&mut self, instants: impl Iterator<Item = DateTime<Utc>>, reading: ClockReading);

    /// Returns the handle that is notified when an alarm rings.
    fn alarm_notification(&self) -> Arc<Notify>;

    /// True when the alarm should have rung long ago and has not: the scheduler is dead.
    fn is_dead(&mut self, reading: ClockReading) -> bool;
}

/// Alarms by tokio-cron-scheduler.
#[derive(Default)]
pub(crate) struct CronAlarms {
    rung: Arc<Notify>,
    set: Option<Alarm>,
    suspicious: Option<(DateTime<Utc>, Duration)>,
}

/// Alarm whose scheduler runs until this is dropped.
struct Alarm {
    at: DateTime<Utc>,
    has_rung: Arc<AtomicBool>,
    _scheduler: DropGuard,
}

impl Alarms for CronAlarms {
    fn set(&mut self, instants: impl Iterator<Item = DateTime<Utc>>, reading: ClockReading) {
        let near = instants.min().filter(|at| *at <= reading.now + NEAR);
        // An alarm that rang before its instant is set again.
        let stands = |alarm: &Alarm| Some(alarm.at) == near && !alarm.has_rung.load(Ordering::Relaxed);
        if self.set.as_ref().map_or(near.is_none(), stands) {
            return;
        }
        self.set = near.and_then(|at| Alarm::start(at, reading.now, self.rung.clone()));
    }

    fn alarm_notification(&self) -> Arc<Notify> {
        self.rung.clone()
    }

    fn is_dead(&mut self, reading: ClockReading) -> bool {
        let tolerance = TimeDelta::from_std(TOLERANCE).unwrap_or_default();
        let waiting = self.set.as_ref().filter(|alarm| !alarm.has_rung.load(Ordering::Relaxed));
        let overdue = waiting.map(|alarm| alarm.at).filter(|at| *at + tolerance < reading.now);
        match (overdue, self.suspicious) {
            (Some(at), Some((same, since))) if at == same => reading.elapsed > since + TOLERANCE,
            (overdue, _) => {
                self.suspicious = overdue.map(|at| (at, reading.elapsed));
                false
            }
        }
    }
}

impl Alarm {
    /// Starts a scheduler on its own thread and runtime, which end with everything that it leaves behind at shutdown.
    fn start(at: DateTime<Utc>, now: DateTime<Utc>, rung: Arc<Notify>) -> Option<Self> {
        let has_rung = Arc::new(AtomicBool::new(false));
        let stop = CancellationToken::new();
        let ring = {
            let has_rung = has_rung.clone();
            move || {
                has_rung.store(true, Ordering::Relaxed);
                rung.notify_one();
            }
        };
        let stopped = stop.clone();
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            let lived = runtime.map(|runtime| runtime.block_on(schedule(whole_seconds(at - now), ring, stopped)));
            match lived {
                Ok(Ok(())) => {}
                // The supervisor also asks the agenda at intervals, without any alarm.
                Ok(Err(error)) => tracing::error!("no alarm could be set: {error}"),
                Err(error) => tracing::error!("no alarm could be set: {error}"),
            }
        };
        let thread = std::thread::Builder::new().name("alarm".to_owned()).spawn(work);
        thread.inspect_err(|error| tracing::error!("no alarm could be set: {error}")).ok()?;
        Some(Self { at, has_rung, _scheduler: stop.drop_guard() })
    }
}

async fn schedule(
    wait: Duration,
    ring: impl Fn() + Send + Sync + 'static,
    stop: CancellationToken,
) -> Result<(), JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    scheduler.start().await?;
    scheduler.add(Job::new_one_shot(wait, move |_, _| ring())?).await?;
    stop.cancelled().await;
    Ok(())
}

/// Rounds up to whole seconds: the scheduler drops fractions and would ring too early.
fn whole_seconds(wait: TimeDelta) -> Duration {
    let wait = wait.to_std().unwrap_or_default();
    Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::SubsecRound;

    fn reading(now: DateTime<Utc>, elapsed: u64) -> ClockReading {
        ClockReading { now, elapsed: Duration::from_secs(elapsed) }
    }

    #[tokio::test]
    async fn an_alarm_rings_at_its_instant_and_one_that_was_taken_back_does_not() {
        let mut alarms = CronAlarms::default();
        let rung = alarms.alarm_notification();
        let begin = Utc::now();
        let at = begin.trunc_subsecs(0) + TimeDelta::seconds(3);
        alarms.set([at - TimeDelta::seconds(1)].into_iter(), reading(begin, 0));
        alarms.set([at + TimeDelta::seconds(9), at].into_iter(), reading(begin, 0));
        rung.notified().await;
        assert!(Utc::now() >= at, "{} before {at}", Utc::now());
        assert!(!alarms.is_dead(reading(Utc::now(), 3)));
    }

    #[tokio::test]
    async fn the_scheduler_runs_only_when_an_instant_is_near() {
        let mut alarms = CronAlarms::default();
        let now = Utc::now();
        let at = now + TimeDelta::minutes(2);
        alarms.set([at].into_iter(), reading(now, 0));
        assert!(alarms.set.is_none());
        alarms.set([at].into_iter(), reading(at - TimeDelta::seconds(30), 90));
        assert!(alarms.set.is_some());
        alarms.set(std::iter::empty(), reading(at, 100));
        assert!(alarms.set.is_none());
    }

    #[tokio::test]
    async fn an_alarm_that_does_not_ring_is_dead_unless_the_clock_has_only_just_jumped() {
        let mut alarms = CronAlarms::default();
        let now = Utc::now();
        alarms.set([now + TimeDelta::seconds(40)].into_iter(), reading(now, 0));
        assert!(!alarms.is_dead(reading(now, 0)));
        let later = now + TimeDelta::hours(2);
        assert!(!alarms.is_dead(reading(later, 5)), "it may ring yet");
        assert!(!alarms.is_dead(reading(later, 10)));
        assert!(alarms.is_dead(reading(later, 20)));
    }
}
