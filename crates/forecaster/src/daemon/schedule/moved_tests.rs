//! Runs that move away from holidays: known days, changes of time, and ten years against an enumeration.

use super::*;
use crate::config::horizons::OnHoliday;
use chrono::NaiveDateTime;
use forecaster_domain::{BusinessCalendar, Pair};
use std::collections::BTreeSet;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn schedule(fields: &str, zone: Tz, pair: &str, on_holiday: OnHoliday) -> Schedule {
    Schedule::new(fields, zone, HolidayRule::new(on_holiday, pair.parse().unwrap())).unwrap()
}

fn chilean(fields: &str, on_holiday: OnHoliday) -> Schedule {
    schedule(fields, Tz::America__Santiago, "USD/CLP", on_holiday)
}

fn instants(schedule: &Schedule, from: &str, to: &str) -> Vec<DateTime<Utc>> {
    std::iter::successors(schedule.next_after(at(from)), |last| schedule.next_after(*last))
        .take_while(|instant| *instant < at(to))
        .collect()
}

/// Returns the instants from `from` to `to` as local days and times.
fn local(schedule: &Schedule, from: &str, to: &str) -> Vec<String> {
    let text =
        |instant: &DateTime<Utc>| instant.with_timezone(&schedule.zone).format("%a %Y-%m-%d %H:%M").to_string();
    instants(schedule, &format!("{from}T00:00:00Z"), &format!("{to}T00:00:00Z")).iter().map(text).collect()
}

#[test]
fn the_run_of_new_years_day_moves_to_the_business_day_after_it_or_before_it() {
    let run = |on_holiday| local(&chilean("0 9 1,15 * *", on_holiday), "2026-12-20", "2027-02-10");
    assert_eq!(run(OnHoliday::Run), ["Fri 2027-01-01 09:00", "Fri 2027-01-15 09:00", "Mon 2027-02-01 09:00"]);
    assert_eq!(run(OnHoliday::Next), ["Mon 2027-01-04 09:00", "Fri 2027-01-15 09:00", "Mon 2027-02-01 09:00"]);
    assert_eq!(run(OnHoliday::Previous), ["Wed 2026-12-30 09:00", "Fri 2027-01-15 09:00", "Mon 2027-02-01 09:00"]);
}

#[test]
fn instants_that_fall_together_are_one_run() {
    // 18 September 2026 is a Friday, the 19th a Saturday; both are national holidays.
    let run = |fields, on_holiday| local(&chilean(fields, on_holiday), "2026-09-16", "2026-09-23");
    let fields = "0 9 17,18,19,20,21 * *";
    for on_holiday in [OnHoliday::Next, OnHoliday::Previous] {
        assert_eq!(run(fields, on_holiday), ["Thu 2026-09-17 09:00", "Mon 2026-09-21 09:00"], "{on_holiday:?}");
    }
    assert_eq!(run("0 9 18,19 9 *", OnHoliday::Next), ["Mon 2026-09-21 09:00"]);
    let twice_a_day = ["Mon 2026-09-21 09:00", "Mon 2026-09-21 18:00"];
    assert_eq!(run("0 9,18 18,19 9 *", OnHoliday::Next), twice_a_day);
    // The 18th was to run at both times, too, the 17th only because of it.
    assert_eq!(run("0 9,18 18 9 *", OnHoliday::Previous), ["Thu 2026-09-17 09:00", "Thu 2026-09-17 18:00"]);
}

