//! The history a forecast may know: the pair up to its as-of date, and regressors up to what had been
//! published by then.

use crate::{DomainError, Series, SpotGap};
use chrono::{Days, NaiveDate};
use std::fmt;

/// A regressor whose newest value is older than this at the as-of date has ended: long enough for any run of
/// holidays, too short to pass an ended series off as news.
const MAX_AGE_DAYS: u64 = 7;
/// A regressor may stand still for this many observations of the pair in a row, a week, before it counts as missing.
/// Counted in the pair's observations, so that a stretch without either is no fault of the regressor.
const MAX_STILL: usize = 5;

/// A series that may help to forecast the pair, and how late it is known.
#[derive(Debug, Clone)]
pub struct Regressor {
    /// The series itself.
    pub series: Series,
    /// Calendar days between a value's own date and the first as-of date at which it is known. The dólar
    /// observado of day t averages the trades of the day before and is published that evening, while market
    /// closes of day t are not known on the morning of t: hence 1.
    pub lag_days: u16,
}

impl Regressor {
    /// The part of it that is known at `as_of`; `None` when nothing is.
    fn known_at(self, as_of: NaiveDate) -> Option<Self> {
        let known = self.series.until(as_of - Days::new(u64::from(self.lag_days)))?;
        Some(Self { series: known, ..self })
    }
}

/// A regressor's values on the dates of the pair, as they were known on each of those dates.
#[derive(Debug, Clone)]
pub struct AlignedRegressor {
    /// Name of the series.
    pub name: String,
    /// Values `[len of the pair's window]`, in the regressor's unit.
    pub values: Vec<f64>,
}

/// Whether a regressor could be used in a window, and if not, why.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressorStatus {
    /// Name of the series.
    pub name: String,
    /// `None` when usable, else the reason it was left out.
    pub left_out: Option<RegressorGap>,
}

/// Why a regressor cannot be used in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegressorGap {
    /// It had ended by the as-of date.
    Ended {
        /// Its last date.
        last: NaiveDate,
        /// The as-of date.
        as_of: NaiveDate,
    },
    /// It starts after the window does.
    StartsLate {
        /// Its first date.
        first: NaiveDate,
        /// The window's first date.
        window: NaiveDate,
    },
    /// It has no value for too long within the window.
    Hole {
        /// Last date with a value before the hole.
        from: NaiveDate,
        /// First date, lag taken off, at which the hole was too long.
        to: NaiveDate,
    },
    /// Market quotes of the pair: they are known on too few dates of the window.
    TooFew {
        /// Dates with a quote.
        known: usize,
        /// Dates needed.
        needed: usize,
    },
    /// Market quotes of the pair: the newest is too far from the official rate to be one.
    Broken {
        /// Date of the quote.
        date: NaiveDate,
    },
}

impl fmt::Display for RegressorGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended { last, as_of } => write!(f, "ends on {last}, before the pair ({as_of})"),
            Self::StartsLate { first, window } => write!(f, "starts on {first}, after the window ({window})"),
            Self::Hole { from, to } => write!(f, "has no value from {from} to {to}"),
            Self::TooFew { known, needed } => write!(f, "is known on {known} dates, of the {needed} needed"),
            Self::Broken { date } => write!(f, "is too far from the pair on {date}"),
        }
    }
}

/// All that may be known at the as-of date: the pair's series, whose last date *is* the as-of date, its regressors,
/// and market quotes of the pair itself. Nothing later than the as-of date is in it.
#[derive(Debug, Clone)]
pub struct History {
    pair: Series,
    regressors: Vec<Regressor>,
    spot: Option<Regressor>,
}

impl History {
    /// Binds the pair's series with its regressors; values a regressor could not have shown by the pair's last
    /// date are cut off, and one with nothing left is dropped.
    pub fn new(pair: Series, regressors: Vec<Regressor>) -> Self {
        let as_of = pair.last_date();
        let regressors = regressors.into_iter().filter_map(|r| r.known_at(as_of)).collect();
        Self { pair, regressors, spot: None }
    }

    /// The same with market quotes of the pair, cut to what was known at the as-of date. `spot` is dated at the day of
    /// the trades that a quote closes; it need not reach back over the whole history.
    #[must_use]
    pub fn with_spot(self, spot: Regressor) -> Self {
        Self { spot: spot.known_at(self.as_of()), ..self }
    }

    /// Date of the last observation of the pair.
    pub fn as_of(&self) -> NaiveDate {
        self.pair.last_date()
    }

    /// The pair's series, quote currency per unit of base currency.
    pub fn pair(&self) -> &Series {
        &self.pair
    }

    /// The regressors, cut to what was known at the as-of date.
    pub fn regressors(&self) -> &[Regressor] {
        &self.regressors
    }

    /// Market quotes of the pair, cut to what was known at the as-of date.
    pub fn spot(&self) -> Option<&Regressor> {
        self.spot.as_ref()
    }

    /// What was known at the last observation on or before `date`.
    ///
    /// # Errors
    /// When the pair has no observation that old.
    pub fn until(&self, date: NaiveDate) -> Result<Self, DomainError> {
        let pair = self.pair.until(date).ok_or_else(|| DomainError::AsOfBeforeHistory {
            series: self.pair.name().to_owned(),
            first: self.pair.first_date(),
            as_of: date,
        })?;
        let history = Self::new(pair, self.regressors.clone());
        Ok(match &self.spot {
            Some(spot) => history.with_spot(spot.clone()),
            None => history,
        })
    }

    /// The same as-of date, with only the last `lookback` observations of the pair.
    pub fn window(&self, lookback: usize) -> Self {
        Self { pair: self.pair.last(lookback), regressors: self.regressors.clone(), spot: self.spot.clone() }
    }

