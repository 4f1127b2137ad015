//! Named daily series of positive values, strictly increasing in date. A revised series may also carry its superseded
//! values, so that cutting it at a date shows the values as they were known on that date.

use crate::error::DomainError;
use chrono::NaiveDate;
use std::sync::Arc;

/// One value of a daily series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// Day the value belongs to.
    pub date: NaiveDate,
    /// Value, in the series' own unit.
    pub value: f64,
}

/// Value that has been replaced by a revision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Superseded {
    /// Day the value belongs to.
    pub date: NaiveDate,
    /// Superseded value, in the series' own unit.
    pub value: f64,
    /// First day on which another value was known. Before that day this value was the known one, or one superseded
    /// earlier still.
    pub until: NaiveDate,
}

/// Named daily series with at least one observation, strictly increasing dates and positive finite values. Cutting it
/// ([`Series::until`], [`Series::last`]) is cheap: the values are shared, unless some of them were different on the
/// day of the cut.
#[derive(Debug, Clone)]
pub struct Series {
    name: Arc<str>,
    dates: Arc<[NaiveDate]>,
    values: Arc<[f64]>,
    start: usize,
    end: usize,
    /// Sorted by `until`. Entries after the first `superseded_count` had not been superseded yet when the series was cut.
    superseded: Arc<[Superseded]>,
    superseded_count: usize,
}

impl Series {
    /// Creates a series from `observations`, oldest first, after checking them.
    ///
    /// # Errors
    /// When there are none, when a date does not come after the one before it, or when a value is not a
    /// positive finite number.
    pub fn new(name: &str, observations: &[Observation]) -> Result<Self, DomainError> {
        let series = name.to_owned();
        if observations.is_empty() {
            return Err(DomainError::EmptySeries { series });
        }
        if let Some(w) = observations.windows(2).find(|w| w[1].date <= w[0].date) {
            return Err(DomainError::UnorderedSeries { series, date: w[1].date, previous: w[0].date });
        }
        if let Some(o) = observations.iter().find(|o| !o.value.is_finite() || o.value <= 0.0) {
            return Err(DomainError::BadValue { series, date: o.date, value: o.value });
        }
        Ok(Self {
            name: name.into(),
            dates: observations.iter().map(|o| o.date).collect(),
            values: observations.iter().map(|o| o.value).collect(),
            start: 0,
            end: observations.len(),
            superseded: [].into(),
            superseded_count: 0,
        })
    }

    /// Returns the series with these superseded values, in the order in which they were superseded; they replace any
    /// it had. Among entries with the same date and day, the first one given was visible before that day. An entry
    /// that is not a positive finite number, or on a date that is not in the series, is ignored: it was never
    /// visible.
    pub fn with_superseded(self, mut superseded: Vec<Superseded>) -> Self {
        superseded.retain(|s| s.value.is_finite() && s.value > 0.0 && self.value_on(s.date).is_some());
        superseded.sort_by_key(|s| s.until);
        Self { superseded_count: superseded.len(), superseded: superseded.into(), ..self }
    }

    /// Superseded values, ordered by the day until which they counted.
    pub fn superseded(&self) -> &[Superseded] {
        &self.superseded[..self.superseded_count]
    }

    /// Name of the series, lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Dates `[len]`, strictly increasing.
    pub fn dates(&self) -> &[NaiveDate] {
        &self.dates[self.start..self.end]
    }

    /// Values `[len]`, in the series' unit.
    pub fn values(&self) -> &[f64] {
        &self.values[self.start..self.end]
    }

    /// Number of observations, at least one.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// First date.
    pub fn first_date(&self) -> NaiveDate {
        self.dates[self.start]
    }

    /// Last date.
    pub fn last_date(&self) -> NaiveDate {
        self.dates[self.end - 1]
    }

    /// Last value.
    pub fn last_value(&self) -> f64 {
        self.values[self.end - 1]
    }

    /// Value on exactly `date`.
    pub fn value_on(&self, date: NaiveDate) -> Option<f64> {
        self.dates().binary_search(&date).ok().map(|i| self.values()[i])
    }

    /// Index of the last observation on or before `date`.
    pub fn index_at_or_before(&self, date: NaiveDate) -> Option<usize> {
        self.dates().partition_point(|d| *d <= date).checked_sub(1)
    }