#[test]
fn runs_on_weekdays_are_moved_by_holidays_alone_and_may_move_into_another_month() {
    let weekly = |on_holiday| local(&chilean("30 8 * * Fri", on_holiday), "2026-03-26", "2026-04-12");
    assert_eq!(weekly(OnHoliday::Next), ["Fri 2026-03-27 08:30", "Mon 2026-04-06 08:30", "Fri 2026-04-10 08:30"]);
    assert_eq!(weekly(OnHoliday::Previous), ["Fri 2026-03-27 08:30", "Thu 2026-04-02 08:30", "Fri 2026-04-10 08:30"]);
    // Sunday, 31 May.
    let last_day = |on_holiday| local(&chilean("0 9 L * *", on_holiday), "2026-05-10", "2026-06-10");
    assert_eq!(last_day(OnHoliday::Next), ["Mon 2026-06-01 09:00"]);
    assert_eq!(last_day(OnHoliday::Previous), ["Fri 2026-05-29 09:00"]);
    // A day that the pair of another country works.
    let mexican = schedule("0 9 18 9 *", Tz::America__Santiago, "USD/MXN", OnHoliday::Next);
    assert_eq!(local(&mexican, "2026-09-10", "2026-09-30"), ["Fri 2026-09-18 09:00"]);
    // 29 February, which may be years ahead.
    let leap_day = chilean("0 9 29 2 *", OnHoliday::Next);
    assert_eq!(local(&leap_day, "2025-01-01", "2033-01-01"), ["Tue 2028-02-29 09:00", "Mon 2032-03-01 09:00"]);
}

#[test]
fn the_local_time_stays_when_the_change_of_time_lies_between() {
    // Chile sets its clocks forward at midnight to Sunday, 6 September 2026, and back on the night to 5 April.
    let found = |fields, on_holiday, from, to| instants(&chilean(fields, on_holiday), from, to);
    let (spring, autumn) =
        (("2026-09-04T00:00:00Z", "2026-09-10T00:00:00Z"), ("2026-04-02T00:00:00Z", "2026-04-09T00:00:00Z"));
    let one = |fields, on_holiday, (from, to)| {
        let found = found(fields, on_holiday, from, to);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0]
    };
    // 00:30 does not exist on the Sunday. On Monday and Friday it does.
    assert_eq!(one("30 0 6 9 *", OnHoliday::Next, spring), at("2026-09-07T03:30:00Z"));
    assert_eq!(one("30 0 6 9 *", OnHoliday::Previous, spring), at("2026-09-04T04:30:00Z"));
    // 23:30 of the Saturday comes twice.
    assert_eq!(one("30 23 4 4 *", OnHoliday::Next, autumn), at("2026-04-07T03:30:00Z"));
    assert_eq!(one("30 23 4 4 *", OnHoliday::Previous, autumn), at("2026-04-03T02:30:00Z"));
    // Egypt's clocks go forward at midnight to a Friday, a business day there: the first time that exists.
    let egyptian = schedule("30 0 25 4 *", Tz::Africa__Cairo, "USD/EGP", OnHoliday::Previous);
    assert_eq!(instants(&egyptian, "2026-04-22T00:00:00Z", "2026-04-28T00:00:00Z"), [at("2026-04-23T22:00:00Z")]);
}

/// Returns `day`, or the nearest business day in a direction.
fn business_day(mut day: NaiveDate, calendar: BusinessCalendar, on_holiday: OnHoliday) -> NaiveDate {
    while on_holiday != OnHoliday::Run && !calendar.is_business_day(day) {
        day = if on_holiday == OnHoliday::Next { day.succ_opt().unwrap() } else { day.pred_opt().unwrap() };
    }
    day
}

/// Returns the instant of a local time; of one that the clock skips, the first after it.
fn resolved(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let minutes = (0..).map(|minute| local + TimeDelta::minutes(minute));
    minutes.filter_map(|local| zone.from_local_datetime(&local).earliest()).next().unwrap().to_utc()
}

