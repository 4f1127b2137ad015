//! The history a forecast may know: the pair up to its as-of date, and regressors up to what had been published by
//! then. One that is cut at an earlier date shows the values as they were known on that date; what came of a forecast
//! is to be read from the uncut one.

use crate::publication::weekday_from;
use crate::{ClockTime, DomainError, Series, SpotGap};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use std::fmt;
use std::sync::OnceLock;

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
    /// Time of day, in its zone, from which a value is known on the day that the lag gives; a day that falls on a
    /// weekend gives way to Monday. `None`: from the start of that day, whatever day it is.
    pub published: Option<ClockTime>,
}

impl Regressor {
    /// A series whose values are known from the start of the day `lag_days` after their own.
    pub fn new(series: Series, lag_days: u16) -> Self {
        Self { series, lag_days, published: None }
    }

    /// The day on which the value of `date` becomes known.
    fn publication_day(&self, date: NaiveDate) -> NaiveDate {
        let day = date + Days::new(u64::from(self.lag_days));
        if self.published.is_some() { weekday_from(day) } else { day }
    }

    /// The instant from which the value of `date` is known; without a time of publication the start of the day, UTC.
    pub fn known_at(&self, date: NaiveDate) -> DateTime<Utc> {
        let day = self.publication_day(date);
        self.published.map_or_else(|| day.and_time(NaiveTime::MIN).and_utc(), |clock| clock.on(day))
    }

