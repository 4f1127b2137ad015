use super::*;
use crate::market::Market;
use crate::market::fetch::FetchReport;
use forecaster_rates::{IMPORT_SOURCE, MergeRules, RatesStore, StoredObservation};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Returns a configuration with an empty store, for `pair`.
fn world(pair: &str) -> (tempfile::TempDir, Config, RatesStore) {
    let directory = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.service.data_dir = directory.path().to_owned();
    config.rates.pair = pair.parse().unwrap();
    let store = RatesStore::open(directory.path()).unwrap();
    (directory, config, store)
}

/// Writes values into the store as an import of an earlier version did, without a guard.
fn store_values(store: &RatesStore, series: &str, values: &[(NaiveDate, f64)]) {
    let fetched_at = "2024-12-31T12:00:00Z".parse().unwrap();
    let observation = |&(date, value): &(NaiveDate, f64)| StoredObservation {
        date,
        value,
        source: IMPORT_SOURCE.into(),
        fetched_at,
    };
    let observations: Vec<_> = values.iter().map(observation).collect();
    store.merge(series, &observations, &MergeRules::accepting_all()).unwrap();
}

/// Reads a case of the crate `rates`.
fn case(name: &str) -> Vec<(NaiveDate, f64)> {
    let path = format!("{}/../rates/tests/cases/conditions/{name}.csv", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let row = |line: &str| {
        let (date, value) = line.split_once(',')?;
        Some((date.parse().ok()?, value.parse().ok()?))
    };
    text.lines().filter_map(row).collect()
}

/// Returns the market of a case as of its last date.
fn market_of(pair: &str, name: &str) -> Market {
    let (_directory, config, store) = world(pair);
    let values = case(name);
    store_values(&store, &pair.replace('/', "").to_lowercase(), &values);
    let today = values.last().unwrap().0;
    Market::load(&config, Some(today), today).unwrap()
}

fn kinds(market: &Market) -> Vec<&'static str> {
    market.conditions.iter().map(|condition| condition.fact.kind()).collect()
}

#[test]
fn each_case_in_a_store_from_before_is_told_and_degrades_or_is_a_fact() {
    for (pair, name, told, degrades, held) in [
        ("USD/KRW", "usdkrw_hole", vec!["hole"], true, false),
        ("USD/KRW", "usdkrw_weekly", vec!["sparse"], true, false),
        ("USD/JPY", "usdjpy_stuck", vec!["stands_still"], true, true),
        ("USD/JPY", "usdjpy_last_x100", vec!["unconfirmed_jump"], true, true),
        ("USD/AED", "usdaed_constant", vec!["constant"], false, false),
        ("USD/VES", "usdves_redenomination", vec!["redenominated"], false, false),
        ("USD/ARS", "usdars_ticks", vec![], false, false),
    ] {
        let market = market_of(pair, name);
        assert_eq!(kinds(&market), told, "{name}");
        assert_eq!((market.is_degraded(), market.is_held_back()), (degrades, held), "{name}");
    }
}

#[test]
fn a_redenominated_series_is_in_the_new_unit_and_before_the_day_in_the_old_one() {
    let market = market_of("USD/VES", "usdves_redenomination");
    let values = market.history.pair().values();
    assert!(values.iter().all(|value| (1.0..10.0).contains(value)));
    let (_directory, config, store) = world("USD/VES");
    // Two years more, so that there is enough before the day.
    let (begin, all) = (day("2017-01-02"), case("usdves_redenomination"));
    let earlier = begin
        .iter_days()
        .filter(|d| d.format("%u").to_string().as_str() < "6")
        .enumerate()
        .take_while(|(_, date)| *date < all[0].0);
    let earlier = earlier.map(|(i, date)| (date, 1_700_000.0 * (1.0 + 0.003 * f64::from((i % 7) as u8))));
    store_values(&store, "usdves", &earlier.chain(all.iter().copied()).collect::<Vec<_>>());
    let old = Market::load(&config, Some(day("2021-09-30")), day("2024-12-30")).unwrap();
    assert_eq!(old.history.pair().last_value(), 2_898_776.3);
    assert_eq!(kinds(&old), [] as [&str; 0]);
    // On the day itself the value is not believed yet.
    let first = Market::load(&config, Some(day("2021-10-01")), day("2024-12-30")).unwrap();
    assert_eq!((first.as_of(), kinds(&first)), (day("2021-09-30"), vec!["unconfirmed_jump"]));
}