#[test]
fn in_ten_years_no_instant_is_lost_or_doubled_and_all_are_on_business_days() {
    let (from, to) = (at("2024-01-01T12:00:00Z"), at("2034-01-01T12:00:00Z"));
    let clp = Tz::America__Santiago;
    for (fields, zone, pair) in [
        ("0 9 1,15 * *", clp, "USD/CLP"),
        ("30 0 * * *", clp, "USD/CLP"),
        ("15,45 7,23 * * Sat", clp, "USD/CLP"),
        ("0 10 L * *", clp, "CLP/USD"),
        ("30 9 1 * *", Tz::Asia__Tokyo, "EUR/JPY"),
        ("30 0 * * Fri", Tz::Africa__Cairo, "USD/EGP"),
        ("0 3 * * Sun", Tz::Europe__Madrid, "EUR/MXN"),
    ] {
        let pair: Pair = pair.parse().unwrap();
        let calendar = BusinessCalendar::for_pair(&pair);
        let written = Cron::from_str(fields).unwrap();
        let nominal = written.iter_after(from - TimeDelta::days(30));
        let nominal: Vec<NaiveDateTime> =
            nominal.map(|it| it.naive_utc()).take_while(|it| *it < (to + TimeDelta::days(30)).naive_utc()).collect();
        for on_holiday in [OnHoliday::Next, OnHoliday::Previous] {
            let moved = |it: &NaiveDateTime| business_day(it.date(), calendar, on_holiday).and_time(it.time());
            let expected: BTreeSet<DateTime<Utc>> = nominal.iter().map(|it| resolved(moved(it), zone)).collect();
            let expected: Vec<_> = expected.into_iter().filter(|it| *it > from && *it < to).collect();
            let schedule = schedule(fields, zone, &pair.to_string(), on_holiday);
            let found: Vec<_> = std::iter::successors(schedule.next_after(from), |last| schedule.next_after(*last))
                .take_while(|it| *it < to)
                .collect();
            assert_eq!(found, expected, "{fields} {on_holiday:?}");
            assert!(found.iter().all(|it| calendar.is_business_day(it.with_timezone(&zone).date_naive())));
            for pair in found.windows(2) {
                let second = TimeDelta::seconds(1);
                assert_eq!(schedule.last_within(pair[0], pair[1]), Some(pair[1]), "{fields}");
                assert_eq!(schedule.last_within(pair[0], pair[1] - second), None, "{fields}");
                assert_eq!(schedule.last_within(pair[0] - second, pair[1] - second), Some(pair[0]), "{fields}");
            }
        }
    }
}

#[test]
fn however_often_the_rule_changes_each_run_is_made_once_and_never_before_or_after_its_holidays() {
    let calendar = BusinessCalendar::chile();
    let days = |text: &str| text.parse::<NaiveDate>().unwrap();
    // New Year's Day, Good Friday, the national holidays, a Saturday, a Sunday, a business day.
    for scheduled in
        ["2027-01-01", "2026-04-03", "2026-09-18", "2026-09-19", "2026-08-15", "2026-05-31", "2026-11-30"]
    {
        let scheduled = days(scheduled);
        let fields = scheduled.format("0 9 %-d %-m *").to_string();
        let [earliest, latest] =
            [OnHoliday::Previous, OnHoliday::Next].map(|it| business_day(scheduled, calendar, it));
        let first = scheduled.and_hms_opt(0, 0, 0).unwrap().and_utc() - TimeDelta::days(7);
        let hours = |hour: i64| first + TimeDelta::hours(hour);
        for one in OnHoliday::ALL {
            for two in OnHoliday::ALL {
                for three in OnHoliday::ALL {
                    for (change, again) in (30..260).step_by(11).map(|hour| (hour, hour + 41)) {
                        let mut made = Vec::new();
                        let mut now = first;
                        let mut schedule = chilean(&fields, one);
                        let then = [(Some(two), hours(change)), (Some(three), hours(again)), (None, hours(500))];
                        for (rule, until) in then {
                            while let Some(next) = schedule.next_after(now).filter(|next| *next <= until) {
                                now = next;
                                made.push(next);
                            }
                            now = until;
                            if let Some(rule) = rule {
                                schedule = chilean(&fields, rule).continuing(&schedule.text(), until).unwrap();
                            }
                        }
                        let what = format!("{scheduled} {one:?} {two:?} {three:?} {change}: {made:?}");
                        assert_eq!(made.len(), 1, "{what}");
                        let day = made[0].with_timezone(&Tz::America__Santiago).date_naive();
                        assert!((earliest..=latest).contains(&day), "{what}");
                    }
                }
            }
        }
    }
}
