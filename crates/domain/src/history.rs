//! Everything a forecast may know: the pair up to its as-of date, and regressors up to what had been published by
//! then. A history cut at an earlier date shows values as they were known on that date; outcomes of forecasts must be
//! read from the uncut history.

mod bounded;

use crate::error::DomainError;
use crate::gap::{Gap, bridging_factors};
use crate::publication::ClockTime;
use crate::regressor::{AlignedRegressor, ExclusionReason, Regressor, RegressorStatus};
use crate::series::Series;
use crate::spot::SpotGap;
use chrono::{Days, NaiveDate};
use std::sync::{Arc, OnceLock};

pub use bounded::BoundedHistory;

/// Age in days beyond which a regressor has ended at the as-of date, counted from its newest value: long enough for
/// any run of holidays, short enough that an ended series does not count as news.
const MAX_AGE_DAYS: u64 = 7;
/// Observations of the pair in a row, a week, for which a regressor may stand still before it counts as missing.
/// Counting the pair's observations avoids blaming the regressor for a stretch in which neither has values.
const MAX_STILL: usize = 5;

/// Everything known at the as-of date: the pair's series, whose last date *is* the as-of date, its regressors, and
/// market quotes of the pair itself. It contains nothing later than the as-of date.
#[derive(Debug, Clone)]
pub struct History {
    pair: Series,
    regressors: Vec<Regressor>,
    spot: Option<Regressor>,
    /// Time of day at which forecasts are made on an as-of date; `None` means at its end.
    made_at: Option<ClockTime>,
    /// True when the last date is today: all available values count as known, whatever their publication time.
    is_now: bool,
    /// Gaps in the pair's series, by date.
    gaps: Arc<[Gap]>,
    /// The pair as observed, when `pair` is bridged over its gaps for the models.
    observed: Option<Series>,
    /// Gap between quote and official rate, computed on first use.
    gap: OnceLock<Result<Option<SpotGap>, ExclusionReason>>,
}

impl History {
    /// Combines the pair's series with its regressors. Values that a regressor could not have shown by the pair's
    /// last date are cut off; a regressor with no values left is dropped.
    ///
    /// Values are taken as they are now: a revision made since the pair's last date, over a weekend for example,
    /// counts as known.
    pub fn new(pair: Series, regressors: Vec<Regressor>) -> Self {
        let as_of = pair.last_date();
        let cut = |regressor: &Regressor| {
            cut_at(regressor, as_of - Days::new(u64::from(regressor.lag_days)), Series::dated_until)
        };
        let regressors = regressors.iter().filter_map(cut).collect();
        Self {
            regressors,
            pair,
            spot: None,
            made_at: None,
            is_now: true,
            gaps: [].into(),
            observed: None,
            gap: OnceLock::new(),
        }
    }

    /// Adds market quotes of the pair, cut to what was known at the as-of date. `spot` is dated by the day of the
    /// trades that a quote closes; it need not cover the whole history.
    #[must_use]
    pub fn with_spot(self, spot: Regressor) -> Self {
        let date = self.as_of() - Days::new(u64::from(spot.lag_days));
        Self { spot: cut_at(&spot, date, Series::dated_until), gap: OnceLock::new(), ..self }
    }

    /// Sets the gaps in the pair's series, over which [`History::modelled`] bridges.
    #[must_use]
    pub fn with_gaps(self, mut gaps: Vec<Gap>) -> Self {
        gaps.sort_by_key(|gap| gap.after);
        Self { gaps: gaps.into(), ..self }
    }

    /// Removes the market quotes.
    #[must_use]
    pub fn without_quotes(self) -> Self {
        Self { spot: None, gap: OnceLock::new(), ..self }
    }

    /// Sets the time of day at which forecasts are made on an as-of date: a series with a publication time is known
    /// up to what had been published by then. When `is_now` is true, the last date is today, and all available values
    /// count as known on it.
    #[must_use]
    pub fn with_forecast_time(self, time: Option<ClockTime>, is_now: bool) -> Self {
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

    /// Regressors, cut to what was known at the as-of date.
    pub fn regressors(&self) -> &[Regressor] {
        &self.regressors
    }

    /// Market quotes of the pair, cut to what was known at the as-of date.
    pub fn spot(&self) -> Option<&Regressor> {
        self.spot.as_ref()
    }

    /// Returns the history as known at the last observation on or before `date`: no later observations, and all
    /// values, including those of the regressors, as known on the day of that observation.
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
        // A lag delays only a value's first publication: a revision is known on the day it is made.
        let known = |series: &Series, dated: NaiveDate| series.until_known(dated, as_of);
        let cut =
            |regressor: &Regressor| cut_at(regressor, known_until(regressor, as_of, self.made_at, is_now), known);
        let spot = self.spot.as_ref().and_then(cut);
        let regressors = self.regressors.iter().filter_map(cut).collect();
        let observed = self.observed.as_ref().and_then(|observed| observed.until(as_of));
        Ok(Self { regressors, pair, spot, is_now, observed, gap: OnceLock::new(), ..self.clone() })
    }

    /// Returns the same as-of date with only the last `lookback` observations of the pair.
    pub fn window(&self, lookback: usize) -> Self {
        let observed = self.observed.as_ref().map(|observed| observed.last(lookback));
        Self { pair: self.pair.last(lookback), observed, gap: OnceLock::new(), ..self.clone() }
    }

