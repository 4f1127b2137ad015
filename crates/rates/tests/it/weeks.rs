//! Days and weeks of a daemon against a web server that publishes, dies, recovers and returns false values: `sync`
//! day by day with a simulated clock, and the resulting store.
#![allow(clippy::unwrap_used)]

use crate::server::{Reply, Server};
use crate::world::{World, business_days, day, sync_all, truth};
use chrono::{Datelike, Weekday};
use forecaster_rates::{MergeRules, RatesStore, SeriesOutcome, StoredObservation};
use std::{fs, time::Duration};

const OFFICIAL: &str = "mindicador";
const PACKAGES: &str = "currency-api";
const QUOTES: &str = "yahoo";
/// First business day after the snapshot.
const START: &str = "2025-01-06";

/// Returns a world with the official source and a stand-in for it.
fn two() -> World {
    World::new(&[OFFICIAL, PACKAGES])
}

/// Returns a world in which all have published true values up to Friday 2025-05-02, the day after a holiday, and
/// these are stored.
fn after_good_months(order: &[&'static str]) -> World {
    let world = World::new(order);
    order.iter().for_each(|name| world.publish(name, START, "2025-05-02", truth));
    let outcome = world.sync("2025-05-02");
    assert_eq!(outcome.faults().count(), 0, "{outcome:?}");
    assert_eq!(world.dates(), business_days(START, "2025-05-02"));
    world
}

fn reason(outcome: &SeriesOutcome, provider: &str) -> String {
    let asked = outcome.providers.iter().find(|asked| asked.provider == provider).unwrap();
    asked.outcome.as_ref().unwrap_err().clone()
}

fn contains_all(text: &str, parts: &[&str]) {
    parts.iter().for_each(|part| assert!(text.contains(part), "{part} not in: {text}"));
}

#[test]
fn a_rate_published_ahead_is_taken_on_its_day_from_a_document_that_has_not_changed_since() {
    let world = World::new(&[OFFICIAL]);
    world.publish(OFFICIAL, "2025-01-06", "2025-01-10", truth);
    world.sync("2025-01-09");
    assert_eq!(world.dates().last(), Some(&day("2025-01-09")), "tomorrow's is left for tomorrow");
    let evening = world.requests();
    world.sync("2025-01-09");
    let conditional = |from: usize| -> Vec<bool> {
        world.server.requests()[from..].iter().map(|asked| asked.header("if-none-match").is_some()).collect()
    };
    assert_eq!(conditional(evening), [true, true], "on the same evening it may say that nothing has changed");
    let night = world.requests();
    let morning = world.sync("2025-01-10");
    assert_eq!(conditional(night), [false, false]);
    assert_eq!((morning.added(), morning.freshness.newest), (1, Some((day("2025-01-10"), OFFICIAL.to_owned()))));
}

#[test]
fn a_store_that_lost_days_gets_them_back_from_a_server_where_nothing_has_changed() {
    let world = World::new(&[OFFICIAL]);
    world.publish(OFFICIAL, "2025-01-06", "2025-01-10", truth);
    world.sync("2025-01-10");
    let older = fs::read(world.file()).unwrap();
    world.publish(OFFICIAL, "2025-01-06", "2025-01-24", truth);
    world.sync("2025-01-24");
    let whole = world.dates();
    fs::remove_file(world.file()).unwrap();
    let again = world.sync("2025-01-24");
    assert_eq!((again.added(), again.up_to_date, world.dates()), (15, true, whole.clone()));
    // A backup is restored.
    fs::write(world.file(), older).unwrap();
    assert_eq!((world.sync("2025-01-24").added(), world.dates()), (10, whole));
}

#[test]
fn a_stand_in_serves_while_the_official_source_is_dead_and_is_superseded_when_it_is_back() {
    for order in [[OFFICIAL, PACKAGES, QUOTES], [OFFICIAL, QUOTES, PACKAGES]] {
        let world = after_good_months(&order);
        world.kill(OFFICIAL);
        for date in business_days("2025-05-05", "2025-05-23") {
            for name in [PACKAGES, QUOTES] {
                world.publish(name, START, &date.to_string(), |date| 1.002 * truth(date));
            }
            let outcome = world.sync(&date.to_string());
            assert_eq!(outcome.added(), 1, "{date}: {outcome:?}");
            assert_eq!(outcome.faults().next().unwrap().provider, OFFICIAL);
            // Yahoo has no Mondays.
            let by = if date.weekday() == Weekday::Mon { PACKAGES } else { order[1] };
            assert_eq!(outcome.freshness.newest, Some((date, by.to_owned())));
        }
        let during = world.versions().len();
        world.publish(OFFICIAL, START, "2025-05-26", truth);
        let back = world.sync("2025-05-26");
        assert_eq!(back.faults().count(), 0, "{back:?}");
        assert_eq!(world.dates(), business_days(START, "2025-05-26"));
        assert!(world.stored().iter().all(|o| o.source == OFFICIAL && o.value == truth(o.date)));
        let (versions, days) = (world.versions(), business_days("2025-05-05", "2025-05-23"));
        assert_eq!(versions.len(), during + days.len() + 1);
        for date in days {
            let sources: Vec<&str> = versions.iter().filter(|o| o.date == date).map(|o| o.source.as_str()).collect();
            assert!(sources.len() == 2 && sources[0] != OFFICIAL && sources[1] == OFFICIAL, "{date}: {sources:?}");
        }
    }
}

#[test]
fn a_stand_in_that_lies_is_refused_day_after_day() {
    for liar in [PACKAGES, QUOTES] {
        let world = after_good_months(&[OFFICIAL, liar]);
        let before = world.dates();
        world.kill(OFFICIAL);
        for date in business_days("2025-05-05", "2025-05-16") {
            world.publish(liar, START, &date.to_string(), |date| 1.12 * truth(date));
            let outcome = world.sync(&date.to_string());
            contains_all(&reason(&outcome, liar), &["contradicts the known values"]);
            assert_eq!((outcome.faults().count(), world.dates()), (2, before.clone()), "{liar}, {date}");
        }
    }
}

#[test]
fn the_official_source_takes_over_from_a_lie_that_slipped_in_and_the_liar_is_refused_from_then_on() {
    let world = after_good_months(&[OFFICIAL, PACKAGES]);
    let lie = |date| 1.12 * truth(date);
    let days = business_days("2025-05-05", "2025-05-23");
    let seed = |&date| StoredObservation {
        date,
        value: lie(date),
        source: PACKAGES.to_owned(),
        fetched_at: "2025-05-23T12:00:00Z".parse().unwrap(),
    };
    let seeds: Vec<StoredObservation> = days.iter().map(seed).collect();
    assert_eq!(world.store().merge("usdclp", &seeds, &MergeRules::accepting_all()).unwrap().added, days.len());
    world.publish(PACKAGES, START, "2025-05-27", lie);
    world.publish(OFFICIAL, START, "2025-05-26", truth);
    let back = world.sync("2025-05-26");
    assert_eq!(back.faults().count(), 0, "{back:?}");
    assert_eq!(back.providers[0].outcome.as_ref().unwrap().revised.len(), days.len());
    assert!(world.stored().iter().all(|o| o.source == OFFICIAL && o.value == truth(o.date)));
    world.publish(OFFICIAL, START, "2025-05-27", truth);
    contains_all(&reason(&world.sync("2025-05-27"), PACKAGES), &["contradicts the known values"]);
}

#[test]
fn the_last_ten_days_alone_do_not_go_on_where_the_snapshot_ends() {
    for first in ["2025-01-25", "2024-12-01"] {
        let world = two();
        world.publish(PACKAGES, first, "2025-02-03", |date| world.known(date));
        let outcome = world.sync("2025-02-03");
        let reason = reason(&outcome, PACKAGES);
        contains_all(&reason, &["nothing from 2025-01-03 to 2025-01-27, 15 business days", "sync --from 2025-01-03"]);
        // A run uses the embedded quotes, which are replaced by an official rate and leave no gap after it.
        assert_eq!(outcome.freshness.newest, Some((day("2025-02-03"), "nbp".to_owned())));
        assert!(outcome.providers[1].is_fault && !world.file().exists());
    }
}

#[test]
fn an_answer_that_is_suddenly_higher_throughout_is_refused_and_the_next_in_the_chain_serves() {
    let world = after_good_months(&[OFFICIAL, PACKAGES]);
    world.publish(OFFICIAL, START, "2025-05-05", |date| 1.05 * truth(date));
    world.publish(PACKAGES, START, "2025-05-05", truth);
    let outcome = world.sync("2025-05-05");
    contains_all(&reason(&outcome, OFFICIAL), &["its own earlier values on 9 of 9 days", "--accept-revisions"]);
    assert!(outcome.providers[0].is_fault);
    assert_eq!(outcome.freshness.newest, Some((day("2025-05-05"), PACKAGES.to_owned())));
    assert!(world.stored().iter().all(|o| o.value == truth(o.date)));
}

#[test]
fn a_newest_value_that_jumps_is_confirmed_contradicted_or_doubted() {
    let monday = day("2025-05-05");
    let jumped = move |date| if date == monday { 1260.0 } else { truth(date) };
    for (what, last, other_jumps) in
        [("confirmed", "2025-05-05", true), ("contradicted", "2025-05-05", false), ("alone", "2025-05-02", false)]
    {
        let world = after_good_months(&[OFFICIAL, PACKAGES]);
        world.publish(OFFICIAL, START, "2025-05-05", jumped);
        world.publish(PACKAGES, START, last, move |date| if other_jumps { jumped(date) } else { truth(date) });
        let outcome = world.sync("2025-05-05");
        let newest = world.stored().pop().unwrap();
        assert_eq!(newest.date, monday, "{what}");
        // An official rate is not refused because of a single market quote.
        assert_eq!((newest.source.as_str(), newest.value), (OFFICIAL, 1260.0), "{what}");
        let said = outcome.doubt.map(|doubt| doubt.to_string()).unwrap_or_default();
        let expected = match what {
            "confirmed" => String::new(),
            "contradicted" => format!("but {PACKAGES} has {}: check which is right", truth(monday)),
            _ => "a jump that no other source confirms: check it".to_owned(),
        };
        assert!(said.ends_with(&expected) && said.is_empty() == expected.is_empty(), "{what}: {said}");
        if !expected.is_empty() {
            contains_all(&said, &["usdclp", OFFICIAL, "2025-05-05", "1260"]);
        }
        // The doubt lasts until a provider answers without one.
        assert_eq!(world.doubts().len(), usize::from(!expected.is_empty()), "{what}");
    }
}

/// The 7-day run is at 08:30, the 15-day run at 09:00.
#[test]
fn a_doubt_stays_over_the_syncs_of_a_day_until_the_value_is_confirmed_or_corrected() {
    let monday = day("2025-05-05");
    let world = after_good_months(&[OFFICIAL, PACKAGES]);
    world.publish(OFFICIAL, START, "2025-05-05", |date| if date == monday { 1045.0 } else { truth(date) });
    world.publish(PACKAGES, START, "2025-05-05", truth);
    assert!(world.sync("2025-05-05").doubt.is_some());
    assert!(world.sync("2025-05-05").doubt.is_some(), "it is disputed still");
    world.kill(PACKAGES);
    assert!(world.sync("2025-05-05").doubt.is_some(), "nobody else has a value, and nothing is settled");
    assert_eq!(world.doubts().len(), 1);
    world.publish(PACKAGES, START, "2025-05-05", |date| if date == monday { 1046.0 } else { truth(date) });
    assert_eq!(world.sync("2025-05-05").doubt, None, "another source has it too");
    assert_eq!(world.doubts().len(), 0);
}

/// Tests that an error within the largest plausible ratio is accepted with a doubt, and one beyond it is left out.
#[test]
fn a_slip_of_the_official_source_is_corrected_by_itself_the_next_day() {
    let monday = day("2025-05-05");
    for (slip, is_taken) in [(1290.0, true), (1490.0, false)] {
        let world = after_good_months(&[OFFICIAL, PACKAGES]);
        world.publish(OFFICIAL, START, "2025-05-05", |date| if date == monday { slip } else { truth(date) });
        let outcome = world.sync("2025-05-05");
        assert_eq!(outcome.doubt.is_some(), is_taken, "{outcome:?}");
        assert_eq!(world.stored().iter().any(|o| o.value == slip), is_taken);
        world.publish(OFFICIAL, START, "2025-05-06", truth);
        let outcome = world.sync("2025-05-06");
        assert_eq!((outcome.doubt.is_some(), outcome.faults().count()), (false, 0), "{outcome:?}");
        assert_eq!(world.dates(), business_days(START, "2025-05-06"));
        assert!(world.stored().iter().all(|o| o.value == truth(o.date) && o.source == OFFICIAL));
        assert_eq!(world.versions().iter().any(|o| o.value == slip), is_taken, "it stays as what was known then");
    }
}

#[test]
fn of_two_stand_ins_one_has_the_mondays_that_the_other_lacks_and_neither_fills_a_holiday() {
    let world = World::new(&[OFFICIAL, QUOTES, PACKAGES]);
    world.publish(OFFICIAL, "2025-01-06", "2025-04-11", truth);
    world.sync("2025-04-11");
    world.kill(OFFICIAL);
    [QUOTES, PACKAGES].iter().for_each(|name| world.publish(name, "2025-03-20", "2025-04-22", truth));
    world.sync("2025-04-22");
    let since: Vec<(String, String)> = world.stored().into_iter().map(|o| (o.date.to_string(), o.source)).collect();
    let since: Vec<(&str, &str)> = since.iter().map(|(date, by)| (date.as_str(), by.as_str())).collect();
    let expected = [
        ("2025-04-11", OFFICIAL),
        ("2025-04-14", PACKAGES),
        ("2025-04-15", QUOTES),
        ("2025-04-16", QUOTES),
        ("2025-04-17", QUOTES),
        // No value on Good Friday; its bar has Thursday's close, which stands for Monday.
        ("2025-04-21", QUOTES),
        ("2025-04-22", QUOTES),
    ];
    assert_eq!(since[since.len() - expected.len()..], expected);
}

#[test]
fn an_official_source_that_answers_but_is_stuck_is_at_fault() {
    let world = after_good_months(&[OFFICIAL, PACKAGES]);
    world.publish(PACKAGES, START, "2025-05-09", truth);
    // The second time both report that nothing has changed.
    for _ in 0..2 {
        let outcome = world.sync("2025-05-09");
        let behind = outcome.providers[0].remark.clone().unwrap_or_default();
        assert_eq!(behind, "its newest value is dated 2025-05-02, 5 business days behind");
        let faults: Vec<String> = outcome.faults().map(|fault| fault.to_string()).collect();
        assert_eq!(faults, [format!("{OFFICIAL}, usdclp: {behind}")]);
    }
}

/// Six series that are not in the snapshot.
const SIX: [&str; 6] = ["eurusd", "gbpusd", "usdjpy", "usdchf", "usdsek", "usdpln"];

#[test]
fn a_document_that_six_series_want_fails_once_a_sync_and_its_provider_is_left_alone_after_three() {
    let server = Server::answering(|_| Reply::status(500, ""));
    let folder = tempfile::tempdir().unwrap();
    let store = RatesStore::open(folder.path()).unwrap();
    let mut asked = 0;
    for round in 1..=4 {
        let outcomes = sync_all(&store, &SIX, &[("ecb", server.url())], "2025-01-10");
        let left_alone = outcomes.iter().filter(|one| reason(one, "ecb").starts_with("paused until")).count();
        assert_eq!(left_alone, if round == 4 { 6 } else { 0 }, "{round}: {outcomes:?}");
        let now = server.requests().len();
        // One document, three attempts.
        assert_eq!(now - asked, if round == 4 { 0 } else { 3 }, "{round}: {:?}", server.paths());
        asked = now;
    }
}

#[test]
fn a_lock_that_somebody_holds_is_waited_for_once_and_named_by_every_series() {
    let folder = tempfile::tempdir().unwrap();
    let store = RatesStore::open(folder.path()).unwrap();
    let rows = "date,value\n2025-01-08,1.5\n2025-01-09,1.51\n";
    SIX.iter().for_each(|name| fs::write(folder.path().join(format!("{name}.csv")), rows).unwrap());
    // Two documents in sequence take longer than the least time, which a provider gets even after its time is over.
    let server = Server::answering(|request| {
        std::thread::sleep(Duration::from_millis(400));
        Reply::ok(crate::world::mindicador(&request.path, &[(day("2025-01-06"), 1005.5)].into()))
    });
    let files = folder.path().join("{series}.csv").display().to_string();
    let (places, names) = ([("file", files), (OFFICIAL, server.url())], [&SIX[..], &["usdclp"]].concat());
    let lock = fs::File::create(folder.path().join("rates/.lock")).unwrap();
    lock.lock().unwrap();
    for outcome in sync_all(&store, &names, &places, "2025-01-10") {
        contains_all(
            &outcome.store_error.clone().unwrap_or_default(),
            &["rates/.lock", "another process has held the lock"],
        );
        // If each series waited on its own, the slow one's time would be over before its turn came.
        contains_all(&reason(&outcome, if outcome.series == "usdclp" { OFFICIAL } else { "file" }), &["rates/.lock"]);
    }
    assert_eq!(store.series().unwrap(), Vec::<String>::new());
    drop(lock);
    let outcomes = sync_all(&store, &names, &places, "2025-01-10");
    assert!(outcomes.iter().all(|outcome| outcome.store_error.is_none() && outcome.added() > 0), "{outcomes:?}");
    assert_eq!(store.series().unwrap().len(), names.len());
}
