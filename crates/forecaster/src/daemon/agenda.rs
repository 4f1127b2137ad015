//! Agenda: computes the runs that are due from the schedules, the clock, and the ledger's record of handled instants.
//!
//! Nothing here waits or runs. Asking too early returns nothing, asking late returns what was missed, and asking
//! twice returns it once: an alarm is only an occasion to ask. Each horizon has a watermark, up to which its schedule
//! is handled, and slots, the instants that were started or skipped; both are in the ledger. A run that has moved away
//! from a holiday has one instant, the one that it has moved to.
//!
//! When the clock goes back by no more than `catch_up` (at least an hour), instants up to the watermark are not run
//! again. When it goes back further, it had been wrong, and the watermark goes back to `catch_up` before the new
//! time: instants missed or skipped under the wrong clock are run, and a run made under it does not count when its
//! instant comes. When the clock jumps ahead again at once, the step back had been wrong: the watermark is restored.

use super::clock::{ClockReading, is_set};
use super::schedule::Schedule;
use crate::assignment::{Assignment, new_run_id};
use crate::config::settings::Config;
use crate::failure::Failure;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use forecaster_domain::Horizon;
use forecaster_ledger::{Ledger, LedgerError, SlotState, Watermark};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Longest delay after its instant with which a run is still on time.
const PUNCTUAL: TimeDelta = TimeDelta::minutes(1);

/// Reason why a run is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DueReason {
    /// The instant has come.
    OnTime,
    /// The instant was missed: nothing ran then.
    Missed,
    /// The run was started and interrupted.
    Interrupted,
}

/// Run that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DueRun {
    /// Horizon of the run.
    pub horizon: Horizon,
    /// Instant of the schedule, for a run that has moved away from a holiday the one that it has moved to.
    pub scheduled_for: DateTime<Utc>,
    /// Reason why it is due.
    pub cause: DueReason,
}

/// Schedules of all enabled horizons.
#[derive(Debug)]
pub(crate) struct Agenda {
    ledger: Arc<Ledger>,
    catch_up: TimeDelta,
    entries: BTreeMap<Horizon, Entry>,
    /// Runs handed out and not yet given back.
    handed_out: BTreeSet<(Horizon, DateTime<Utc>)>,
    clock_was_unset: bool,
}

#[derive(Debug, Clone)]
struct Entry {
    schedule: Schedule,
    since: DateTime<Utc>,
    handled_until: DateTime<Utc>,
    set_back: Option<ClockSetBack>,
}

/// Watermark that went back with the clock.
#[derive(Debug, Clone, Copy)]
struct ClockSetBack {
    /// Watermark before it went back.
    from: DateTime<Utc>,
    /// Reading when it went back, or when this process first knew of it.
    at: ClockReading,
}

impl Entry {
    fn watermark(&self) -> Watermark {
        Watermark {
            schedule: self.schedule.text(),
            timezone: self.schedule.zone().name().to_owned(),
            since: self.since,
            handled_until: self.handled_until,
            set_back_from: self.set_back.map(|it| it.from),
        }
    }
}

impl Agenda {
    /// Creates an empty agenda.
    pub(crate) fn new(ledger: Arc<Ledger>) -> Self {
        Self {
            ledger,
            catch_up: TimeDelta::zero(),
            entries: BTreeMap::new(),
            handed_out: BTreeSet::new(),
            clock_was_unset: false,
        }
    }

