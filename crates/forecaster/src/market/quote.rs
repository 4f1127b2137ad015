//! Providers of the market's quotes, and the quote that a forecast knows.

use chrono::{DateTime, NaiveDate, Utc};
use forecaster_domain::{Observation, Regressor, Series};
use forecaster_rates::{IMPORT_SOURCE, RatesError, RatesStore, end_of, known_at};
use std::collections::BTreeMap;

/// Provider of the quotes in the embedded snapshot.
const EMBEDDED_FROM: &str = "nbp";

/// Provider of the operator's own files.
const FILE_SOURCE: &str = "file";

/// Market quote that a forecast knows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KnownQuote {
    /// Quote, in the pair's unit.
    pub value: f64,
    /// Name of its provider.
    pub source: String,
    /// Time from which it was known.
    pub known_at: DateTime<Utc>,
}

/// Providers of the stored quotes, by date; quotes that are not stored are the embedded ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct QuoteProviders(BTreeMap<NaiveDate, String>);

impl QuoteProviders {
    /// Returns the providers of the series `name` as it was known at the end of `as_of`, or now.
    ///
    /// # Errors
    /// When the store's file cannot be read.
    pub(crate) fn of(store: &RatesStore, name: &str, as_of: Option<NaiveDate>) -> Result<Self, RatesError> {
        let versions = store.load_versions(name)?.unwrap_or_default();
        let known = match as_of {
            Some(as_of) => known_at(&versions, end_of(as_of)),
            None => known_at(&versions, DateTime::<Utc>::MAX_UTC),
        };
        Ok(Self(known.into_iter().map(|quote| (quote.date, quote.source)).collect()))
    }

    /// Returns the quotes that are known as early as the lag says; `None` when there are none. With a lag of 0 a
    /// quote is dated the day on which it is known, and only the operator can have dated it so: providers date a
    /// quote the day whose trades it closes, the day before.
    pub(crate) fn usable_with_lag(&self, spot: Regressor) -> Option<Regressor> {
        if spot.lag_days > 0 {
            return Some(spot);
        }
        let own = |quote: &Observation| [IMPORT_SOURCE, FILE_SOURCE].contains(&self.provider_of(quote.date));
        let quotes: Vec<Observation> = spot.series.observations().filter(own).collect();
        let series = Series::new(spot.series.name(), &quotes).ok()?;
        Some(Regressor { series, ..spot })
    }

    /// Returns the provider of the quote of `date`.
    pub(crate) fn provider_of(&self, date: NaiveDate) -> &str {
        self.0.get(&date).map_or(EMBEDDED_FROM, String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forecaster_rates::{MergeRules, StoredObservation};

    #[test]
    fn a_stored_quote_is_its_providers_and_another_one_is_embedded() {
        let directory = tempfile::tempdir().unwrap();
        let store = RatesStore::open(directory.path()).unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let (date, source) = (day("2026-11-02"), "yahoo".to_owned());
        let quote = StoredObservation { date, value: 951.5, source, fetched_at: Utc::now() };
        store.merge("usdclp_spot", &[quote], &MergeRules::accepting_all()).unwrap();
        let quoters = QuoteProviders::of(&store, "usdclp_spot", None).unwrap();
        assert_eq!(
            (quoters.provider_of(day("2026-11-02")), quoters.provider_of(day("2026-10-30"))),
            ("yahoo", "nbp")
        );
    }

    #[test]
    fn with_a_lag_of_nought_only_quotes_of_ones_own_are_used() {
        let directory = tempfile::tempdir().unwrap();
        let store = RatesStore::open(directory.path()).unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let own = StoredObservation {
            date: day("2026-11-02"),
            value: 951.5,
            source: IMPORT_SOURCE.to_owned(),
            fetched_at: Utc::now(),
        };
        store.merge("usdclp_spot", &[own], &MergeRules::accepting_all()).unwrap();
        let quoters = QuoteProviders::of(&store, "usdclp_spot", None).unwrap();
        let quotes = ["2026-10-30", "2026-11-02"].map(|date| Observation { date: day(date), value: 950.0 });
        let series = Series::new("usdclp_spot", &quotes).unwrap();
        let used = |lag_days| {
            quoters.usable_with_lag(Regressor::new(series.clone(), lag_days)).map(|spot| spot.series.len())
        };
        assert_eq!((used(1), used(0)), (Some(2), Some(1)));
        let embedded = QuoteProviders::default().usable_with_lag(Regressor::new(series, 0));
        assert!(embedded.is_none());
    }
}
