//! Alarms: occasions to ask the agenda what is due.
//!
//! One-shot jobs of tokio-cron-scheduler, one a horizon, at instants that the agenda computed: its own recurring jobs in a zone
//! run an hour off after a change of time (its issue 107). It looks at the wall clock twice a second, so that an alarm
//! rings after a suspend or a step of the clock, too. What an alarm is for is not told: who hears it asks the agenda.

use super::clock::Reading;
use crate::failure::Failure;
use chrono::{DateTime, TimeDelta, Utc};
use forecaster_domain::Horizon;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use uuid::Uuid;

/// An alarm that should have rung so long ago is looked at again after as long: then it is not the clock that has jumped.
const TOLERANCE: Duration = Duration::from_secs(10);

/// Where alarms are set.
pub(crate) trait Alarms: Send + 'static {
    /// Has `horizon`'s alarm ring at an instant; `None`: not at all.
    fn set(
        &mut self,
        horizon: Horizon,
        at: Option<DateTime<Utc>>,
        reading: Reading,
    ) -> impl Future<Output = ()> + Send;

    /// Rings.
    fn rung(&self) -> Arc<Notify>;

    /// Whether an alarm should have rung long ago and has not: whoever rings them is dead.
    fn are_dead(&mut self, reading: Reading) -> bool;
}

/// Alarms by tokio-cron-scheduler.
pub(crate) struct CronAlarms {
    scheduler: JobScheduler,
    rung: Arc<Notify>,
    set: BTreeMap<Horizon, Alarm>,
    suspicious: Option<(DateTime<Utc>, Duration)>,
}

struct Alarm {
    at: DateTime<Utc>,
    job: Uuid,
    has_rung: Arc<AtomicBool>,
}

impl CronAlarms {
    /// Starts the scheduler, with no alarm set.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) async fn start() -> Result<Self, Failure> {
        let failed = |error: JobSchedulerError| Failure::failed(format!("the scheduler does not start: {error}"));
        let scheduler = JobScheduler::new().await.map_err(failed)?;
        scheduler.start().await.map_err(failed)?;
        Ok(Self { scheduler, rung: Arc::default(), set: BTreeMap::new(), suspicious: None })
    }
}

impl Alarms for CronAlarms {
    async fn set(&mut self, horizon: Horizon, at: Option<DateTime<Utc>>, reading: Reading) {
        // One that rang before its instant is set again.
        let stands = |alarm: &Alarm| Some(alarm.at) == at && !alarm.has_rung.load(Ordering::Relaxed);
        if self.set.get(&horizon).map_or(at.is_none(), stands) {
            return;
        }
        if let Some(Alarm { job, .. }) = self.set.remove(&horizon) {
            // One that has rung is no longer there.
            let _ = self.scheduler.remove(&job).await;
        }
        let Some(at) = at else { return };
        let has_rung = Arc::new(AtomicBool::new(false));
        let ring = {
            let (rung, has_rung) = (self.rung.clone(), has_rung.clone());
            move |_, _| {
                has_rung.store(true, Ordering::Relaxed);
                rung.notify_one();
            }
        };
        let added = match Job::new_one_shot(whole_seconds(at - reading.now), ring) {
            Ok(job) => self.scheduler.add(job).await,
            Err(error) => Err(error),
        };
        match added {
            Ok(job) => {
                self.set.insert(horizon, Alarm { at, job, has_rung });
            }
            // The supervisor asks the agenda now and then without any alarm.
            Err(error) => tracing::error!(%horizon, "no alarm could be set: {error}"),
        }
    }

    fn rung(&self) -> Arc<Notify> {
        self.rung.clone()
    }

    fn are_dead(&mut self, reading: Reading) -> bool {
        let tolerance = TimeDelta::from_std(TOLERANCE).unwrap_or_default();
        let overdue = self.set.values().filter(|alarm| !alarm.has_rung.load(Ordering::Relaxed)).map(|alarm| alarm.at);
        let overdue = overdue.filter(|at| *at + tolerance < reading.now).min();
        match (overdue, self.suspicious) {
            (Some(at), Some((same, since))) if at == same => reading.elapsed > since + TOLERANCE,
            (Some(at), _) => {
                self.suspicious = Some((at, reading.elapsed));
                false
            }
            (None, _) => {
                self.suspicious = None;
                false
            }
        }
    }
}

/// The scheduler counts in whole seconds and drops what is left over: rounded up, or it would ring too early.
fn whole_seconds(wait: TimeDelta) -> Duration {
    let wait = wait.to_std().unwrap_or_default();
    Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::SubsecRound;

    fn reading(now: DateTime<Utc>, elapsed: u64) -> Reading {
        Reading { now, elapsed: Duration::from_secs(elapsed) }
    }

    #[tokio::test]
    async fn an_alarm_rings_at_its_instant_and_one_that_was_taken_back_does_not() {
        let mut alarms = CronAlarms::start().await.unwrap();
        let rung = alarms.rung();
        let begin = Utc::now();
        let at = begin.trunc_subsecs(0) + TimeDelta::seconds(3);
        alarms.set(Horizon::D7, Some(at - TimeDelta::seconds(1)), reading(begin, 0)).await;
        alarms.set(Horizon::D7, Some(at), reading(begin, 0)).await;
        alarms.set(Horizon::D15, Some(at - TimeDelta::seconds(1)), reading(begin, 0)).await;
        alarms.set(Horizon::D15, None, reading(begin, 0)).await;
        rung.notified().await;
        assert!(Utc::now() >= at, "{} before {at}", Utc::now());
        assert!(!alarms.are_dead(reading(Utc::now(), 3)));
    }

    #[tokio::test]
    async fn alarms_that_do_not_ring_are_dead_unless_the_clock_has_only_just_jumped() {
        let mut alarms = CronAlarms::start().await.unwrap();
        let now = Utc::now();
        alarms.set(Horizon::D7, Some(now + TimeDelta::hours(1)), reading(now, 0)).await;
        assert!(!alarms.are_dead(reading(now, 0)));
        let later = now + TimeDelta::hours(2);
        assert!(!alarms.are_dead(reading(later, 5)), "it may ring yet");
        assert!(!alarms.are_dead(reading(later, 10)));
        assert!(alarms.are_dead(reading(later, 20)));
    }
}