#[test]
fn a_series_whose_first_half_is_upside_down_starts_after_it_or_is_refused_with_the_reason() {
    let turned = |share: f64| {
        let mut values = case("usdkrw_hole");
        let half = (values.len() as f64 * share) as usize;
        values[..half].iter_mut().for_each(|(_, value)| *value = 1.0 / *value);
        let (_directory, config, store) = world("USD/KRW");
        store_values(&store, "usdkrw", &values);
        Market::load(&config, Some(day("2024-12-27")), day("2024-12-27"))
    };
    let market = turned(0.5).unwrap();
    assert_eq!(kinds(&market), ["break", "hole"]);
    assert!(market.history.pair().values().iter().all(|value| *value > 900.0));
    let refused = turned(0.9).unwrap_err().to_string();
    assert!(refused.contains("at least 600 are needed: usdkrw: breaks on"), "{refused}");
    assert!(refused.contains("the reciprocal") && refused.contains("forecaster rates import FILE.csv"), "{refused}");
}

#[test]
fn a_regressor_that_jumps_out_of_proportion_or_stands_still_moves_no_forecast() {
    let (_directory, config, store) = world("USD/CLP");
    let load = || Market::load(&config, Some(day("2025-01-02")), day("2025-01-02")).unwrap();
    let before = load();
    assert!(!before.is_degraded(), "{:?}", before.conditions);
    let dxy = |market: &Market| {
        let dxy = market.history.regressors().iter().find(|one| one.series.name() == "dxy").unwrap();
        (dxy.series.last_date(), dxy.series.last_value())
    };
    let wrong = 100.0 * dxy(&before).1;
    // The last value that models may know as of the second, and the one after it: two values are no confirmation.
    let both = |value: f64| [(day("2025-01-01"), value), (day("2025-01-02"), value)];
    store_values(&store, "dxy", &both(wrong));
    let after = load();
    assert_eq!(kinds(&after), ["unconfirmed_jump"]);
    assert!(after.is_degraded() && !after.is_held_back());
    assert!(dxy(&after).0 == day("2024-12-31") && (dxy(&after).1 / dxy(&before).1 - 1.0).abs() < 0.02);
    // A jump of a fifth is no less wrong, if smaller.
    store_values(&store, "dxy", &both(wrong / 80.0));
    assert_eq!((kinds(&load()), dxy(&load())), (vec!["unconfirmed_jump"], dxy(&after)));
    // A feed that stands still has no news; models do without it.
    let still: Vec<_> = day("2024-11-01").iter_days().take(63).map(|date| (date, 104.0)).collect();
    store_values(&store, "dxy", &still);
    let still = load();
    assert_eq!(kinds(&still), ["stands_still"]);
    let source = still.sources.iter().find(|source| source.name == "dxy").unwrap();
    assert!(source.left_out.is_some());
}

#[test]
fn what_a_sync_doubts_is_told_once() {
    let market = market_of("USD/JPY", "usdjpy_last_x100");
    let doubt = Doubt {
        series: "usdjpy".into(),
        provider: "ecb".into(),
        date: market.as_of(),
        value: 15757.373,
        before: 157.7863,
        instead: None,
    };
    let doubted = market.with(FetchReport { doubt: Some(doubt), ..FetchReport::default() });
    assert_eq!(kinds(&doubted), [] as [&str; 0]);
    assert!(doubted.is_degraded() && doubted.is_held_back());
}

#[test]
fn what_lies_before_the_window_is_not_told() {
    let market = market_of("USD/KRW", "usdkrw_hole");
    assert_eq!(market.conditions.clone().since(day("2024-12-17")), market.conditions);
    assert_eq!(market.conditions.clone().since(day("2024-12-18")), Conditions::default());
    let first = first_used(&Config::default(), Horizon::D7, market.history.pair());
    assert_eq!(first, market.history.pair().last(1800).first_date());
}