    /// The newest date whose value is known to a forecast made on `as_of` at the time `made_at`, or at the end of the
    /// day, whether or not the series has a value on it.
    fn known_until(&self, as_of: NaiveDate, made_at: Option<ClockTime>) -> NaiveDate {
        let newest = as_of - Days::new(u64::from(self.lag_days));
        let Some(published) = self.published else { return newest };
        let is_out = |day: NaiveDate| match made_at {
            // A day apart, no two clocks in the world disagree about which of two times of day comes first.
            _ if day + Days::new(1) < as_of => true,
            Some(made_at) => published.on(day) <= made_at.on(as_of),
            None => day <= as_of,
        };
        let dates = std::iter::successors(Some(newest), |date| date.pred_opt());
        dates.take(8).find(|date| is_out(self.publication_day(*date))).unwrap_or(newest)
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
    /// Market quotes of the pair: the newest repeats the one before it to the last digit, as a feed does that stands still.
    Repeated {
        /// Date of the quote.
        date: NaiveDate,
    },
    /// Market quotes of the pair: the newest is the pair's own last value, for which it stands in. Nothing is known beyond it.
    StandsIn {
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
            Self::Repeated { date } => write!(f, "has stood still since before {date}"),
            Self::StandsIn { date } => write!(f, "stands in for the pair itself (quote of {date})"),
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
mod tests {
    use super::*;
    use crate::{Observation, Superseded};

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
        let regressor = Regressor::new(weekdays("dxy", "2024-01-01", 20), 1);
        let history = History::new(weekdays("usdclp", "2024-01-08", 10), vec![regressor]);
        let (aligned, statuses) = history.aligned_regressors();
        assert_eq!(statuses[0].left_out, None);
        // Monday 2024-01-08 knows Friday's value (the fifth), Tuesday knows Monday's.
        assert_eq!(aligned[0].values[..2], [104.0, 105.0]);
        assert!(history.regressors()[0].series.last_date() < history.as_of());
    }

    #[test]
    fn a_regressor_that_ends_early_is_left_out_and_says_so() {
        let regressor = Regressor::new(weekdays("dxy", "2024-01-01", 10), 1);
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
        let holed = Regressor::new(Series::new("dxy", &observations).unwrap(), 0);
        let late = Regressor::new(weekdays("usdbrl", "2024-01-10", 40), 0);
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

    /// `series` with the value of `date` known to be `value` up to the day before `until`.
    fn once(series: Series, date: &str, value: f64, until: &str) -> Series {
        series.with_superseded(vec![Superseded { date: day(date), value, until: day(until) }])
    }

    #[test]
    fn a_cut_history_shows_the_values_of_its_day_and_the_whole_one_those_of_today() {
        // The last observation is of Friday 2024-01-19; the revision of the 10th came the day after.
        let pair = once(weekdays("usdclp", "2024-01-08", 10), "2024-01-10", 90.0, "2024-01-20");
        let history = History::new(pair, vec![]);
        assert_eq!(history.pair().value_on(day("2024-01-10")), Some(102.0));
        assert_eq!(history.window(9).pair().value_on(day("2024-01-10")), Some(102.0));
        for date in ["2024-01-10", "2024-01-18", "2024-01-19", "2024-01-21"] {
            let cut = history.until(day(date)).unwrap();
            assert_eq!(cut.pair().value_on(day("2024-01-10")), Some(90.0), "{date}");
            assert_eq!(cut.window(100).pair().value_on(day("2024-01-10")), Some(90.0), "{date}");
        }
    }

    #[test]
    fn a_regressor_shows_what_was_known_of_it_at_the_as_of_date_whatever_its_lag() {
        // The fifth value, of Friday 2024-01-05, was revised on Tuesday the 9th.
        let dxy = once(weekdays("dxy", "2024-01-01", 20), "2024-01-05", 50.0, "2024-01-09");
        let regressor = Regressor::new(dxy, 1);
        let history = History::new(weekdays("usdclp", "2024-01-08", 10), vec![regressor]);
        let aligned = |history: &History| history.aligned_regressors().0[0].values.clone();
        assert_eq!(aligned(&history)[..2], [104.0, 105.0]);
        // Monday sees the old value, Tuesday the new one, though of Tuesday's own values only Monday's is published.
        assert_eq!(aligned(&history.until(day("2024-01-08")).unwrap()), [50.0]);
        assert_eq!(aligned(&history.until(day("2024-01-09")).unwrap()), [104.0, 105.0]);
    }

    #[test]
    fn cutting_in_two_steps_is_cutting_once() {
        let pair = once(weekdays("usdclp", "2024-01-08", 10), "2024-01-09", 90.0, "2024-01-12");
        let history = History::new(pair, vec![]);
        let values = |history: &History, date| history.until(day(date)).unwrap().pair().values().to_vec();
        let later = history.until(day("2024-01-17")).unwrap();
        for date in ["2024-01-09", "2024-01-11", "2024-01-12", "2024-01-16"] {
            assert_eq!(values(&history, date), values(&later, date), "{date}");
        }
        let earlier = history.until(day("2024-01-11")).unwrap();
        assert_eq!(values(&earlier, "2024-01-17"), values(&history, "2024-01-11"));
    }

    fn at(text: &str) -> ClockTime {
        text.parse().unwrap()
    }

    /// The pair at ninety and something on thirty weekdays from 2024-01-08 on, and quotes of it that become known at 12:15
    /// in Warsaw on the next weekday.
    fn quoted_in_warsaw() -> History {
        let pair = weekdays("usdclp", "2024-01-08", 30);
        let quotes: Vec<Observation> = weekdays("usdclp_spot", "2024-01-05", 31)
            .observations()
            .map(|o| Observation {
                value: o.value * (1.0 + 0.001 * f64::from(chrono::Datelike::day(&o.date) * 7 % 11)),
                ..o
            })
            .collect();
        let spot = Regressor {
            published: Some(at("12:15 Europe/Warsaw")),
            ..Regressor::new(Series::new("usdclp_spot", &quotes).unwrap(), 1)
        };
        History::new(pair, vec![]).with_spot(spot)
    }

    #[test]
    fn a_replay_knows_the_quote_that_had_been_published_at_its_hour() {
        let history = quoted_in_warsaw();
        // In January noon in Warsaw is 08:15 in Santiago.
        let seen = |time: &str, date: &str| {
            let history = history.clone().made_at(Some(at(time)), false).until(day(date)).unwrap();
            history.spot_gap().map(|gap| gap.unwrap().quoted)
        };
        assert_eq!(
            seen("08:30 America/Santiago", "2024-02-05"),
            Ok(day("2024-02-02")),
            "a Monday knows Friday's close"
        );
        assert_eq!(seen("08:30 America/Santiago", "2024-02-06"), Ok(day("2024-02-05")));
        assert!(matches!(seen("08:00 America/Santiago", "2024-02-06"), Err(RegressorGap::Ended { .. })));
        assert!(matches!(seen("08:00 America/Santiago", "2024-02-05"), Err(RegressorGap::Ended { .. })), "hours old");
    }

    #[test]
    fn now_all_that_is_at_hand_is_known_and_the_past_is_still_as_it_was() {
        let early = Some(at("08:00 America/Santiago"));
        let now = quoted_in_warsaw().made_at(early, true);
        // On the last date the quote is known, but no earlier date had one: too few to know what a gap is worth.
        assert_eq!(now.spot_gap().unwrap_err(), RegressorGap::TooFew { known: 1, needed: 10 });
        let late = quoted_in_warsaw().made_at(Some(at("08:30 America/Santiago")), true);
        assert_eq!(late.spot_gap().unwrap().unwrap().quoted, day("2024-02-15"));
        assert_eq!(late.until(late.as_of()).unwrap().spot_gap(), late.spot_gap());
        assert_eq!(late.without_quotes().spot_gap(), Ok(None));
    }

    #[test]
    fn a_regressor_with_a_time_of_publication_is_seen_from_then_on() {
        let dxy = Regressor {
            published: Some(at("18:00 America/New_York")),
            ..Regressor::new(weekdays("dxy", "2024-01-01", 20), 0)
        };
        let history = History::new(weekdays("usdclp", "2024-01-08", 10), vec![dxy]);
        let aligned = |time: &str| {
            history.clone().made_at(Some(at(time)), false).aligned_regressors().0[0].values[..2].to_vec()
        };
        // Monday evening knows Monday's value, the sixth; Monday morning knows Friday's.
        assert_eq!(aligned("21:00 America/Santiago"), [105.0, 106.0]);
        assert_eq!(aligned("08:30 America/Santiago"), [104.0, 105.0]);
        let regressor = &history.regressors()[0];
        assert_eq!(regressor.known_at(day("2024-01-08")).to_rfc3339(), "2024-01-08T23:00:00+00:00");
        assert_eq!(
            regressor.known_at(day("2024-01-06")).to_rfc3339(),
            "2024-01-08T23:00:00+00:00",
            "a Saturday waits for Monday"
        );
    }
}
