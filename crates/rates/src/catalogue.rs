//! What series there are, and each one whole: the embedded snapshot overlaid by the store, through the quality
//! checks, with the values that counted before where the store has them. This is where a run gets its rates from.

use crate::{
    Checked, EMBEDDED_SOURCE, QualityRules, RatesError, RatesStore, check, embedded, known_at,
    snapshot::RawObservation,
    store::{checked_name, current, superseded},
};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use forecaster_domain::Superseded;
use std::collections::{BTreeMap, BTreeSet};

/// A series ready for use.
#[derive(Debug, Clone)]
pub struct AvailableSeries {
    /// The series, and what the checks found.
    pub checked: Checked,
    /// Source of its newest observation: "embedded", "import" or a provider's name; "a + b" when two made it.
    pub provider: String,
    /// The formula by which it was made of other series, such as "usdclp / usdeur"; `None` when it is stored itself.
    pub made_of: Option<String>,
}

/// A series before the checks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unchecked {
    /// Each date's value and its source.
    pub(crate) by_date: BTreeMap<NaiveDate, (f64, String)>,
    /// The values that counted before.
    pub(crate) superseded: Vec<Superseded>,
}

impl Unchecked {
    /// The series `name`, made by the formula `made_of`, of what passes `rules`.
    ///
    /// # Errors
    /// When nothing passes.
    pub(crate) fn check(
        &self,
        name: &str,
        rules: &QualityRules,
        made_of: Option<String>,
    ) -> Result<AvailableSeries, RatesError> {
        let raw: Vec<RawObservation> =
            self.by_date.iter().map(|(&date, &(value, _))| RawObservation { date, value }).collect();
        let mut checked = check(name, &raw, rules)?;
        checked.series = checked.series.with_superseded(self.superseded.clone());
        let provider = self.by_date.get(&checked.series.last_date()).map(|(_, source)| source.clone());
        Ok(AvailableSeries { checked, provider: provider.unwrap_or_default(), made_of })
    }
}

/// Names of all series, stored or embedded, sorted.
///
/// # Errors
/// When the store's folder cannot be read or the snapshot is broken.
pub fn available(store: &RatesStore) -> Result<Vec<String>, RatesError> {
    let names: BTreeSet<String> = store.series()?.into_iter().chain(embedded()?.keys().cloned()).collect();
    Ok(names.into_iter().collect())
}

/// The series `name`: the embedded snapshot, on each date overruled by the store, checked by `rules`. Values that
/// the store knows to have counted before go with it; the snapshot says nothing of when its values were known.
///
/// With `until`, it is what was known at the end of that day (UTC): later observations are cut off and later
/// revisions taken back before the checks, so that not even a check can look past it.
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
    overlay(store, name, until)?.check(name, rules, None)
}

/// The snapshot's and the store's observations of `name` as they were known at the end of `until`.
///
/// # Errors
/// When neither has the series, when all of it is later than `until`, or when the store's file cannot be read.
pub(crate) fn overlay(store: &RatesStore, name: &str, until: Option<NaiveDate>) -> Result<Unchecked, RatesError> {
    let snapshot = embedded()?.get(checked_name(name)?);
    let stored = store.load_versions(name)?;
    if snapshot.is_none() && stored.is_none() {
        let available = available(store)?.join(", ");
        return Err(RatesError::UnknownSeries { name: name.to_owned(), available });
    }
    let versions = stored.unwrap_or_default();
    let known = until.map_or_else(|| current(&versions), |until| known_at(&versions, end_of(until)));
    let mut by_date: BTreeMap<NaiveDate, (f64, String)> = BTreeMap::new();
    by_date.extend(snapshot.into_iter().flatten().map(|o| (o.date, (o.value, EMBEDDED_SOURCE.to_owned()))));
    by_date.extend(known.into_iter().map(|o| (o.date, (o.value, o.source))));
    let mut superseded: Vec<Superseded> = superseded(&versions).collect();

    if let Some(until) = until {
        let first = by_date.keys().next().copied();
        by_date.retain(|date, _| *date <= until);
        superseded.retain(|s| s.until <= until);
        if let (true, Some(first)) = (by_date.is_empty(), first) {
            return Err(RatesError::NothingUntil { name: name.to_owned(), until, first });
        }
    }
    Ok(Unchecked { by_date, superseded })
}