    /// Returns the part up to and including `date` as known on that day; `None` when nothing is that old.
    pub fn until(&self, date: NaiveDate) -> Option<Self> {
        self.until_known(date, date)
    }

    /// Returns the part up to and including `date`, with the values known at the end of day `known_on`: for each date
    /// revised since, the value first superseded after that day. `None` when nothing is that old.
    pub fn until_known(&self, date: NaiveDate, known_on: NaiveDate) -> Option<Self> {
        let mut cut = self.dated_until(date)?;
        let succeeded = cut.superseded().partition_point(|s| s.until <= known_on);
        let mut values: Option<Vec<f64>> = None;
        // Backwards, so that the value superseded first is applied last.
        for superseded in cut.superseded()[succeeded..].iter().rev() {
            let Ok(i) = cut.dates().binary_search(&superseded.date) else { continue };
            let i = cut.start + i;
            if values.as_deref().unwrap_or(&cut.values)[i] != superseded.value {
                values.get_or_insert_with(|| cut.values.to_vec())[i] = superseded.value;
            }
        }
        if let Some(values) = values {
            cut.values = values.into();
        }
        cut.superseded_count = succeeded;
        Some(cut)
    }

    /// Returns the part up to and including `date`, with the values known now; `None` when nothing is that old.
    pub(crate) fn dated_until(&self, date: NaiveDate) -> Option<Self> {
        let last = self.index_at_or_before(date)?;
        Some(Self { end: self.start + last + 1, ..self.clone() })
    }

    /// Returns the last `count` observations, or all when there are fewer; a `count` of 0 counts as 1.
    pub fn last(&self, count: usize) -> Self {
        Self { start: self.start.max(self.end.saturating_sub(count.max(1))), ..self.clone() }
    }

    /// Returns the series with each value, superseded ones included, multiplied by the positive `factor` of its date.
    #[must_use]
    pub fn rescaled(&self, factor: impl Fn(NaiveDate) -> f64) -> Self {
        let dates: Arc<[NaiveDate]> = self.dates().into();
        let values: Arc<[f64]> = self.observations().map(|o| o.value * factor(o.date)).collect();
        let scaled = |s: &Superseded| Superseded { value: s.value * factor(s.date), ..*s };
        let superseded: Arc<[Superseded]> = self.superseded().iter().map(scaled).collect();
        Self { start: 0, end: dates.len(), dates, values, superseded, ..self.clone() }
    }

    /// The observations, oldest first.
    pub fn observations(&self) -> impl ExactSizeIterator<Item = Observation> + '_ {
        self.dates().iter().zip(self.values()).map(|(&date, &value)| Observation { date, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 1, d).unwrap()
    }

    fn observations(pairs: &[(u32, f64)]) -> Vec<Observation> {
        pairs.iter().map(|&(d, value)| Observation { date: day(d), value }).collect()
    }

    #[test]
    fn a_series_refuses_disorder_and_impossible_values() {
        let refuse = |pairs: &[(u32, f64)]| Series::new("x", &observations(pairs)).unwrap_err().to_string();
        assert!(refuse(&[]).contains("no observations"));
        assert!(refuse(&[(2, 1.0), (2, 1.0)]).contains("2024-01-02 does not come after 2024-01-02"));
        assert!(refuse(&[(2, 1.0), (3, 0.0)]).contains("2024-01-03 has value 0"));
        assert!(refuse(&[(2, f64::NAN)]).contains("NaN"));
    }

    #[test]
    fn cutting_keeps_exactly_what_was_known() {
        let series = Series::new("x", &observations(&[(2, 1.0), (3, 2.0), (8, 3.0)])).unwrap();
        let cut = series.until(day(7)).unwrap();
        assert_eq!(cut.dates(), [day(2), day(3)]);
        assert_eq!(cut.last(1).values(), [2.0]);
        assert_eq!(cut.value_on(day(8)), None);
        assert!(series.until(day(1)).is_none());
    }

    fn superseded(entries: &[(u32, f64, u32)]) -> Vec<Superseded> {
        entries.iter().map(|&(d, value, until)| Superseded { date: day(d), value, until: day(until) }).collect()
    }

