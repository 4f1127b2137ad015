//! Versions of a series' dates. In: rows sorted by date and time of fetching. Out: the current values, those that
//! were current at an instant, or those that no longer are. The newest version of a date is its current value.

use super::observation::StoredObservation;
use chrono::{DateTime, Utc};
use forecaster_domain::Superseded;

/// Returns the current value of each date of `versions`.
pub(crate) fn current(versions: &[StoredObservation]) -> Vec<StoredObservation> {
    by_date(versions).filter_map(|of_date| of_date.last().cloned()).collect()
}

/// Returns the value of each date as known at `instant`: its last version fetched by then. A date without one gets
/// its first version: no sync ran then, and the first value known is the best guess of the published one.
///
/// The `versions` must be sorted as [`RatesStore::load_versions`](crate::RatesStore::load_versions) returns them.
pub fn known_at(versions: &[StoredObservation], instant: DateTime<Utc>) -> Vec<StoredObservation> {
    let known = |of_date: &[StoredObservation]| {
        let fetched = of_date.partition_point(|version| version.fetched_at <= instant);
        of_date.get(fetched.saturating_sub(1)).cloned()
    };
    by_date(versions).filter_map(known).collect()
}

/// Returns the values that are no longer current, each until the UTC day on which the next version was fetched.
pub(crate) fn superseded(versions: &[StoredObservation]) -> impl Iterator<Item = Superseded> {
    by_date(versions).flat_map(|of_date| of_date.windows(2)).map(|pair| Superseded {
        date: pair[0].date,
        value: pair[0].value,
        until: pair[1].fetched_at.date_naive(),
    })
}

/// Returns the versions of each date, oldest first.
fn by_date(versions: &[StoredObservation]) -> impl Iterator<Item = &[StoredObservation]> {
    versions.chunk_by(|a, b| a.date == b.date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(date: &str, hour: u32) -> DateTime<Utc> {
        day(date).and_hms_opt(hour, 0, 0).unwrap().and_utc()
    }

    fn version(date: &str, value: f64, fetched_at: DateTime<Utc>) -> StoredObservation {
        StoredObservation { date: day(date), value, source: "a".into(), fetched_at }
    }

    fn values(versions: &[StoredObservation]) -> Vec<f64> {
        versions.iter().map(|version| version.value).collect()
    }

    #[test]
    fn an_instant_knows_the_last_version_fetched_by_then_and_else_the_first() {
        let versions = [
            version("2025-01-02", 1.0, at("2025-01-02", 12)),
            version("2025-01-02", 2.0, at("2025-01-03", 12)),
            version("2025-01-02", 3.0, at("2025-01-06", 12)),
            version("2025-01-03", 4.0, at("2025-01-06", 12)),
        ];
        assert_eq!(values(&known_at(&versions, at("2025-01-01", 0))), [1.0, 4.0]);
        assert_eq!(values(&known_at(&versions, at("2025-01-03", 11))), [1.0, 4.0]);
        assert_eq!(values(&known_at(&versions, at("2025-01-03", 12))), [2.0, 4.0]);
        assert_eq!(values(&known_at(&versions, at("2025-01-07", 0))), [3.0, 4.0]);
        assert_eq!(values(&current(&versions)), [3.0, 4.0]);
        assert_eq!(known_at(&[], at("2025-01-07", 0)), []);
    }

    #[test]
    fn a_value_is_superseded_on_the_day_another_one_is_fetched() {
        let versions = [
            version("2025-01-02", 1.0, at("2025-01-02", 12)),
            version("2025-01-02", 2.0, at("2025-01-03", 23)),
            version("2025-01-02", 3.0, at("2025-01-06", 0)),
            version("2025-01-03", 4.0, at("2025-01-06", 12)),
        ];
        let was = |value, until| Superseded { date: day("2025-01-02"), value, until: day(until) };
        let found: Vec<Superseded> = superseded(&versions).collect();
        assert_eq!(found, [was(1.0, "2025-01-03"), was(2.0, "2025-01-06")]);
    }
}
