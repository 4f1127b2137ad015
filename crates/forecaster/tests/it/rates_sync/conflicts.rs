//! Sources that disagree, and sources that revise their values.

use super::{Desk, Server, World, configuration, expect_said, row, stored};
use chrono::{Days, NaiveDate};
use forecaster_rates::RatesStore;
use std::sync::{Arc, Mutex};

/// Multiplies all values from ten days before today on by a factor.
fn moved(factor: f64) -> World {
    let world = World::today();
    World { moved: Some((world.last - Days::new(10), factor)), ..world }
}

/// Services whose values change when the test says so.
fn changing() -> (Server, Arc<Mutex<World>>) {
    let world = Arc::new(Mutex::new(World::today()));
    let published = Arc::clone(&world);
    (Server::answering(move |request| published.lock().unwrap().answer(request)), world)
}

/// A desk whose only source is mindicador's dólar observado.
fn desk_of_mindicador(server: &Server) -> Desk {
    Desk::with_configuration(&configuration(&server.url(), r#"["mindicador"]"#, "[rates.series]\n"))
}

#[test]
fn of_two_sources_that_disagree_the_more_official_counts_and_both_are_named() {
    let (official, other) = (World::today(), moved(1.04));
    let server = Server::answering(move |request| {
        if request.path.starts_with("/stooq") { other.answer(request) } else { official.answer(request) }
    });
    let desk =
        Desk::with_configuration(&configuration(&server.url(), r#"["mindicador", "stooq"]"#, "[rates.series]\n"));
    let finished = desk.run(&["rates", "sync"]).expect(0);
    let told = "usdclp: mindicador and stooq differ by more than 2.0 % on ";
    assert!(finished.stdout().contains(told), "{}", finished.stdout());
    expect_said(&finished, &[&format!("WARN {told}"), "; mindicador's values are used"]);
    assert!(stored(&desk, "usdclp").iter().all(|o| o.source == "mindicador"));
    let newest = official.newest("usdclp");
    assert_eq!(stored(&desk, "usdclp").last().unwrap().value, official.value("usdclp", newest).unwrap());
    let again = desk.run(&["rates", "sync", "--json"]).expect(0).json();
    let sentences = row(&again, "series", "usdclp")["disagreements"].as_array().unwrap();
    assert!(sentences[0].as_str().unwrap().starts_with(told), "{sentences:?}");
}

#[test]
fn a_doubt_about_the_newest_value_concerns_only_forecasts_that_start_from_it() {
    let (official, other) = (World::today(), moved(1.04));
    let server = Server::answering(move |request| {
        if request.path.starts_with("/stooq") { other.answer(request) } else { official.answer(request) }
    });
    let alone = "[rates.series]\n[horizons.7d]\nmodels = [\"random_walk\"]\n[horizons.7d.chronos]\nenabled = false\n";
    let desk = Desk::with_configuration(&configuration(&server.url(), r#"["mindicador", "stooq"]"#, alone));
    desk.run(&["rates", "sync"]).expect(0);
    // The disagreement is kept for a run that fetches nothing.
    let now = desk.run(&["run", "7d", "--offline", "--json"]).expect(3).json();
    assert!(now["data"]["cautions"][0].as_str().unwrap().contains("but stooq has"), "{}", now["data"]);
    let then = desk.run(&["run", "7d", "--as-of", "2024-12-23", "--json"]).expect(0).json();
    assert_eq!(then["data"]["cautions"], serde_json::json!([]));
}

#[test]
fn sources_that_differ_by_less_than_the_setting_are_not_told_of() {
    let (official, other) = (World::today(), moved(1.04));
    let server = Server::answering(move |request| {
        if request.path.starts_with("/stooq") { other.answer(request) } else { official.answer(request) }
    });
    let mut desk =
        Desk::with_configuration(&configuration(&server.url(), r#"["mindicador", "stooq"]"#, "[rates.series]\n"));
    desk.set("FORECASTER__RATES__MAX_DIFFERENCE_PERCENT", "8");
    let finished = desk.run(&["rates", "sync"]).expect(0);
    assert!(!finished.stderr().contains("differ by more"), "{}", finished.stderr());
    desk.set("FORECASTER__RATES__MAX_DIFFERENCE_PERCENT", "2");
    desk.set("FORECASTER__RATES__CROSS_CHECK", "false");
    let asked = server.requests().len();
    desk.run(&["rates", "sync"]).expect(0);
    let paths = server.paths().split_off(asked);
    assert!(paths.iter().all(|path| path.starts_with("/mindicador")), "nobody else is asked: {paths:?}");
}

#[test]
fn when_the_official_source_comes_back_its_values_take_the_place_of_the_others() {
    let (server, _) = changing();
    let configured = configuration(&server.url(), r#"["mindicador", "stooq"]"#, "[rates.series]\n");
    let desk = Desk::with_configuration(
        &configured.replace(&format!("{}/mindicador", server.url()), &crate::server::closed()),
    );
    desk.run(&["rates", "sync"]).expect(0);
    let of_the_other = stored(&desk, "usdclp");
    assert!(of_the_other.iter().all(|o| o.source == "stooq"));
    desk.write("config/forecasters.toml", &configured);
    let printed = desk.run(&["rates", "sync"]).expect(0).stdout();
    assert!(
        printed.contains("usdclp           0 new values, up to ") && printed.contains("(mindicador)"),
        "{printed}"
    );
    let world = World::today();
    for kept in stored(&desk, "usdclp") {
        assert_eq!((kept.source.as_str(), Some(kept.value)), ("mindicador", world.value("usdclp", kept.date)));
    }
    let revisions = desk.run(&["rates", "show", "--revisions"]).expect(0).stdout();
    assert_eq!(revisions.lines().count(), of_the_other.len());
    assert!(
        revisions.lines().all(|line| line.contains(" (stooq) -> ") && line.contains(" (mindicador), known since"))
    );
}

/// Returns the rewritten days: all the days that the provider is asked for again.
fn rewritten(world: &World) -> Vec<(NaiveDate, f64)> {
    let (from, _) = world.moved.unwrap();
    world.values("usdclp", from, world.last)
}

#[test]
fn a_rewritten_history_is_reported_and_taken_only_when_the_operator_says_so() {
    let (server, world) = changing();
    let desk = desk_of_mindicador(&server);
    desk.run(&["rates", "sync"]).expect(0);
    let before = stored(&desk, "usdclp");
    let none = desk.run(&["rates", "show", "--revisions"]).expect(0).stdout();
    assert_eq!(none, "no value of the store was ever replaced\n");

    let after = moved(1.05);
    *world.lock().unwrap() = after;
    let days = rewritten(&after);
    let (first, now) = days[0];
    let was = before.iter().find(|o| o.date == first).unwrap().value;
    // A change of most days is rejected as a whole, whatever else is in the answer.
    let finished = desk.run(&["rates", "sync"]).expect(1);
    let told = format!("mindicador: it contradicts its own earlier values on {} of ", days.len());
    assert!(finished.stdout().contains(&told), "{told} is not in:\n{}", finished.stdout());
    let told = format!(
        "first on {first} with {now} instead of {was}; it may be another unit or another series. The answer was not taken."
    );
    expect_said(&finished, &[&told, "--accept-revisions --series usdclp"]);
    assert_eq!(stored(&desk, "usdclp"), before);

    let command = ["rates", "sync", "--series", "usdclp", "--from", &first.to_string(), "--accept-revisions"];
    let accepted = desk.run(&command).expect(0).stdout();
    assert!(accepted.contains(&format!("  revised {first}: {was} (mindicador) -> {now} (mindicador)")), "{accepted}");
    let revisions = desk.run(&["rates", "show", "--revisions"]).expect(0).stdout();
    assert_eq!(revisions.lines().count(), days.len(), "{revisions}");
    let line = format!("usdclp      {first}  {was} (mindicador) -> {now} (mindicador), known since 2");
    assert!(revisions.starts_with(&line), "{line} is not in:\n{revisions}");
    for (date, value) in days {
        assert_eq!(stored(&desk, "usdclp").iter().find(|o| o.date == date).unwrap().value, value);
    }
    // Nothing is lost: the earlier versions are still there.
    let versions = RatesStore::open(&desk.path("data")).unwrap().load_versions("usdclp").unwrap().unwrap();
    assert!(before.iter().all(|old| versions.contains(old)));
}

/// Values fetched today were not known on earlier days, so a forecast as of such a day starts from the value known
/// then.
#[test]
fn a_run_as_of_a_day_before_the_revision_uses_the_value_of_then() {
    let (server, world) = changing();
    let desk = desk_of_mindicador(&server);
    desk.run(&["rates", "sync"]).expect(0);
    let (before, after) = (World::today(), moved(1.05));
    *world.lock().unwrap() = after;
    let (first, _) = rewritten(&after)[0];
    let from = first.to_string();
    desk.run(&["rates", "sync", "--from", &from, "--accept-revisions"]).expect(0);
    // As of a day that had also ended in UTC before the revision was fetched.
    let (then, value_then) = rewritten(&before_and(&after, before))[0];
    let models = "[horizons.7d]\nmodels = [\"random_walk\"]\n";
    let text = configuration(&server.url(), "[]", "[rates.series]\n") + models;
    desk.write("config/forecasters.toml", &text);
    let run = desk.run(&["run", "7d", "--as-of", &then.to_string(), "--json"]).expect(0).json();
    assert_eq!((&run["as_of"], &run["last_value"]), (&then.to_string().into(), &value_then.into()));
    let newest = after.newest("usdclp");
    let run = desk.run(&["run", "7d", "--json"]).expect(0).json();
    assert_eq!(run["last_value"], after.value("usdclp", newest).unwrap());
}

/// Returns the days of `after` with the values of `before`.
fn before_and(after: &World, before: World) -> World {
    World { moved: after.moved.map(|(from, _)| (from, 1.0)), ..before }
}