    /// Returns the [window](History::window) as the models get it. They count each observation as one business day, so
    /// a move r across a gap of n business days becomes r / sqrt(n): earlier values of the pair and of its quotes are
    /// multiplied by a constant, and aligned regressors likewise. Without a gap it is the window itself.
    pub fn modelled(&self, lookback: usize) -> Self {
        let window = self.window(lookback);
        let pair = &window.pair;
        let Some(factors) = bridging_factors(pair.dates(), pair.values(), &self.gaps) else { return window };
        // Of a date without an observation, the next one's; a quote is compared with the pair's date after it.
        let factor = |date: NaiveDate| {
            let next = pair.dates().partition_point(|known| *known < date);
            factors.get(next).copied().unwrap_or(1.0)
        };
        let spot = window.spot.as_ref().map(|spot| Regressor {
            series: spot.series.rescaled(|date| factor(date + Days::new(u64::from(spot.lag_days)))),
            ..*spot
        });
        let bridged = pair.rescaled(factor);
        Self { observed: Some(pair.clone()), pair: bridged, spot, gap: OnceLock::new(), ..window }
    }

    /// The pair's series as observed, also in a history that is bridged over gaps.
    pub fn observed(&self) -> &Series {
        self.observed.as_ref().unwrap_or(&self.pair)
    }

    /// Newest date of `regressor` known to a forecast made on `date`, which is a date of the pair.
    fn known_until(&self, regressor: &Regressor, date: NaiveDate) -> NaiveDate {
        known_until(regressor, date, self.made_at, self.is_now && date == self.as_of())
    }

    /// Log returns of the pair `[len - 1]`, oldest first: ln(p_t / p_{t-1}).
    pub fn log_returns(&self) -> Vec<f64> {
        self.pair.values().windows(2).map(|w| (w[1] / w[0]).ln()).collect()
    }

    /// Regressors usable over the whole window, aligned with the pair's dates, and the status of every regressor.
    ///
    /// A regressor's value at pair date t is its last one dated t - lag or earlier: what was known at t. A regressor
    /// is left out when it had ended by the as-of date (no value for seven days), starts after the window does, or
    /// stands still for more than five observations of the pair in a row.
    pub fn aligned_regressors(&self) -> (Vec<AlignedRegressor>, Vec<RegressorStatus>) {
        let mut aligned = Vec::new();
        let mut statuses = Vec::new();
        for regressor in &self.regressors {
            let result = self.align(regressor);
            let status = |left_out| RegressorStatus { name: regressor.series.name().to_owned(), left_out };
            match result {
                Ok(mut values) => {
                    let bridging = || bridging_factors(self.pair.dates(), &values, &self.gaps);
                    if let Some(factors) = self.observed.as_ref().and_then(|_| bridging()) {
                        values.iter_mut().zip(factors).for_each(|(value, factor)| *value *= factor);
                    }
                    statuses.push(status(None));
                    aligned.push(AlignedRegressor { name: regressor.series.name().to_owned(), values });
                }
                Err(reason) => statuses.push(status(Some(reason))),
            }
        }
        (aligned, statuses)
    }

    /// Distance of the market's quote from the official rate on each date of the window; `None` without quotes.
    ///
    /// # Errors
    /// When the quotes cannot be used: none that is news of the last trading day, a broken one, or too few of them.
    pub fn spot_gap(&self) -> Result<Option<&SpotGap>, ExclusionReason> {
        let gap = |spot| SpotGap::new(&self.pair, spot, |date| self.known_until(spot, date));
        let reckoned = self.gap.get_or_init(|| self.spot.as_ref().map(gap).transpose());
        reckoned.as_ref().map(Option::as_ref).map_err(|reason| *reason)
    }

    fn align(&self, regressor: &Regressor) -> Result<Vec<f64>, ExclusionReason> {
        let (dates, values) = (regressor.series.dates(), regressor.series.values());
        let lag = Days::new(u64::from(regressor.lag_days));
        let as_of = self.as_of();
        if dates[dates.len() - 1] + Days::new(MAX_AGE_DAYS) + lag < as_of {
            return Err(ExclusionReason::Ended { last: dates[dates.len() - 1], as_of });
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
                return Err(ExclusionReason::StartsLate { first: dates[0], window: date });
            };
            still = if known > before { 0 } else { still + 1 };
            if still > MAX_STILL {
                return Err(ExclusionReason::Hole { from: dates[newest], to: date - lag });
            }
            aligned.push(values[newest]);
        }
        Ok(aligned)
    }
}

/// Newest date of `regressor` known to a forecast of `as_of`; all available dates count when `is_now`.
fn known_until(regressor: &Regressor, as_of: NaiveDate, made_at: Option<ClockTime>, is_now: bool) -> NaiveDate {
    if is_now { as_of - Days::new(u64::from(regressor.lag_days)) } else { regressor.known_until(as_of, made_at) }
}

/// Cuts `regressor` at `date` with `cut`; `None` when nothing is left of it.
fn cut_at(
    regressor: &Regressor,
    date: NaiveDate,
    cut: impl Fn(&Series, NaiveDate) -> Option<Series>,
) -> Option<Regressor> {
    Some(Regressor { series: cut(&regressor.series, date)?, ..*regressor })
}

#[cfg(test)]
mod tests;
