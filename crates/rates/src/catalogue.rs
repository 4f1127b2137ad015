//! What series there are, and each one whole: the embedded snapshot overlaid by the store, through the quality
//! checks. This is where a run gets its rates from.

use crate::{
    Checked, EMBEDDED_SOURCE, QualityRules, RatesError, RatesStore, check, embedded, snapshot::RawObservation,
    store::checked_name,
};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// A series ready for use.
#[derive(Debug, Clone)]
pub struct AvailableSeries {
    /// The series, and what the checks found.
    pub checked: Checked,
    /// Source of its newest observation: "embedded", "import" or a provider's name.
    pub provider: String,
}

/// Names of all series, stored or embedded, sorted.
///
/// # Errors
/// When the store's folder cannot be read or the snapshot is broken.
pub fn available(store: &RatesStore) -> Result<Vec<String>, RatesError> {
    let names: BTreeSet<String> = store.series()?.into_iter().chain(embedded()?.keys().cloned()).collect();
    Ok(names.into_iter().collect())
}

/// The series `name`: the embedded snapshot, on each date overruled by the store, checked by `rules`.
///
/// With `until`, later observations are cut off before the checks, so that not even a check can look past it.
///
/// # Errors
/// When neither has the series, when all of it is later than `until`, when the store's file cannot be read, or when
/// nothing passes the checks.
pub fn assemble(
    store: &RatesStore,
    name: &str,
    rules: &QualityRules,
    until: Option<NaiveDate>,
) -> Result<AvailableSeries, RatesError> {
    let snapshot = embedded()?.get(checked_name(name)?);
    let stored = store.load(name)?;
    if snapshot.is_none() && stored.is_none() {
        let available = available(store)?.join(", ");
        return Err(RatesError::UnknownSeries { name: name.to_owned(), available });
    }
    let mut by_date: BTreeMap<NaiveDate, (f64, &str)> = BTreeMap::new();
    by_date.extend(snapshot.into_iter().flatten().map(|o| (o.date, (o.value, EMBEDDED_SOURCE))));
    by_date.extend(stored.iter().flatten().map(|o| (o.date, (o.value, o.source.as_str()))));

    if let Some(until) = until {
        let first = by_date.keys().next().copied();
        by_date.retain(|date, _| *date <= until);
        if let (true, Some(first)) = (by_date.is_empty(), first) {
            return Err(RatesError::NothingUntil { name: name.to_owned(), until, first });
        }
    }
    let raw: Vec<RawObservation> =
        by_date.iter().map(|(&date, &(value, _))| RawObservation { date, value }).collect();
    let checked = check(name, &raw, rules)?;
    let provider =
        by_date.get(&checked.series.last_date()).map_or_else(String::new, |(_, source)| (*source).to_owned());
    Ok(AvailableSeries { checked, provider })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MergeRules, StoredObservation};
    use chrono::DateTime;
    use forecaster_domain::BusinessCalendar;
    use tempfile::TempDir;

    fn store() -> (TempDir, RatesStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = RatesStore::open(folder.path()).unwrap();
        (folder, store)
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn imported(date: &str, value: f64) -> StoredObservation {
        let fetched_at = DateTime::UNIX_EPOCH;
        StoredObservation { date: day(date), value, source: "import".into(), fetched_at }
    }

    fn rules() -> QualityRules {
        QualityRules::new(day("2025-01-10"), Some(BusinessCalendar::chile()))
    }

    #[test]
    fn without_a_store_the_snapshot_serves() {
        let (_folder, store) = store();
        let usdclp = assemble(&store, "usdclp", &rules(), None).unwrap();
        assert_eq!(usdclp.provider, EMBEDDED_SOURCE);
        assert_eq!(usdclp.checked.series.last_date(), day("2025-01-03"));
        assert_eq!(usdclp.checked.series.last_value(), 999.85);
    }

    #[test]
    fn the_store_overrules_the_snapshot_and_goes_on_after_it() {
        let (_folder, store) = store();
        store
            .merge(
                "usdclp",
                &[imported("2025-01-03", 1000.0), imported("2025-01-06", 1010.0)],
                &MergeRules::trusting(),
            )
            .unwrap();
        let usdclp = assemble(&store, "usdclp", &rules(), None).unwrap();
        assert_eq!(usdclp.provider, "import");
        assert_eq!(usdclp.checked.series.value_on(day("2025-01-02")), Some(996.46));
        assert_eq!(usdclp.checked.series.value_on(day("2025-01-03")), Some(1000.0));
        assert_eq!(usdclp.checked.series.last_value(), 1010.0);
    }

    #[test]
    fn a_cut_series_knows_nothing_of_later_dates() {
        let (_folder, store) = store();
        let usdclp = assemble(&store, "usdclp", &rules(), Some(day("2020-01-05"))).unwrap();
        assert_eq!(usdclp.checked.series.last_date(), day("2019-12-30"));
        assert!(usdclp.checked.findings.iter().all(|f| f.date <= day("2020-01-05")));
        let error = assemble(&store, "usdclp", &rules(), Some(day("2000-01-01"))).unwrap_err().to_string();
        assert_eq!(error, "series 'usdclp' starts on 2003-04-01; there is nothing on or before 2000-01-01");
    }

    #[test]
    fn a_series_may_be_in_the_store_alone() {
        let (_folder, store) = store();
        store.merge("copper", &[imported("2025-01-03", 4.02)], &MergeRules::trusting()).unwrap();
        assert_eq!(assemble(&store, "copper", &rules(), None).unwrap().checked.series.len(), 1);
        assert!(available(&store).unwrap().contains(&"copper".to_owned()));
    }

    #[test]
    fn an_unknown_series_is_named_with_what_there_is_and_what_to_do() {
        let (_folder, store) = store();
        let error = assemble(&store, "copper", &rules(), None).unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no series 'copper'; available: dxy, usdaud, usdbrl, usdcad, usdclp, usdeur, usdmxn, usdnok, \
             usdnzd, usdzar. Add it with: forecaster rates import FILE.csv --series copper"
        );
        assert!(matches!(assemble(&store, "../x", &rules(), None), Err(RatesError::SeriesName { .. })));
    }
}