    /// Adopts the schedules of `config`, all or none. A schedule that is new, or has changed since the ledger last
    /// saw it, starts now: its earlier instants do not count as missed. Where only its rule for holidays has changed,
    /// it goes on: what was planned up to now stays planned.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub(crate) fn apply_configuration(&mut self, config: &Config, reading: ClockReading) -> Result<(), Failure> {
        let mut entries = BTreeMap::new();
        let mut changed = Vec::new();
        for horizon in Horizon::ALL {
            let settings = config.horizons.get(horizon);
            let known = self.ledger.watermark(horizon)?;
            if !settings.enabled {
                changed.extend(known.map(|_| (horizon, None)));
                continue;
            }
            let schedule = Schedule::of(config, horizon).map_err(Failure::Schedule)?;
            let entry = self.entry(horizon, schedule, known.as_ref(), reading);
            if known.as_ref() != Some(&entry.watermark()) {
                changed.push((horizon, Some(entry.watermark())));
            }
            entries.insert(horizon, entry);
        }
        if !changed.is_empty() {
            self.ledger.set_watermarks(&changed)?;
        }
        self.entries = entries;
        self.catch_up = TimeDelta::hours(i64::from(config.service.catch_up_hours));
        Ok(())
    }

    fn entry(&self, horizon: Horizon, schedule: Schedule, known: Option<&Watermark>, reading: ClockReading) -> Entry {
        let timezone = schedule.zone().name();
        let remembered = self.entries.get(&horizon).and_then(|entry| entry.set_back);
        // Once the clock has passed that instant, a jump can no longer be detected.
        let from = known.and_then(|it| it.set_back_from).filter(|from| *from > reading.now);
        let set_back = remembered.or(from.map(|from| ClockSetBack { from, at: reading }));
        let continued = known.filter(|it| it.timezone == timezone).and_then(|known| {
            let planned_until = reading.now.max(known.handled_until);
            Some((known, schedule.clone().continuing(&known.schedule, planned_until)?))
        });
        match continued {
            Some((known, schedule)) => {
                Entry { schedule, since: known.since, handled_until: known.handled_until, set_back }
            }
            None => {
                // Whole seconds, as the ledger keeps them.
                let now = reading.now.trunc_subsecs(0);
                Entry { schedule, since: now, handled_until: now, set_back }
            }
        }
    }

    /// Returns the runs that are due, oldest first. Each is handed out once, until [`Agenda::release_run`]. A run
    /// missed or interrupted too long ago is skipped, in the ledger and with a log line.
    ///
    /// # Errors
    /// When the ledger cannot be read or written; the same runs are due the next time, too.
    pub(crate) fn due(&mut self, reading: ClockReading) -> Result<Vec<DueRun>, LedgerError> {
        let now = reading.now;
        if !is_set(now) {
            if !std::mem::replace(&mut self.clock_was_unset, true) {
                tracing::warn!("the clock says {now}: nothing is run until it is set");
            }
            return Ok(Vec::new());
        }
        self.clock_was_unset = false;
        self.follow_the_clock(reading)?;
        let mut due = self.interrupted(now)?;
        due.extend(self.skipped_by_wrong_clock(now)?);
        for (horizon, entry) in &self.entries {
            let in_hand = self.handed_out.iter().filter(|(of, _)| of == horizon).map(|(_, instant)| *instant);
            let after = in_hand.chain([entry.handled_until]).max().unwrap_or(entry.handled_until);
            let Some(scheduled_for) = entry.schedule.last_within(after, now) else { continue };
            if self.may_catch_up(scheduled_for, now) {
                let cause = if now - scheduled_for <= PUNCTUAL { DueReason::OnTime } else { DueReason::Missed };
                due.push(DueRun { horizon: *horizon, scheduled_for, cause });
            } else {
                self.ledger.skip_slot(*horizon, scheduled_for, now)?;
                self.log_skipped(*horizon, scheduled_for, "missed");
            }
        }
        for (horizon, entry) in &mut self.entries {
            if let Some(watermark) = self.ledger.watermark(*horizon)? {
                entry.handled_until = watermark.handled_until;
            }
        }
        due.sort_by_key(|it| (it.scheduled_for, it.horizon));
        self.handed_out.extend(due.iter().map(|it| (it.horizon, it.scheduled_for)));
        Ok(due)
    }

    /// Returns runs that were started and not ended, by a process that no longer exists.
    fn interrupted(&self, now: DateTime<Utc>) -> Result<Vec<DueRun>, LedgerError> {
        let mut due = Vec::new();
        for slot in self.ledger.open_slots()? {
            let (horizon, scheduled_for) = (slot.horizon, slot.scheduled_for);
            if scheduled_for > now + self.tolerance() {
                // Started by a clock that was ahead.
                self.ledger.delete_slot(horizon, scheduled_for)?;
                continue;
            }
            if self.handed_out.contains(&(horizon, scheduled_for)) {
                continue;
            }
            if self.entries.contains_key(&horizon) && self.may_catch_up(scheduled_for, now) {
                due.push(DueRun { horizon, scheduled_for, cause: DueReason::Interrupted });
            } else {
                self.ledger.skip_slot(horizon, scheduled_for, now)?;
                self.log_skipped(horizon, scheduled_for, "interrupted");
            }
        }
        Ok(due)
    }

    /// Returns runs that were skipped as too old by a clock that was ahead, and that are not too old.
    fn skipped_by_wrong_clock(&self, now: DateTime<Utc>) -> Result<Vec<DueRun>, LedgerError> {
        let slots = self.ledger.slots_skipped_after(now)?;
        let due = slots.into_iter().map(|slot| DueRun {
            horizon: slot.horizon,
            scheduled_for: slot.scheduled_for,
            cause: DueReason::Missed,
        });
        let comes = |due: &DueRun| {
            due.scheduled_for <= now
                && self.may_catch_up(due.scheduled_for, now)
                && self.entries.contains_key(&due.horizon)
                && !self.handed_out.contains(&(due.horizon, due.scheduled_for))
        };
        Ok(due.filter(comes).collect())
    }

    fn log_skipped(&self, horizon: Horizon, scheduled_for: DateTime<Utc>, what: &str) {
        tracing::warn!(
            %horizon,
            "the {horizon} run of {scheduled_for} was {what} and is not made up for: that is longer ago than \
             service.catch_up_hours = {}, or the horizon is off; run it by hand with: forecaster run {horizon}",
            self.catch_up.num_hours()
        );
    }

    /// Moves watermarks back with a clock that was set far back, and forward again when that was an error.
    fn follow_the_clock(&mut self, reading: ClockReading) -> Result<(), LedgerError> {
        let mut moved = BTreeMap::new();
        for (horizon, entry) in &self.entries {
            let mut followed = entry.clone();
            followed.follow(*horizon, reading, self.catch_up, self.tolerance());
            if followed.watermark() != entry.watermark() {
                moved.insert(*horizon, followed);
            }
        }
        if moved.is_empty() {
            return Ok(());
        }
        let watermarks: Vec<_> = moved.iter().map(|(horizon, entry)| (*horizon, Some(entry.watermark()))).collect();
        self.ledger.set_watermarks(&watermarks)?;
        self.entries.extend(moved);
        Ok(())
    }

    /// Largest step back that counts as a correction of the clock.
    fn tolerance(&self) -> TimeDelta {
        self.catch_up.max(TimeDelta::hours(1))
    }

    /// Starts a run that is due; `None` when there is nothing to run, because its slot has been closed meanwhile.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub(crate) fn start_run(
        &mut self,
        due: &DueRun,
        reading: ClockReading,
    ) -> Result<Option<Assignment>, LedgerError> {
        let DueRun { horizon, scheduled_for, .. } = *due;
        if scheduled_for > reading.now + self.tolerance() {
            // The clock was ahead when the run became due. It will become due again.
            self.ledger.delete_slot(horizon, scheduled_for)?;
            self.release_run(due);
            return Ok(None);
        }
        let premature = |entry: &Entry| {
            let first = entry.handled_until < scheduled_for;
            first && entry.set_back.is_some_and(|it| it.at.now < scheduled_for && scheduled_for <= it.from)
        };
        if due.cause != DueReason::Interrupted && self.entries.get(&horizon).is_some_and(premature) {
            // Any run for this instant was made long before the instant came.
            self.ledger.delete_slot(horizon, scheduled_for)?;
        }
        let slot = self.ledger.start_slot(horizon, scheduled_for, &new_run_id(), reading.now)?;
        if let Some(entry) = self.entries.get_mut(&horizon) {
            entry.handled_until = entry.handled_until.max(scheduled_for);
        }
        let begun = slot.state == SlotState::Started;
        if !begun {
            tracing::info!(%horizon, "the {horizon} run of {scheduled_for} has been dealt with already");
            self.release_run(due);
        }
        Ok(begun.then_some(Assignment { horizon, run_id: slot.run_id, scheduled_for: Some(scheduled_for) }))
    }

    /// True when a run of this instant is on time, or recent enough to catch up.
    pub(crate) fn may_catch_up(&self, scheduled_for: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        now - scheduled_for <= PUNCTUAL.max(self.catch_up)
    }

    /// Takes back a run that was handed out: it ran to its end, or is to become due again.
    pub(crate) fn release_run(&mut self, due: &DueRun) {
        self.handed_out.remove(&(due.horizon, due.scheduled_for));
    }

    /// Returns the next instant of each enabled horizon.
    pub(crate) fn next(&self, now: DateTime<Utc>) -> BTreeMap<Horizon, DateTime<Utc>> {
        let next = |(horizon, entry): (&Horizon, &Entry)| {
            Some((*horizon, entry.schedule.next_after(now.max(entry.handled_until))?))
        };
        self.entries.iter().filter_map(next).collect()
    }
}

