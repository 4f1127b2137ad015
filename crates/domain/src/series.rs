//! A named daily series of positive values, strictly increasing in date.

use crate::DomainError;
use chrono::NaiveDate;
use std::sync::Arc;

/// One value of a daily series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// Day the value belongs to.
    pub date: NaiveDate,
    /// Its value, in the series' own unit.
    pub value: f64,
}

/// A named daily series. One that exists has at least one observation, strictly increasing dates and
/// positive finite values. Cutting it ([`Series::until`], [`Series::last`]) is cheap: the values are shared.
#[derive(Debug, Clone)]
pub struct Series {
    name: Arc<str>,
    dates: Arc<[NaiveDate]>,
    values: Arc<[f64]>,
    start: usize,
    end: usize,
}

impl Series {
    /// Checks and takes over `observations`, oldest first.
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
        })
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

    /// The part up to and including `date`; `None` when nothing is that old.
    pub fn until(&self, date: NaiveDate) -> Option<Self> {
        let last = self.index_at_or_before(date)?;
        Some(Self { end: self.start + last + 1, ..self.clone() })
    }

    /// The last `count` observations, or all when there are fewer; `count` of 0 counts as 1.
    pub fn last(&self, count: usize) -> Self {
        Self { start: self.start.max(self.end.saturating_sub(count.max(1))), ..self.clone() }
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
}
