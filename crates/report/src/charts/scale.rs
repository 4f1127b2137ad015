//! Maps values to positions and chooses the ticks.
//!
//! In: a domain, a range in user units, space for labels. Out: positions, round numbers, calendar dates.

use chrono::{Datelike, NaiveDate};

/// A linear map of `domain` onto `range`. A domain of zero width, but for rounding errors, is widened by a hundredth of its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Linear {
    domain: (f64, f64),
    range: (f64, f64),
}

impl Linear {
    pub(super) fn new((low, high): (f64, f64), range: (f64, f64)) -> Self {
        let domain = if high - low > 1e-9 * low.abs().max(high.abs()) {
            (low, high)
        } else {
            let reach = if low == 0.0 { 1.0 } else { 0.01 * low.abs() };
            (low - reach, low + reach)
        };
        Self { domain, range }
    }

    /// Widens the domain about its middle to at least `least`, so that what is below the printed precision stays flat.
    pub(super) fn spanning(self, least: f64) -> Self {
        let (low, high) = self.domain;
        let missing = (least - (high - low)).max(0.0) / 2.0;
        Self { domain: (low - missing, high + missing), ..self }
    }

    /// Returns a scale whose domain holds all finite `values` plus a margin of 5 %; 0 to 1 without any.
    pub(super) fn around(values: impl Iterator<Item = f64>, range: (f64, f64)) -> Self {
        let (low, high) = values
            .filter(|v| v.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if low > high {
            return Self::new((0.0, 1.0), range);
        }
        let bare = Self::new((low, high), range);
        let margin = 0.05 * (bare.domain.1 - bare.domain.0);
        Self { domain: (bare.domain.0 - margin, bare.domain.1 + margin), range }
    }

    pub(super) fn at(&self, value: f64) -> f64 {
        let (low, high) = self.domain;
        self.range.0 + (self.range.1 - self.range.0) * (value - low) / (high - low)
    }

    /// Returns the same domain mapped onto another range.
    pub(super) fn onto(self, range: (f64, f64)) -> Self {
        Self { range, ..self }
    }

    /// Returns at most `most` round numbers inside the domain, and the number of decimals they need.
    pub(super) fn ticks(&self, most: usize) -> (Vec<f64>, usize) {
        let (low, high) = self.domain;
        let (step, decimals) = round_step((high - low) / most.max(1) as f64);
        let first = (low / step).ceil();
        let ticks = (0..=most).map(|i| (first + i as f64) * step).take_while(|t| *t <= high + step * 1e-9);
        (ticks.collect(), decimals)
    }
}

/// Returns the smallest of 1, 2, 2.5 and 5 times a power of ten that is at least `raw`, and the decimals it needs.
fn round_step(raw: f64) -> (f64, usize) {
    let magnitude = raw.log10().floor();
    let power = 10f64.powf(magnitude);
    let (factor, extra) = [(1.0, 0.0), (2.0, 0.0), (2.5, 1.0), (5.0, 0.0), (10.0, -1.0)]
        .into_iter()
        .find(|(factor, _)| factor * power >= raw * (1.0 - 1e-9))
        .unwrap_or((10.0, -1.0));
    (factor * power, (extra - magnitude).clamp(0.0, 15.0) as usize)
}

/// A map of dates onto positions, linear in calendar days.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time {
    first: NaiveDate,
    last: NaiveDate,
    scale: Linear,
}

impl Time {
    pub(super) fn new(first: NaiveDate, last: NaiveDate, range: (f64, f64)) -> Self {
        let day = |date: NaiveDate| f64::from(date.num_days_from_ce());
        let domain = if last > first { (day(first), day(last)) } else { (day(first) - 1.0, day(first) + 1.0) };
        Self { first, last, scale: Linear { domain, range } }
    }

    pub(super) fn at(&self, date: NaiveDate) -> f64 {
        self.scale.at(f64::from(date.num_days_from_ce()))
    }

    /// Returns dates at regular calendar steps, at least `gap` apart: as many as fit, or only the last if none fit.
    pub(super) fn ticks(&self, gap: f64) -> Vec<NaiveDate> {
        let fits = |dates: &Vec<NaiveDate>| {
            !dates.is_empty() && dates.windows(2).all(|w| self.at(w[1]) - self.at(w[0]) >= gap)
        };
        let steps = [
            Step::Days,
            Step::Weeks(1),
            Step::Weeks(2),
            Step::Months(1),
            Step::Months(2),
            Step::Months(3),
            Step::Months(6),
            Step::Months(12),
        ];
        steps.iter().map(|step| self.dates(*step)).find(fits).unwrap_or_else(|| vec![self.last])
    }