impl Entry {
    /// Moves the watermark along with the clock.
    fn follow(&mut self, horizon: Horizon, reading: ClockReading, catch_up: TimeDelta, tolerance: TimeDelta) {
        let now = reading.now;
        if let Some(set_back) = self.set_back.filter(|it| it.was_an_error(reading)) {
            tracing::warn!(%horizon, "the clock is back at {now}: what was run before it went back counts");
            self.handled_until = self.handled_until.max(set_back.from);
            self.set_back = None;
        } else if self.set_back.is_some_and(|it| self.handled_until > it.from) {
            self.set_back = None;
        } else if self.handled_until > now + tolerance {
            tracing::warn!(
                %horizon,
                "the clock went back to {now}: the schedule had been dealt with up to {}, and starts again from here",
                self.handled_until
            );
            let from = self.set_back.map_or(self.handled_until, |it| it.from.max(self.handled_until));
            self.set_back = Some(ClockSetBack { from, at: reading });
            // Runs made since then have their slots and are not repeated; instants before the
            // schedule began were never due.
            self.handled_until = (now - catch_up).max(self.since).min(now).trunc_subsecs(0);
            self.schedule.forget_changes_after(now);
        }
    }
}

impl ClockSetBack {
    /// True when the clock has returned to where it was, much faster than time has passed.
    fn was_an_error(&self, reading: ClockReading) -> bool {
        let by_clock = (reading.now - self.at.now).to_std().unwrap_or_default();
        let by_time = reading.elapsed.saturating_sub(self.at.elapsed);
        reading.now >= self.from - PUNCTUAL && by_clock > 2 * by_time + Duration::from_secs(60)
    }
}

#[cfg(test)]
#[path = "agenda_tests.rs"]
mod tests;
