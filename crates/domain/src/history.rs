//! The history a forecast may know: the pair up to its as-of date, and regressors up to what had been published by
//! then. One that is cut at an earlier date shows the values as they were known on that date; what came of a forecast
//! is to be read from the uncut one.

use crate::error::DomainError;
use crate::publication::ClockTime;
use crate::regressor::{AlignedRegressor, Regressor, RegressorGap, RegressorStatus};
use crate::series::Series;
use crate::spot::SpotGap;
use chrono::{Days, NaiveDate};
use std::sync::OnceLock;

/// A regressor whose newest value is older than this at the as-of date has ended: long enough for any run of
/// holidays, too short to pass an ended series off as news.
const MAX_AGE_DAYS: u64 = 7;
/// A regressor may stand still for this many observations of the pair in a row, a week, before it counts as missing.
/// Counted in the pair's observations, so that a stretch without either is no fault of the regressor.
const MAX_STILL: usize = 5;

/// All that may be known at the as-of date: the pair's series, whose last date *is* the as-of date, its regressors,
/// and market quotes of the pair itself. Nothing later than the as-of date is in it.
#[derive(Debug, Clone)]
pub struct History {
    pair: Series,
    regressors: Vec<Regressor>,
    spot: Option<Regressor>,
    /// Time of day at which forecasts are made on an as-of date; `None`: at its end.
    made_at: Option<ClockTime>,
    /// Whether all that is at hand is known on the last date, whatever its time of publication: it is now.
    is_now: bool,
    /// The gap between quote and official rate, reckoned when it is first asked for.
    gap: OnceLock<Result<Option<SpotGap>, RegressorGap>>,
}

impl History {
    /// Binds the pair's series with its regressors; values a regressor could not have shown by the pair's last
    /// date are cut off, and one with nothing left is dropped.
    ///
    /// Values are taken as they stand: what has been revised since the pair's last date, over a weekend say, is
    /// known to whoever binds the series now.
    pub fn new(pair: Series, regressors: Vec<Regressor>) -> Self {
        let as_of = pair.last_date();
        let cut = |regressor: &Regressor| {
            cut_at(regressor, as_of - Days::new(u64::from(regressor.lag_days)), Series::dated_until)
        };
        let regressors = regressors.iter().filter_map(cut).collect();
        Self { regressors, pair, spot: None, made_at: None, is_now: true, gap: OnceLock::new() }
    }

    /// The same with market quotes of the pair, cut to what was known at the as-of date. `spot` is dated at the day of
    /// the trades that a quote closes; it need not reach back over the whole history.
    #[must_use]
    pub fn with_spot(self, spot: Regressor) -> Self {
        let date = self.as_of() - Days::new(u64::from(spot.lag_days));
        Self { spot: cut_at(&spot, date, Series::dated_until), gap: OnceLock::new(), ..self }
    }

    /// The same without market quotes.
    #[must_use]
    pub fn without_quotes(self) -> Self {
        Self { spot: None, gap: OnceLock::new(), ..self }
    }

    /// The same for forecasts that are made at this time of an as-of date: of a series with a time of publication they
    /// know what had been published by then. With `is_now` all that is at hand counts as known on the last date: it
    /// is today, and whatever is at hand has been published.
    #[must_use]
    pub fn made_at(self, time: Option<ClockTime>, is_now: bool) -> Self {
        Self { made_at: time, is_now, gap: OnceLock::new(), ..self }
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

    /// What was known at the last observation on or before `date`: no later observation, and the values, of the
    /// regressors too, as they were known on the day of that observation.
    ///
    /// # Errors
    /// When the pair has no observation that old.
    pub fn until(&self, date: NaiveDate) -> Result<Self, DomainError> {
        let last = self.pair.index_at_or_before(date).map(|last| self.pair.dates()[last]);
        let pair = last.and_then(|as_of| self.pair.until(as_of)).ok_or_else(|| DomainError::AsOfBeforeHistory {
            series: self.pair.name().to_owned(),
            first: self.pair.first_date(),
            as_of: date,
        })?;
        let as_of = pair.last_date();
        let is_now = self.is_now && as_of == self.as_of();
        // A lag is about when a value is published first: a revision is seen on the day it is made.
        let known = |series: &Series, dated: NaiveDate| series.until_known(dated, as_of);
        let cut =
            |regressor: &Regressor| cut_at(regressor, known_until(regressor, as_of, self.made_at, is_now), known);
        let spot = self.spot.as_ref().and_then(cut);
        let regressors = self.regressors.iter().filter_map(cut).collect();
        Ok(Self { regressors, pair, spot, made_at: self.made_at, is_now, gap: OnceLock::new() })
    }

    /// The same as-of date, with only the last `lookback` observations of the pair.
    pub fn window(&self, lookback: usize) -> Self {
        Self { pair: self.pair.last(lookback), gap: OnceLock::new(), ..self.clone() }
    }

    /// The newest date of `regressor` that a forecast made on `date`, a date of the pair, knows.
    fn known_until(&self, regressor: &Regressor, date: NaiveDate) -> NaiveDate {
        known_until(regressor, date, self.made_at, self.is_now && date == self.as_of())
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
    pub fn spot_gap(&self) -> Result<Option<&SpotGap>, RegressorGap> {
        let gap = |spot| SpotGap::new(&self.pair, spot, |date| self.known_until(spot, date));
        let reckoned = self.gap.get_or_init(|| self.spot.as_ref().map(gap).transpose());
        reckoned.as_ref().map(Option::as_ref).map_err(|reason| *reason)
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
            let newest = self.known_until(regressor, date);
            while known < dates.len() && dates[known] <= newest {
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

/// The newest date of `regressor` that a forecast of `as_of` knows: all that is at hand when `is_now`.
fn known_until(regressor: &Regressor, as_of: NaiveDate, made_at: Option<ClockTime>, is_now: bool) -> NaiveDate {
    if is_now { as_of - Days::new(u64::from(regressor.lag_days)) } else { regressor.known_until(as_of, made_at) }
}

/// `regressor` cut by `cut` at `date`; `None` when nothing is left of it.
fn cut_at(
    regressor: &Regressor,
    date: NaiveDate,
    cut: impl Fn(&Series, NaiveDate) -> Option<Series>,
) -> Option<Regressor> {
    Some(Regressor { series: cut(&regressor.series, date)?, ..*regressor })
}

#[cfg(test)]
mod tests;
