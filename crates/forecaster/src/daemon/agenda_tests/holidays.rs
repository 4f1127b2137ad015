//! Runs that move away from holidays: missed ones, restarts, and changes of the setting.

use super::*;
use crate::config::horizons::OnHoliday;

/// Creates a world in which only the 15d forecaster runs, at 09:00 on the 1st and the 15th.
fn fortnightly(start: &str, on_holiday: OnHoliday) -> World {
    World::with(start, |config| {
        let horizons = &mut config.horizons;
        for other in [&mut horizons.d7, &mut horizons.d30, &mut horizons.d90] {
            other.enabled = false;
        }
        horizons.d15.schedule = "0 9 1,15 * *".into();
        horizons.d15.on_holiday = on_holiday;
    })
}

impl World {
    /// Changes the setting at a time, as a reload does: first what is due, then the new configuration.
    fn change(&mut self, on_holiday: OnHoliday, now: &str) {
        self.pass_to(now);
        self.look();
        self.config.horizons.d15.on_holiday = on_holiday;
        self.agenda.apply_configuration(&self.config, self.reading).unwrap();
        self.look();
    }

    /// Lets time pass up to an instant, runs at each alarm.
    fn pass_to(&mut self, to: &str) {
        while let Some(next) = self.agenda.next(self.reading.now).into_values().min().filter(|next| *next <= at(to)) {
            self.pass(next - self.reading.now);
            assert_eq!(self.look(), 1);
        }
        self.pass(at(to) - self.reading.now);
        assert_eq!(self.look(), 0, "nothing between the alarms");
    }

    fn made(&self) -> Vec<String> {
        let days = self.ran.iter().map(|due| due.scheduled_for.format("%Y-%m-%d %H:%M").to_string());
        days.collect()
    }
}

#[test]
fn the_run_of_new_years_day_is_made_on_the_business_day_before_or_after_and_shown_so() {
    for (on_holiday, instant) in [
        (OnHoliday::Run, "2027-01-01T12:00:00Z"),
        (OnHoliday::Next, "2027-01-04T12:00:00Z"),
        (OnHoliday::Previous, "2026-12-30T12:00:00Z"),
    ] {
        let mut world = fortnightly("2026-12-20T12:00:00Z", on_holiday);
        assert_eq!(world.agenda.next(world.reading.now)[&Horizon::D15], at(instant), "{on_holiday:?}");
        world.pass_to("2027-01-20T00:00:00Z");
        assert_eq!(world.instants(Horizon::D15), [at(instant), at("2027-01-15T12:00:00Z")]);
    }
}

#[test]
fn a_moved_run_that_was_missed_is_made_up_for_by_the_age_of_the_moved_instant() {
    let mut world = fortnightly("2026-12-20T12:00:00Z", OnHoliday::Next);
    world.pass(at("2027-01-04T20:00:00Z") - world.reading.now); // off over the holidays; eight hours late
    world.restart();
    assert_eq!(world.look(), 1);
    assert_eq!((world.ran[0].scheduled_for, world.ran[0].cause), (at("2027-01-04T12:00:00Z"), DueReason::Missed));
    world.restart();
    assert_eq!(world.look(), 0);

    let mut world = fortnightly("2026-12-20T12:00:00Z", OnHoliday::Previous);
    world.pass(at("2027-01-01T13:00:00Z") - world.reading.now);
    world.restart();
    assert_eq!(world.look(), 0, "30 December is two days ago");
    let slot = world.ledger.slot(Horizon::D15, at("2026-12-30T12:00:00Z")).unwrap().unwrap();
    assert_eq!(slot.state, SlotState::Skipped);
}

#[test]
fn a_change_between_the_day_and_the_day_it_has_moved_to_neither_repeats_nor_loses_the_run() {
    use OnHoliday::{Next, Previous, Run};
    // At noon of 31 December, a bank holiday; an hour before the run of 30 December, and an hour after; on Saturday.
    let between = ["2026-12-31T15:00:00Z", "2026-12-30T11:00:00Z", "2026-12-30T13:00:00Z", "2027-01-02T15:00:00Z"];
    for (from, to, made) in [
        (Previous, Run, ["2026-12-30 12:00", "2027-01-01 12:00", "2026-12-30 12:00", "2026-12-30 12:00"]),
        (Previous, Next, ["2026-12-30 12:00", "2027-01-04 12:00", "2026-12-30 12:00", "2026-12-30 12:00"]),
        (Run, Previous, ["2027-01-01 12:00", "2026-12-30 12:00", "2027-01-01 12:00", "2027-01-01 12:00"]),
        (Run, Next, ["2027-01-04 12:00", "2027-01-04 12:00", "2027-01-04 12:00", "2027-01-01 12:00"]),
        (Next, Run, ["2027-01-01 12:00", "2027-01-01 12:00", "2027-01-01 12:00", "2027-01-04 12:00"]),
        (Next, Previous, ["2027-01-04 12:00", "2026-12-30 12:00", "2027-01-04 12:00", "2027-01-04 12:00"]),
    ] {
        for (now, made) in between.into_iter().zip(made) {
            for restarts in [false, true] {
                let mut world = fortnightly("2026-12-20T12:00:00Z", from);
                world.change(to, now);
                if restarts {
                    world.restart();
                }
                world.pass_to("2027-01-20T00:00:00Z");
                assert_eq!(world.made(), [made, "2027-01-15 12:00"], "{from:?} to {to:?} at {now}");
            }
        }
    }
}

#[test]
fn a_change_made_while_the_daemon_was_off_still_makes_up_for_what_was_planned() {
    let mut world = fortnightly("2026-12-20T12:00:00Z", OnHoliday::Run);
    world.pass(at("2027-01-01T14:00:00Z") - world.reading.now);
    world.config.horizons.d15.on_holiday = OnHoliday::Next;
    world.restart();
    assert_eq!((world.look(), world.ran[0].cause), (1, DueReason::Missed));
    world.pass_to("2027-01-20T00:00:00Z");
    assert_eq!(world.made(), ["2027-01-01 12:00", "2027-01-15 12:00"]);
}

#[test]
fn a_change_made_by_a_clock_that_was_ahead_decides_from_the_right_time_on() {
    let mut world = fortnightly("2026-12-20T12:00:00Z", OnHoliday::Run);
    world.set("2027-12-02T12:00:00Z");
    world.look();
    world.config.horizons.d15.on_holiday = OnHoliday::Next;
    world.agenda.apply_configuration(&world.config, world.reading).unwrap();
    world.set("2026-12-20T13:00:00Z");
    world.look();
    world.ran.clear();
    world.pass_to("2027-01-20T00:00:00Z");
    assert_eq!(world.made(), ["2027-01-04 12:00", "2027-01-15 12:00"]);
}

#[test]
fn another_pair_with_other_holidays_starts_its_schedule_anew() {
    let mut world = fortnightly("2026-12-20T12:00:00Z", OnHoliday::Next);
    world.pass(at("2027-01-01T14:00:00Z") - world.reading.now);
    world.config.rates.pair = "USD/EGP".parse().unwrap(); // open on every weekday: 09:00 was two hours ago
    world.restart();
    assert_eq!(world.look(), 0);
    world.pass_to("2027-01-20T00:00:00Z");
    assert_eq!(world.made(), ["2027-01-15 12:00"]);
}
