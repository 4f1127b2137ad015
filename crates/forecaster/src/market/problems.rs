//! Reasons why a configured series cannot be used, as values.

use chrono::NaiveDate;
use forecaster_domain::{SourceFault, SourceProblem};
use forecaster_rates::{Doubt, RatesError};

/// Returns the problem of a series whose first value, of `first`, became known after the as-of date.
pub(super) fn known_later(name: &str, first: NaiveDate, as_of: NaiveDate) -> SourceProblem {
    let message = format!("{name} starts on {first}; no value of it was known on {as_of}");
    SourceProblem::Unavailable { fault: SourceFault::StartsLater { first, as_of }, message }
}

/// Returns the cause for which a series could not be loaded.
pub(super) fn fault_of(error: &RatesError) -> SourceFault {
    match error {
        RatesError::UnknownSeries { .. } => SourceFault::NeverFetched,
        RatesError::NothingUntil { first, until, .. } => SourceFault::StartsLater { first: *first, as_of: *until },
        RatesError::NothingUsable { .. } => SourceFault::NothingUsable,
        _ => SourceFault::Unreadable,
    }
}

/// Returns the problem of a series of quotes whose newest one is in doubt.
pub(super) fn doubted(doubt: &Doubt) -> SourceProblem {
    let fault = SourceFault::Doubted {
        provider: doubt.provider.clone(),
        date: doubt.date,
        value: doubt.value,
        before: doubt.before,
        other_source: doubt.instead.clone(),
    };
    SourceProblem::Unavailable { fault, message: doubt.to_string() }
}

#[cfg(test)]
mod tests {
    use crate::config::settings::Config;
    use crate::market::Market;
    use chrono::NaiveDate;
    use forecaster_rates::{MergeRules, RatesStore, StoredObservation};

    /// As of a Monday, a value of that Monday becomes known a day later.
    #[test]
    fn a_series_without_a_known_value_is_not_used_and_has_no_last_observation() {
        let monday: NaiveDate = "2024-12-23".parse().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.service.data_dir = directory.path().to_owned();
        let store = RatesStore::open(directory.path()).unwrap();
        let stored = |date: &str| StoredObservation {
            date: date.parse().unwrap(),
            value: 4.1,
            source: "import".to_owned(),
            fetched_at: monday.and_hms_opt(9, 0, 0).unwrap().and_utc(),
        };
        for (name, date) in [("late", "2024-12-23"), ("later", "2024-12-24"), ("damaged", "2024-12-20")] {
            store.merge(name, &[stored(date)], &MergeRules::accepting_all()).unwrap();
        }
        std::fs::write(directory.path().join("rates/damaged.parquet"), "not rates").unwrap();
        let series = config.rates.series["usdbrl"].clone();
        for name in ["late", "later", "damaged", "never"] {
            config.rates.series.insert(name.to_owned(), series.clone());
        }
        let market = Market::load(&config, Some(monday), monday).unwrap();
        let expected = [
            ("late", "starts_later"),
            ("later", "starts_later"),
            ("damaged", "unreadable"),
            ("never", "never_fetched"),
        ];
        for (name, code) in expected {
            let source = market.sources.iter().find(|source| source.name == name).unwrap();
            let problem = source.left_out.as_ref().unwrap();
            assert_eq!((problem.code(), source.last_date, source.observations), (code, None, 0), "{problem}");
            assert!(problem.to_string().contains(name), "{problem}");
        }
    }
}