/// The last millisecond of `day`: the store counts in milliseconds.
fn end_of(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::milliseconds(86_399_999)
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

    /// 2025-01-03 is 1000 from the 6th, 1001 from the 8th and 1002 from the 10th on; 2025-01-06 came on the 8th.
    fn revised(store: &RatesStore) {
        for (date, value, fetched) in [
            ("2025-01-03", 1000.0, "2025-01-06T23:59:59.999Z"),
            ("2025-01-03", 1001.0, "2025-01-08T00:00:00Z"),
            ("2025-01-06", 1010.0, "2025-01-08T12:00:00Z"),
            ("2025-01-03", 1002.0, "2025-01-10T12:00:00Z"),
        ] {
            let observation = StoredObservation { fetched_at: fetched.parse().unwrap(), ..imported(date, value) };
            store.merge("usdclp", &[observation], &MergeRules::trusting()).unwrap();
        }
    }

    #[test]
    fn a_revised_series_remembers_what_was_known_on_each_day() {
        let (_folder, store) = store();
        revised(&store);
        let series = assemble(&store, "usdclp", &rules(), None).unwrap().checked.series;
        assert_eq!(series.value_on(day("2025-01-03")), Some(1002.0));
        for (known, value) in [("2025-01-03", 1000.0), ("2025-01-07", 1000.0), ("2025-01-08", 1001.0)] {
            assert_eq!(series.until(day(known)).unwrap().value_on(day("2025-01-03")), Some(value), "{known}");
        }
        // The snapshot's 999.85 was overruled, not superseded.
        assert_eq!(series.superseded().len(), 2);
    }

    #[test]
    fn an_old_as_of_date_knows_only_the_revisions_made_by_its_end() {
        let (_folder, store) = store();
        revised(&store);
        for (until, value) in [("2025-01-03", 1000.0), ("2025-01-07", 1000.0), ("2025-01-08", 1001.0)] {
            let series = assemble(&store, "usdclp", &rules(), Some(day(until))).unwrap().checked.series;
            assert_eq!(series.value_on(day("2025-01-03")), Some(value), "{until}");
            let earlier = series.until(day("2025-01-07")).unwrap();
            assert_eq!(earlier.value_on(day("2025-01-03")), Some(1000.0), "{until}");
        }
    }

    #[test]
    fn a_revision_that_fails_the_checks_takes_its_superseded_values_along() {
        let (_folder, store) = store();
        let far_off = StoredObservation {
            fetched_at: "2025-01-09T12:00:00Z".parse().unwrap(),
            ..imported("2024-12-30", 9000.0)
        };
        for observation in [imported("2024-12-30", 992.12), far_off] {
            store.merge("usdclp", &[observation], &MergeRules::trusting()).unwrap();
        }
        let checked = assemble(&store, "usdclp", &rules(), None).unwrap().checked;
        assert_eq!(checked.series.value_on(day("2024-12-30")), None);
        assert!(checked.series.superseded().is_empty());
        let before = assemble(&store, "usdclp", &rules(), Some(day("2025-01-08"))).unwrap().checked;
        assert_eq!(before.series.value_on(day("2024-12-30")), Some(992.12));
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
             usdnzd, usdzar. Fetch it: forecaster rates sync --series copper, or add it: forecaster rates import FILE.csv --series copper"
        );
        assert!(matches!(assemble(&store, "../x", &rules(), None), Err(RatesError::SeriesName { .. })));
    }
}