    fn dates(&self, step: Step) -> Vec<NaiveDate> {
        let days = self.first.iter_days().take_while(|d| *d <= self.last);
        match step {
            Step::Days => days.filter(|d| d.weekday().num_days_from_monday() < 5).collect(),
            // Day 1 of the common era was a Monday.
            Step::Weeks(k) => days.filter(|d| (d.num_days_from_ce() - 1).rem_euclid(7 * k) == 0).collect(),
            Step::Months(k) => days.filter(|d| d.day() == 1 && d.month0().is_multiple_of(k)).collect(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// Every weekday.
    Days,
    /// Every k-th Monday.
    Weeks(i32),
    /// The first day of every k-th month.
    Months(u32),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(low: f64, high: f64, most: usize) -> (Vec<f64>, usize) {
        Linear::new((low, high), (0.0, 1.0)).ticks(most)
    }

    #[test]
    fn ticks_are_round_numbers_inside_the_domain() {
        assert_eq!(ticks(937.2, 1013.8, 6), (vec![940.0, 960.0, 980.0, 1000.0], 0));
        assert_eq!(ticks(0.0, 1.0, 5), (vec![0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0], 1));
        assert_eq!(ticks(950.1, 959.9, 4), (vec![952.5, 955.0, 957.5], 1));
        assert_eq!(ticks(1.071, 1.094, 6), (vec![1.075, 1.08, 1.085, 1.09], 3));
        assert_eq!(ticks(0.0, 95.0, 5), (vec![0.0, 20.0, 40.0, 60.0, 80.0], 0));
    }

    #[test]
    fn there_are_never_more_ticks_than_asked_for_and_one() {
        for high in [1.0, 3.3, 47.0, 999.0, 12345.0] {
            for most in 2..9 {
                let (ticks, _) = ticks(0.0, high, most);
                assert!((2..=most + 1).contains(&ticks.len()), "{high} {most}: {ticks:?}");
            }
        }
    }

    #[test]
    fn a_flat_domain_still_maps_to_the_middle() {
        let flat = Linear::around([950.0, 950.0].into_iter(), (0.0, 100.0));
        assert!((flat.at(950.0) - 50.0).abs() < 1e-9);
        assert!(flat.ticks(5).0.len() >= 2);
        let tiny = Linear::around([2.5e-7, 2.5e-7].into_iter(), (0.0, 100.0));
        assert!(tiny.ticks(5).0.iter().all(|tick| *tick > 2.4e-7), "no negative price: {:?}", tiny.ticks(5));
        assert!(Linear::around(std::iter::empty(), (0.0, 1.0)).at(0.5).is_finite());
    }

    #[test]
    fn rounding_errors_stay_flat() {
        let noise = [0.1 + 0.2, 0.3, 0.3 - 1e-16].into_iter();
        assert!(Linear::around(noise, (0.0, 100.0)).ticks(5).1 <= 4);
        let changes = Linear::around([0.0, 3e-17, -1e-17].into_iter(), (0.0, 100.0)).spanning(0.0005);
        assert_eq!(changes.ticks(4).1, 4, "{:?}", changes.ticks(4));
        assert!((changes.at(0.0) - 50.0).abs() < 1e-6);
        let wide = Linear::new((1.0, 2.0), (0.0, 1.0)).spanning(0.5);
        assert_eq!(wide.ticks(5), Linear::new((1.0, 2.0), (0.0, 1.0)).ticks(5), "never narrower");
        assert_eq!(Linear::around([0.0, 0.0].into_iter(), (0.0, 1.0)).ticks(3), (vec![-1.0, 0.0, 1.0], 0));
    }

    #[test]
    fn dates_step_with_the_calendar_and_keep_their_distance() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let time = |first: &str, last: &str| Time::new(day(first), day(last), (0.0, 560.0));
        let week = time("2025-01-01", "2025-01-20").ticks(60.0);
        assert_eq!(week, [day("2025-01-06"), day("2025-01-13"), day("2025-01-20")]);
        let quarter = time("2024-10-10", "2025-02-03").ticks(60.0);
        assert!(quarter.windows(2).all(|w| (w[1] - w[0]).num_days() == 14), "{quarter:?}");
        let year = time("2024-01-10", "2025-02-03").ticks(60.0);
        assert!(year.iter().all(|d| d.day() == 1) && year.len() > 4, "{year:?}");
        assert_eq!(time("2025-01-13", "2025-01-13").ticks(60.0), [day("2025-01-13")]);
    }
}