    /// Day 2 was 1.0, from day 5 on 1.5, from day 9 on 2.0; day 3 was 3.0, from day 5 on 3.5; days 4 and 8 never
    /// changed.
    fn revised() -> Series {
        let current = Series::new("x", &observations(&[(2, 2.0), (3, 3.5), (4, 4.0), (8, 8.0)])).unwrap();
        current.with_superseded(superseded(&[(2, 1.5, 9), (3, 3.0, 5), (2, 1.0, 5)]))
    }

    #[test]
    fn a_cut_shows_the_values_that_were_known_on_its_day() {
        let seen = |d| revised().until(day(d)).unwrap().values().to_vec();
        assert_eq!(seen(2), [1.0]);
        assert_eq!(seen(4), [1.0, 3.0, 4.0]);
        // On the day of the revision itself the new value is known.
        assert_eq!(seen(5), [1.5, 3.5, 4.0]);
        assert_eq!(seen(8), [1.5, 3.5, 4.0, 8.0]);
        assert_eq!(seen(9), [2.0, 3.5, 4.0, 8.0]);
        assert_eq!(revised().values(), [2.0, 3.5, 4.0, 8.0]);
    }

    #[test]
    fn the_day_of_knowing_may_be_another_than_the_day_of_the_cut() {
        let seen = |date, known| revised().until_known(day(date), day(known)).unwrap().values().to_vec();
        assert_eq!(seen(3, 4), [1.0, 3.0]);
        assert_eq!(seen(3, 5), [1.5, 3.5]);
        assert_eq!(seen(3, 20), [2.0, 3.5]);
    }

    #[test]
    fn what_a_cut_did_not_know_cannot_be_learnt_from_it() {
        let cut = revised().until(day(8)).unwrap();
        assert_eq!(cut.until(day(20)).unwrap().values(), [1.5, 3.5, 4.0, 8.0]);
        assert_eq!(cut.until(day(4)).unwrap().values(), [1.0, 3.0, 4.0]);
        assert_eq!(cut.superseded(), superseded(&[(3, 3.0, 5), (2, 1.0, 5)]));
        let early = revised().until(day(4)).unwrap();
        assert!(early.superseded().is_empty());
        assert_eq!(early.until(day(20)).unwrap().values(), [1.0, 3.0, 4.0]);
    }

    #[test]
    fn a_rescaled_series_shows_earlier_versions_in_the_same_scale() {
        let halved_before_day_4 = |date: NaiveDate| if date < day(4) { 0.5 } else { 1.0 };
        let scaled = revised().last(3).rescaled(halved_before_day_4);
        assert_eq!(scaled.values(), [1.75, 4.0, 8.0]);
        assert_eq!(scaled.until(day(4)).unwrap().values(), [1.5, 4.0]);
        assert_eq!(scaled.name(), "x");
    }

    #[test]
    fn the_last_observations_of_a_revised_series_can_be_cut_too() {
        let last = revised().last(3);
        assert_eq!(last.until(day(4)).unwrap().values(), [3.0, 4.0]);
        assert_eq!(revised().until(day(4)).unwrap().last(2).values(), [3.0, 4.0]);
    }

    #[test]
    fn nothing_is_copied_unless_a_value_differs() {
        let shares = |series: &Series, d| Arc::ptr_eq(&series.values, &series.until(day(d)).unwrap().values);
        let series = revised();
        assert!(shares(&series.clone().with_superseded(vec![]), 4));
        assert!(shares(&series, 9));
        assert!(!shares(&series, 8));
        // Revised and restored within the time, or revised on a date that is cut off.
        assert!(shares(&series.clone().with_superseded(superseded(&[(2, 2.0, 9)])), 4));
        assert!(shares(&series.with_superseded(superseded(&[(8, 9.0, 9)])), 4));
    }

    #[test]
    fn impossible_superseded_values_are_ignored_and_of_one_day_the_first_counts() {
        let series = revised().with_superseded(superseded(&[
            (2, 0.0, 5),
            (3, f64::NAN, 5),
            (7, 1.0, 20),
            (4, 4.1, 6),
            (4, 4.2, 6),
        ]));
        assert_eq!(series.until(day(4)).unwrap().values(), [2.0, 3.5, 4.1]);
        assert_eq!(series.superseded().len(), 2);
    }
}
