//! Years of schedule in a second: a clock that is set by hand, the real ledger, and runs that end at once.

use super::*;
use crate::config::settings::Config;
use crate::daemon::test_run::record;
use rand_like::Dice;
use serde_json::Value;
use std::path::PathBuf;

#[path = "agenda_tests/holidays.rs"]
mod holidays;

/// Repeatable source of accidents.
mod rand_like {
    /// SplitMix64 (Steele, Lea and Flood 2014).
    pub(super) struct Dice(pub(super) u64);

    impl Dice {
        pub(super) fn below(&mut self, bound: u64) -> u64 {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            (z ^ (z >> 31)) % bound
        }
    }
}

struct World {
    config: Config,
    ledger: Arc<Ledger>,
    agenda: Agenda,
    reading: ClockReading,
    ran: Vec<DueRun>,
    _directory: tempfile::TempDir,
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

impl World {
    /// Creates the world of a daemon that starts for the first time.
    fn new(start: &str) -> Self {
        Self::with(start, |_| {})
    }

    fn with(start: &str, edit: impl Fn(&mut Config)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Arc::new(Ledger::open(&PathBuf::from(directory.path()).join("ledger.sqlite")).unwrap());
        let mut config = Config::default();
        // Instants of these tests.
        config.horizons.d7.schedule = "0 8 * * Mon".into();
        edit(&mut config);
        let agenda = Agenda::new(ledger.clone());
        let reading = ClockReading { now: at(start), elapsed: Duration::ZERO };
        let mut world = Self { config, ledger, agenda, reading, ran: Vec::new(), _directory: directory };
        world.restart();
        world
    }

    /// Creates a world with only one horizon.
    fn weekly(start: &str) -> Self {
        Self::with(start, |config| {
            let horizons = &mut config.horizons;
            for other in [&mut horizons.d15, &mut horizons.d30, &mut horizons.d90] {
                other.enabled = false;
            }
        })
    }

    /// Ends the process and starts it again.
    fn restart(&mut self) {
        self.agenda = Agenda::new(self.ledger.clone());
        self.agenda.apply_configuration(&self.config, self.reading).unwrap();
    }

    /// Lets time pass on both clocks.
    fn pass(&mut self, time: TimeDelta) {
        self.reading.now += time;
        self.reading.elapsed += time.to_std().unwrap();
    }

    /// Sets the wall clock.
    fn set(&mut self, now: &str) {
        self.reading.now = at(now);
    }

    /// Runs what is due; returns the number of runs.
    fn look(&mut self) -> usize {
        let due = self.agenda.due(self.reading).unwrap();
        let before = self.ran.len();
        for due in due {
            if let Some(assignment) = self.agenda.start_run(&due, self.reading).unwrap() {
                self.ledger.record(&record(&assignment)).unwrap();
                self.agenda.release_run(&due);
                self.ran.push(due);
            }
        }
        self.ran.len() - before
    }

    /// Sleeps until the next alarm, then `late` seconds longer.
    fn sleep(&mut self, late: u64) {
        let next = self.agenda.next(self.reading.now).into_values().min().unwrap();
        let wait = next - self.reading.now + TimeDelta::seconds(late as i64);
        self.pass(wait);
    }