    /// Log returns of the pair `[len - 1]`, oldest first: ln(p_t / p_{t-1}).
    pub fn log_returns(&self) -> Vec<f64> {
        self.pair.values().windows(2).map(|w| (w[1] / w[0]).ln()).collect()
    }

    /// The regressors that can be used over the whole window, aligned with the pair's dates, and the status of
    /// every one.
    ///
    /// At pair date t a regressor's value is its last one dated t - lag or earlier: what was known at t. One that had
    /// ended by the as-of date (no value for seven days), that starts after the window does, or that stands still for
    /// more than five observations of the pair in a row is left out.
    pub fn aligned_regressors(&self) -> (Vec<AlignedRegressor>, Vec<RegressorStatus>) {
        let mut aligned = Vec::new();
        let mut statuses = Vec::new();
        for regressor in &self.regressors {
            let result = self.align(regressor);
            let status = |left_out| RegressorStatus { name: regressor.series.name().to_owned(), left_out };
            match result {
                Ok(values) => {
                    statuses.push(status(None));
                    aligned.push(AlignedRegressor { name: regressor.series.name().to_owned(), values });
                }
                Err(reason) => statuses.push(status(Some(reason))),
            }
        }
        (aligned, statuses)
    }

    /// How far the market's quote is from the official rate on each date of the window; `None` without quotes.
    ///
    /// # Errors
    /// Why the quotes cannot be used: none of the last day of trading, a broken one, too few before.
    pub fn spot_gap(&self) -> Result<Option<SpotGap>, RegressorGap> {
        self.spot.as_ref().map(|spot| SpotGap::new(&self.pair, spot)).transpose()
    }

    fn align(&self, regressor: &Regressor) -> Result<Vec<f64>, RegressorGap> {
        let (dates, values) = (regressor.series.dates(), regressor.series.values());
        let lag = Days::new(u64::from(regressor.lag_days));
        let as_of = self.as_of();
        if dates[dates.len() - 1] + Days::new(MAX_AGE_DAYS) + lag < as_of {
            return Err(RegressorGap::Ended { last: dates[dates.len() - 1], as_of });
        }
        let (mut known, mut still) = (0, 0);
        let mut aligned = Vec::with_capacity(self.pair.len());
        for &date in self.pair.dates() {
            let before = known;
            while known < dates.len() && dates[known] <= date - lag {
                known += 1;
            }
            let Some(newest) = known.checked_sub(1) else {
                return Err(RegressorGap::StartsLate { first: dates[0], window: date });
            };
            still = if known > before { 0 } else { still + 1 };
            if still > MAX_STILL {
                return Err(RegressorGap::Hole { from: dates[newest], to: date - lag });
            }
            aligned.push(values[newest]);
        }
        Ok(aligned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Observation;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn weekdays(name: &str, from: &str, count: usize) -> Series {
        let observations: Vec<_> = day(from)
            .iter_days()
            .filter(|d| crate::BusinessCalendar::weekdays().is_business_day(*d))
            .take(count)
            .enumerate()
            .map(|(i, date)| Observation { date, value: 100.0 + i as f64 })
            .collect();
        Series::new(name, &observations).unwrap()
    }

    #[test]
    fn a_regressor_is_seen_only_after_its_lag() {
        let regressor = Regressor { series: weekdays("dxy", "2024-01-01", 20), lag_days: 1 };
        let history = History::new(weekdays("usdclp", "2024-01-08", 10), vec![regressor]);
        let (aligned, statuses) = history.aligned_regressors();
        assert_eq!(statuses[0].left_out, None);
        // Monday 2024-01-08 knows Friday's value (the fifth), Tuesday knows Monday's.
        assert_eq!(aligned[0].values[..2], [104.0, 105.0]);
        assert!(history.regressors()[0].series.last_date() < history.as_of());
    }

    #[test]
    fn a_regressor_that_ends_early_is_left_out_and_says_so() {
        let regressor = Regressor { series: weekdays("dxy", "2024-01-01", 10), lag_days: 1 };
        let history = History::new(weekdays("usdclp", "2024-01-02", 30), vec![regressor]);
        let (aligned, statuses) = history.aligned_regressors();
        assert!(aligned.is_empty());
        let reason = statuses[0].left_out.unwrap().to_string();
        assert_eq!(reason, "ends on 2024-01-12, before the pair (2024-02-12)");
        // While it was alive it was usable.
        let (aligned, _) = history.until(day("2024-01-15")).unwrap().aligned_regressors();
        assert_eq!(aligned.len(), 1);
    }

    #[test]
    fn a_regressor_with_a_long_hole_or_a_late_start_is_left_out() {
        let mut observations: Vec<_> = weekdays("dxy", "2024-01-01", 40).observations().collect();
        observations.drain(10..20);
        let holed = Regressor { series: Series::new("dxy", &observations).unwrap(), lag_days: 0 };
        let late = Regressor { series: weekdays("usdbrl", "2024-01-10", 40), lag_days: 0 };
        let history = History::new(weekdays("usdclp", "2024-01-01", 40), vec![holed, late]);
        let reasons: Vec<_> =
            history.aligned_regressors().1.iter().filter_map(|s| Some(s.left_out?.to_string())).collect();
        assert_eq!(
            reasons,
            ["has no value from 2024-01-12 to 2024-01-22", "starts on 2024-01-10, after the window (2024-01-01)"]
        );
    }

    #[test]
    fn an_as_of_before_the_first_observation_is_refused() {
        let history = History::new(weekdays("usdclp", "2024-01-02", 30), vec![]);
        let error = history.until(day("2023-12-31")).unwrap_err().to_string();
        assert_eq!(error, "series 'usdclp' starts on 2024-01-02; there is nothing on or before 2023-12-31");
    }
}
