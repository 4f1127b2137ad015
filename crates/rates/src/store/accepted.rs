//! Values that a person has accepted as they are, although the checks would refuse or doubt them: `accepted.json` beside
//! the series, by series and date. An entry counts as long as the current value of its date is the accepted one.

use super::{MergeReport, MergeRules, RatesStore, StoredObservation};
use crate::{error::RatesError, tolerance::is_same_value};
use chrono::NaiveDate;
use std::{collections::BTreeMap, fs};

const FILE: &str = "accepted.json";

/// Accepted values by series, then by date.
type BySeries = BTreeMap<String, BTreeMap<NaiveDate, f64>>;

impl RatesStore {
    /// Returns the values of a series that a person has accepted, by date; none when the file cannot be read, which
    /// is logged.
    pub(crate) fn accepted_values(&self, name: &str) -> BTreeMap<NaiveDate, f64> {
        match self.read_accepted() {
            Ok(mut accepted) => accepted.remove(name).unwrap_or_default(),
            Err(error) => {
                tracing::warn!(series = name, "values accepted by hand are not known: {error}");
                BTreeMap::new()
            }
        }
    }

    /// Merges an operator's observations into a series, as [`MergeRules::accepting_all`] does, and remembers those that
    /// are `accepted` although the checks object to them. What was accepted before on these dates counts no longer,
    /// unless it is the same value.
    ///
    /// # Errors
    /// As for [`RatesStore::merge`], and when the accepted values cannot be read or written. The series is then
    /// unchanged.
    pub fn import(
        &self,
        name: &str,
        observations: &[StoredObservation],
        accepted: &BTreeMap<NaiveDate, f64>,
    ) -> Result<MergeReport, RatesError> {
        let _until_the_end = self.lock()?;
        let imported: BTreeMap<NaiveDate, f64> = observations.iter().map(|o| (o.date, o.value)).collect();
        // An accepted value that is not stored, after a crash between the two, counts for nothing.
        self.update_accepted(name, |remembered| {
            remembered.retain(|date, value| imported.get(date).is_none_or(|new| is_same_value(*new, *value)));
            remembered.extend(accepted);
        })?;
        self.merge_locked(name, observations, &MergeRules::accepting_all())
    }

    /// Changes the accepted values of a series. Only called under the lock.
    pub(super) fn update_accepted(
        &self,
        name: &str,
        change: impl FnOnce(&mut BTreeMap<NaiveDate, f64>),
    ) -> Result<(), RatesError> {
        let before = self.read_accepted()?;
        let mut after = before.clone();
        let of_series = after.entry(name.to_owned()).or_default();
        change(of_series);
        if of_series.is_empty() {
            after.remove(name);
        }
        if after == before {
            return Ok(());
        }
        let path = self.folder.join(FILE);
        if after.is_empty() {
            return fs::remove_file(&path).map_err(RatesError::io("remove", &path));
        }
        // A map of texts and numbers can always be written as JSON.
        let bytes = serde_json::to_vec_pretty(&after).unwrap_or_default();
        self.write_atomically(&path, &bytes)
    }

    fn read_accepted(&self) -> Result<BySeries, RatesError> {
        let Some(bytes) = self.read_sidecar(FILE)? else { return Ok(BySeries::new()) };
        serde_json::from_slice(&bytes)
            .map_err(|error| RatesError::CorruptStore { path: self.folder.join(FILE), reason: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::IMPORT_SOURCE;
    use chrono::Utc;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn imported(date: &str, value: f64) -> StoredObservation {
        StoredObservation { date: day(date), value, source: IMPORT_SOURCE.into(), fetched_at: Utc::now() }
    }

    #[test]
    fn a_word_counts_until_another_value_of_the_day_is_imported() {
        let folder = tempfile::tempdir().unwrap();
        let store = RatesStore::open(folder.path()).unwrap();
        let accepted = BTreeMap::from([(day("2023-12-12"), 733.68), (day("2023-12-13"), 734.27)]);
        let both = [imported("2023-12-12", 733.68), imported("2023-12-13", 734.27)];
        store.import("usdars", &both, &accepted).unwrap();
        assert_eq!(store.accepted_values("usdars"), accepted);
        assert!(store.accepted_values("usdclp").is_empty());
        store.import("usdars", &[imported("2023-12-12", 733.68)], &BTreeMap::new()).unwrap();
        assert_eq!(store.accepted_values("usdars"), accepted, "the same file again takes nothing back");
        store.import("usdars", &[imported("2023-12-13", 337.0)], &BTreeMap::new()).unwrap();
        assert_eq!(store.accepted_values("usdars"), BTreeMap::from([(day("2023-12-12"), 733.68)]));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let store = RatesStore::open(folder.path()).unwrap();
        let path = folder.path().join("rates").join(FILE);
        std::fs::write(&path, "{ garbage").unwrap();
        assert!(store.accepted_values("usdars").is_empty());
        let error = store.import("usdars", &[imported("2023-12-12", 733.68)], &BTreeMap::new()).unwrap_err();
        assert!(error.to_string().contains("accepted.json is not a readable rates file"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{ garbage");
        assert_eq!(store.load("usdars").unwrap(), None);
    }
}