    fn instants(&self, horizon: Horizon) -> Vec<DateTime<Utc>> {
        self.ran.iter().filter(|it| it.horizon == horizon).map(|it| it.scheduled_for).collect()
    }
}

/// Returns the instants of fixtures/schedules.py for one schedule and period; `None` for a nonexistent local time.
fn expected(fields: &str, from: &str, to: &str) -> Vec<Option<DateTime<Utc>>> {
    let all: Value = serde_json::from_str(include_str!("../../fixtures/schedules.json")).unwrap();
    let instants = all[fields].as_array().unwrap().iter();
    instants
        .map(|it| (at(it["utc"].as_str().unwrap()), it["gap"] == true))
        .filter(|(instant, _)| *instant > at(from) && *instant < at(to))
        .map(|(instant, gap)| (!gap).then_some(instant))
        .collect()
}

fn assert_same(world: &World, horizon: Horizon, from: &str, to: &str) {
    let what = &world.config.horizons.get(horizon).schedule;
    let expected = expected(what, from, to);
    // The last sleep ends after `to`.
    let found: Vec<_> = world.instants(horizon).into_iter().filter(|instant| *instant < at(to)).collect();
    assert_eq!(found.len(), expected.len(), "{what}: {found:?}");
    for (found, expected) in found.iter().zip(&expected) {
        assert!(expected.is_none_or(|expected| expected == *found), "{what}: {found} for {expected:?}");
    }
}

/// Runs until `to` with accidents: late looks, clocks that are stepped by minutes, restarts, naps.
fn live(world: &mut World, to: &str, dice: &mut Dice) {
    while world.reading.now < at(to) {
        world.sleep(dice.below(40));
        world.look();
        match dice.below(6) {
            0 => world.restart(),
            1 => world.reading.now -= TimeDelta::seconds(dice.below(400) as i64),
            2 => world.reading.now += TimeDelta::seconds(dice.below(400) as i64),
            3 => world.pass(TimeDelta::minutes(dice.below(600) as i64)),
            _ => {}
        }
        world.look();
    }
}

#[test]
fn two_years_run_each_instant_once_through_four_changes_of_time_late_alarms_clock_steps_and_restarts() {
    let (from, to) = ("2025-01-01T12:00:00Z", "2026-12-31T12:00:00Z");
    for seed in 0..3 {
        let mut world = World::new(from);
        live(&mut world, to, &mut Dice(seed));
        Horizon::ALL.into_iter().for_each(|horizon| assert_same(&world, horizon, from, to));
        assert!(world.ledger.open_slots().unwrap().is_empty());
    }
}

#[test]
fn the_31st_a_leap_day_and_hours_that_do_not_exist_or_exist_twice_run_once() {
    let (from, to) = ("2027-01-01T12:00:00Z", "2028-12-30T12:00:00Z");
    let mut world = World::with(from, |config| {
        let horizons = &mut config.horizons;
        horizons.d7.schedule = "0 8 31 * *".into();
        horizons.d15.schedule = "0 6 29 2 *".into();
        horizons.d30.schedule = "30 0 * * Sun".into();
        horizons.d90.schedule = "30 23 * * Sat".into();
    });
    live(&mut world, to, &mut Dice(7));
    Horizon::ALL.into_iter().for_each(|horizon| assert_same(&world, horizon, from, to));
    assert_eq!(world.instants(Horizon::D15), [at("2028-02-29T09:00:00Z")]);
}

#[test]
fn what_lies_before_the_first_start_was_never_missed() {
    let mut world = World::weekly("2025-01-06T12:00:00Z"); // Monday 09:00, an hour late
    assert_eq!(world.look(), 0);
    assert_eq!(world.agenda.next(world.reading.now)[&Horizon::D7], at("2025-01-13T11:00:00Z"));
}

#[test]
fn a_run_missed_while_the_machine_was_off_is_made_up_for_once_when_it_is_young_enough() {
    let mut world = World::weekly("2025-01-03T12:00:00Z");
    world.pass(TimeDelta::days(3)); // Monday 09:00
    world.restart();
    assert_eq!(world.look(), 1);
    assert_eq!(world.ran[0].cause, DueReason::Missed);
    world.restart();
    assert_eq!(world.look(), 0);
    world.pass(TimeDelta::days(8)); // Tuesday 09:00: 25 hours late
    world.restart();
    assert_eq!(world.look(), 0);
    let skipped = world.ledger.slot(Horizon::D7, at("2025-01-13T11:00:00Z")).unwrap().unwrap();
    assert_eq!(skipped.state, SlotState::Skipped);
    assert_eq!(world.agenda.next(world.reading.now)[&Horizon::D7], at("2025-01-20T11:00:00Z"));
}

#[test]
fn of_many_missed_instants_only_the_last_is_made_up_for() {
    let mut world = World::with("2025-01-06T12:00:00Z", |config| {
        config.horizons.d7.schedule = "*/10 * * * *".into();
    });
    world.pass(TimeDelta::hours(6));
    assert_eq!(world.look(), 1);
    assert_eq!(world.ran[0].scheduled_for, at("2025-01-06T18:00:00Z"));
}

#[test]
fn a_suspended_machine_runs_late_and_once() {
    let mut world = World::weekly("2025-01-05T12:00:00Z");
    world.look();
    world.reading.now = at("2025-01-06T15:00:00Z"); // asleep: the other clock stood still
    assert_eq!(world.look(), 1);
    assert_eq!(world.look(), 0);
}

#[test]
fn an_interrupted_run_is_run_again_under_its_own_name_and_too_old_a_one_is_not() {
    let mut world = World::weekly("2025-01-05T12:00:00Z");
    world.set("2025-01-06T11:00:01Z");
    let due = world.agenda.due(world.reading).unwrap();
    let first = world.agenda.start_run(&due[0], world.reading).unwrap().unwrap();
    assert!(world.agenda.due(world.reading).unwrap().is_empty(), "it is in hand");
    world.restart();
    let due = world.agenda.due(world.reading).unwrap();
    assert_eq!((due.len(), due[0].cause), (1, DueReason::Interrupted));
    let second = world.agenda.start_run(&due[0], world.reading).unwrap().unwrap();
    assert_eq!(first.run_id, second.run_id);
    world.pass(TimeDelta::hours(13));
    world.restart();
    assert_eq!(world.look(), 0);
    let slot = world.ledger.slot(Horizon::D7, at("2025-01-06T11:00:00Z")).unwrap().unwrap();
    assert_eq!((slot.state, slot.attempts), (SlotState::Skipped, 2));
}

#[test]
fn a_schedule_that_is_changed_or_switched_on_starts_then() {
    let mut world = World::weekly("2025-01-07T12:00:00Z");
    world.config.horizons.d7.schedule = "0 8 * * *".into(); // Tuesday 08:00 was an hour ago
    world.restart();
    assert_eq!(world.look(), 0);
    world.config.horizons.d7.enabled = false;
    world.restart();
    assert!(world.agenda.next(world.reading.now).is_empty());
    world.pass(TimeDelta::hours(24)); // Wednesday 09:00
    world.config.horizons.d7.enabled = true;
    world.restart();
    assert_eq!(world.look(), 0, "nothing was missed while it was off");
    world.pass(TimeDelta::hours(24));
    assert_eq!(world.look(), 1);
}

#[test]
fn a_step_back_over_an_instant_does_not_run_it_twice() {
    let mut world = World::weekly("2025-01-05T12:00:00Z");
    world.set("2025-01-06T11:00:00Z");
    assert_eq!(world.look(), 1);
    for back in ["2025-01-06T10:59:58Z", "2025-01-06T11:00:00Z", "2025-01-06T09:00:00Z", "2025-01-06T11:00:00Z"] {
        world.set(back);
        assert_eq!(world.look(), 0, "{back}");
        world.restart();
        assert_eq!(world.look(), 0, "{back}");
    }
}

#[test]
fn a_clock_that_was_a_year_ahead_takes_no_later_run_away_whether_or_not_the_process_starts_again() {
    // At 08:30, and at the exact second of the instant.
    for ahead in ["2026-01-05T11:30:00Z", "2026-01-05T11:00:00Z"] {
        for restarts in [false, true] {
            let mut world = World::weekly("2025-01-05T12:00:00Z");
            world.set(ahead);
            assert_eq!(world.look(), 1);
            world.set("2025-01-05T12:01:00Z");
            assert_eq!(world.look(), 0);
            let mut expected = Vec::new();
            for _ in 0..53 {
                if restarts {
                    world.restart();
                }
                world.sleep(0);
                expected.push(world.reading.now);
                assert_eq!(world.look(), 1, "{} {restarts}", world.reading.now);
            }
            assert!(expected.contains(&at("2026-01-05T11:00:00Z")), "the instant that had run a year before it came");
            assert_eq!(world.instants(Horizon::D7)[1..], expected);
        }
    }
}

#[test]
fn a_clock_that_was_a_day_ahead_at_boot_does_not_keep_a_missed_run_from_being_made_up_for() {
    let mut world = World::weekly("2025-01-05T12:00:00Z");
    world.set("2025-01-07T12:00:00Z"); // Tuesday 09:00, they say: 25 hours late
    world.restart();
    assert_eq!(world.look(), 0);
    world.set("2025-01-06T12:00:00Z"); // it is Monday 09:00
    assert_eq!(world.look(), 1);
    assert_eq!(world.ran[0].scheduled_for, at("2025-01-06T11:00:00Z"));
}

#[test]
fn a_clock_that_jumps_ahead_over_an_instant_and_back_behind_it_runs_it() {
    let mut world = World::weekly("2025-01-05T12:00:00Z");
    world.set("2026-01-10T12:00:00Z");
    assert_eq!(world.look(), 0);
    world.set("2025-01-06T11:05:00Z");
    assert_eq!(world.look(), 1);
    assert_eq!(world.ran[0].scheduled_for, at("2025-01-06T11:00:00Z"));
    world.restart();
    assert_eq!(world.look(), 0);
}

#[test]
fn a_clock_that_goes_back_days_and_returns_runs_nothing_twice() {
    let mut world = World::weekly("2025-01-05T12:00:00Z");
    world.set("2025-01-06T11:00:05Z");
    assert_eq!(world.look(), 1);
    world.set("2025-01-03T11:00:00Z");
    assert_eq!(world.look(), 0);
    world.pass(TimeDelta::minutes(3));
    assert_eq!(world.look(), 0);
    world.set("2025-01-06T11:04:00Z");
    assert_eq!(world.look(), 0);
    world.restart();
    assert_eq!(world.look(), 0);
}

#[test]
fn a_clock_that_is_not_set_runs_nothing_and_forgets_nothing() {
    let mut world = World::weekly("2025-01-05T12:00:00Z");
    world.set("2025-01-06T11:00:05Z");
    assert_eq!(world.look(), 1);
    world.set("1970-01-01T00:00:10Z");
    assert_eq!(world.look(), 0);
    world.set("2025-01-06T11:10:00Z");
    assert_eq!(world.look(), 0);
    world.set("2025-01-13T11:00:00Z");
    assert_eq!(world.look(), 1);
}

#[test]
fn a_run_that_a_clock_that_was_ahead_began_is_dropped_and_made_when_its_instant_comes() {
    let mut world = World::weekly("2025-01-04T11:00:00Z"); // a Saturday
    world.set("2025-01-06T11:00:01Z");
    let due = world.agenda.due(world.reading).unwrap();
    world.agenda.start_run(&due[0], world.reading).unwrap().unwrap();
    world.set("2025-01-04T11:01:00Z");
    world.restart();
    assert_eq!(world.look(), 0);
    assert!(world.ledger.open_slots().unwrap().is_empty());
    world.pass(TimeDelta::hours(47) + TimeDelta::minutes(59));
    assert_eq!((world.look(), world.reading.now), (1, at("2025-01-06T11:00:00Z")));
}

#[test]
fn a_run_in_hand_when_the_clock_is_set_right_is_not_begun_before_its_instant() {
    let mut world = World::weekly("2025-01-04T11:00:00Z");
    world.set("2025-01-06T11:00:01Z");
    let due = world.agenda.due(world.reading).unwrap();
    world.set("2025-01-04T11:01:00Z");
    assert_eq!(world.agenda.start_run(&due[0], world.reading).unwrap(), None);
    world.look();
    world.pass(TimeDelta::hours(48));
    assert_eq!(world.look(), 1);
}

#[test]
fn a_clock_that_goes_back_again_and_again_keeps_the_schedule() {
    let mut world = World::weekly("2025-01-05T12:00:00Z");
    for ahead in ["2025-03-03T11:30:00Z", "2025-02-03T11:30:00Z", "2025-02-10T11:00:00Z"] {
        world.set(ahead);
        assert_eq!(world.look(), 1);
        world.set("2025-01-05T12:01:00Z");
        assert_eq!(world.look(), 0, "after {ahead}");
    }
    let before = world.ran.len();
    live(&mut world, "2025-04-01T12:00:00Z", &mut Dice(11));
    let ran: Vec<_> =
        world.ran[before..].iter().map(|it| it.scheduled_for).filter(|it| *it < at("2025-04-01T12:00:00Z")).collect();
    let expected: Vec<_> =
        expected("0 8 * * Mon", "2025-01-05T12:00:00Z", "2025-04-01T12:00:00Z").into_iter().flatten().collect();
    assert_eq!(ran, expected);
}

#[test]
fn a_first_start_by_a_clock_that_was_ahead_makes_up_for_nothing_before_it() {
    let mut world = World::weekly("2025-01-08T12:00:00Z");
    world.set("2025-01-06T12:00:00Z"); // it is Monday 09:00: at 08:00 nothing was installed
    assert_eq!(world.look(), 0);
    world.restart();
    assert_eq!(world.look(), 0);
}
