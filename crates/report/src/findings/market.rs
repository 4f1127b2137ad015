//! Findings of the market charts: the price among recent ones, momentum, regressors, correlations, volatility.
//!
//! In: a page or the view. Out: the values that charts draw, and the facts that sentences state.

use super::{BandPosition, Momentum, Strength, band_position, momentum, strength};
use crate::{
    page::Page,
    technical::{Bands, Macd, bollinger, macd, rsi},
    view::{CORRELATION_WINDOW, ChangeUnit, RATE_DIFFERENTIAL, RegressorView, ReportView, VolatilityView},
};
use chrono::{Days, NaiveDate};
use forecaster_domain::Observation;

/// Number of days in the past year shown.
const YEAR: u64 = 365;

/// Largest number of prices in the charts of prices and indicators; the latest ones are shown.
pub(crate) const PRICES_SHOWN: usize = 120;

/// Returns the values of the 365 days up to the last one.
pub(crate) fn last_year(values: &[(NaiveDate, f64)]) -> &[(NaiveDate, f64)] {
    let Some((last, _)) = values.last() else { return values };
    let from = *last - Days::new(YEAR);
    &values[values.partition_point(|(date, _)| *date < from)..]
}

/// Returns the unit in which the change of a series is given, by its name.
pub(crate) fn measure(series: &str) -> ChangeUnit {
    match series {
        "vix" => ChangeUnit::Points,
        "tpm" | "fed_funds" | RATE_DIFFERENTIAL => ChangeUnit::PercentagePoints,
        _ => ChangeUnit::Percent,
    }
}

/// Returns the change between two values in a unit; `None` when a percentage has no meaning.
pub(crate) fn change(measure: ChangeUnit, from: f64, to: f64) -> Option<f64> {
    let change = match measure {
        ChangeUnit::Percent if from <= 0.0 => return None,
        ChangeUnit::Percent => 100.0 * (to / from - 1.0),
        ChangeUnit::Points | ChangeUnit::PercentagePoints => to - from,
    };
    change.is_finite().then_some(change)
}

/// A regressor over the last year.
#[derive(Debug, Clone)]
pub(crate) struct RegressorYear<'a> {
    pub(crate) name: &'a str,
    pub(crate) shown: Vec<Observation>,
    pub(crate) first: Observation,
    pub(crate) last: Observation,
    pub(crate) measure: ChangeUnit,
    /// Change from the first to the last value; `None` when it cannot be measured.
    pub(crate) change: Option<f64>,
}

/// Returns the regressors with at least two values in the year up to the as-of date.
pub(crate) fn years(view: &ReportView) -> Vec<RegressorYear<'_>> {
    let from = view.ensemble.as_of() - Days::new(YEAR);
    let year = |regressor: &'_ RegressorView| {
        let recent = regressor.observations.iter().filter(|o| o.date >= from && o.value.is_finite());
        let shown: Vec<Observation> = recent.copied().collect();
        let (first, last) = (*shown.first()?, *shown.last()?);
        let measure = measure(&regressor.name);
        Some((shown, first, last, measure))
    };
    let all = view.regressors.iter().filter_map(|regressor| {
        let (shown, first, last, measure) = year(regressor)?;
        let change = change(measure, first.value, last.value);
        (shown.len() > 1).then_some(RegressorYear { name: &regressor.name, shown, first, last, measure, change })
    });
    all.collect()
}

/// A series and its change in percent.
pub(crate) type SeriesChange = (String, f64);

/// Returns the highest and the lowest change over the year among the series given in percent, and their number.
pub(crate) fn movers(view: &ReportView) -> Option<(SeriesChange, SeriesChange, usize)> {
    let years = years(view);
    let told: Vec<SeriesChange> = years
        .iter()
        .filter(|year| year.measure == ChangeUnit::Percent)
        .filter_map(|year| Some((year.name.to_owned(), year.change?)))
        .collect();
    let most = told.iter().max_by(|a, b| a.1.total_cmp(&b.1))?.clone();
    let least = told.iter().min_by(|a, b| a.1.total_cmp(&b.1))?.clone();
    Some((most, least, told.len()))
}

/// Returns the rolling correlations of the year up to the as-of date, by regressor.
pub(crate) fn correlations(view: &ReportView) -> Vec<(&str, Vec<(NaiveDate, f64)>)> {
    let from = view.ensemble.as_of() - Days::new(YEAR);
    let recent = |values: &[(NaiveDate, f64)]| -> Vec<(NaiveDate, f64)> {
        values.iter().copied().filter(|(date, value)| *date >= from && value.is_finite()).collect()
    };
    let all = view.regressors.iter().map(|r| (r.name.as_str(), recent(&r.correlation)));
    all.filter(|(_, values)| !values.is_empty()).collect()
}

/// Absolute correlation above which chance is unlikely: about two standard errors of independent returns.
pub(crate) fn notable_correlation() -> f64 {
    2.0 / (CORRELATION_WINDOW as f64).sqrt()
}

/// Returns the regressor with the largest absolute correlation now, that correlation, the number of regressors beyond
/// [`notable_correlation`], and the number of all.
pub(crate) fn strongest(view: &ReportView) -> Option<(String, f64, usize, usize)> {
    let now: Vec<(&str, f64)> =
        correlations(view).iter().filter_map(|(name, values)| Some((*name, values.last()?.1))).collect();
    let (name, value) = now.iter().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    let notable = now.iter().filter(|(_, value)| value.abs() > notable_correlation()).count();
    Some(((*name).to_owned(), *value, notable, now.len()))
}

/// Run of latest observations that are all below, or all above, the last price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum PriceRun {
    /// Higher than each of this many observations before it; the first of them is on this date.
    Highest(usize, NaiveDate),
    /// Lower than each of this many observations before it; the first of them is on this date.
    Lowest(usize, NaiveDate),
}

/// Smallest number of observations for which an extreme is mentioned.
const MIN_EXTREME_OBSERVATIONS: usize = 20;

/// Returns the last price, its bands, its position in them, and any extreme among the observations before it.
pub(crate) fn price(page: &Page<'_>) -> Option<(f64, Bands, BandPosition, Option<PriceRun>)> {
    let prices = page.prices();
    let bands = bollinger(&prices)?;
    let last = *prices.last()?;
    let before = &prices[..prices.len() - 1];
    let run = |beyond: &dyn Fn(f64) -> bool| before.iter().rev().take_while(|p| beyond(**p)).count();
    let date = |count: usize| page.view.observations[before.len() - count].date;
    let (over, under) = (run(&|p| p < last), run(&|p| p > last));
    let extreme = match (over, under) {
        (n, _) if n >= MIN_EXTREME_OBSERVATIONS => Some(PriceRun::Highest(n, date(n))),
        (_, n) if n >= MIN_EXTREME_OBSERVATIONS => Some(PriceRun::Lowest(n, date(n))),
        _ => None,
    };
    Some((last, bands, band_position(last, bands), extreme))
}

/// Fewest equal prices for which RSI and MACD mean nothing: the 14 changes of the RSI are none.
pub(crate) const STILL: usize = 15;

/// RSI and MACD of one day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MomentumDay {
    pub(crate) date: NaiveDate,
    pub(crate) price: f64,
    pub(crate) rsi: Option<f64>,
    pub(crate) macd: Option<Macd>,
}

/// Returns the days of the price chart that have an RSI or a MACD.
pub(crate) fn momentum_days(page: &Page<'_>) -> Vec<MomentumDay> {
    let prices = page.prices();
    let first = prices.len().saturating_sub(PRICES_SHOWN);
    let days =
        page.view.observations.iter().enumerate().skip(first).filter(|(i, _)| bollinger(&prices[..=*i]).is_some());
    days.map(|(i, o)| {
        let known = &prices[..=i];
        MomentumDay { date: o.date, price: o.value, rsi: rsi(known, 14), macd: macd(known) }
    })
    .filter(|day| day.rsi.is_some() || day.macd.is_some())
    .collect()
}

/// Readings of the last RSI and MACD, and the date since when the MACD has been on its side of the signal: `None`
/// when that was before the days shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct MomentumReading {
    pub(crate) rsi: Option<(f64, Strength)>,
    pub(crate) macd: Option<(Momentum, Option<NaiveDate>)>,
}

/// Reads the last day's indicators; `None` when there are none.
pub(crate) fn momentum_reading(page: &Page<'_>) -> Option<MomentumReading> {
    let days = momentum_days(page);
    let last = days.last()?;
    let side = |day: &MomentumDay| day.macd.map(|m| momentum(m, day.price));
    let known: Vec<&MomentumDay> = days.iter().filter(|day| day.macd.is_some()).collect();
    let macd = side(last).map(|now| {
        let run = known.iter().rev().take_while(|day| side(day) == Some(now)).count();
        (now, (run < known.len()).then(|| known[known.len() - run].date))
    });
    Some(MomentumReading { rsi: last.rsi.map(|value| (value, strength(value))), macd })
}

/// Difference below which two volatilities are practically the same, as a fraction per year: a quarter of a point.
const SAME_VOLATILITY: f64 = 0.0025;

/// Comparison of one value with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RelativeLevel {
    Higher,
    Same,
    Lower,
}

fn compare(value: f64, other: f64) -> RelativeLevel {
    match value - other {
        d if d.abs() < SAME_VOLATILITY => RelativeLevel::Same,
        d if d > 0.0 => RelativeLevel::Higher,
        _ => RelativeLevel::Lower,
    }
}

/// Number of returns in the current volatility of this report.
pub(crate) const CURRENT_VOLATILITY: usize = 20;

/// Estimates of the GARCH model, all of one fit: its last one against earlier and expected ones, as fractions per year.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct VolatilityFacts {
    /// Estimate for the last observation's return, and the date of that observation.
    pub(crate) last: (NaiveDate, f64),
    /// Number of earlier days in the past year, and number of those with a lower estimate than the last one.
    pub(crate) days: usize,
    pub(crate) lower: usize,
    /// Volatility expected at the end of the horizon, compared with the last estimate.
    pub(crate) end: (f64, RelativeLevel),
    /// Long-run level, and the last estimate compared with it.
    pub(crate) long_run: Option<(f64, RelativeLevel)>,
}

/// Reads the volatility; `None` without past or expected values.
pub(crate) fn volatility(view: &VolatilityView) -> Option<VolatilityFacts> {
    let finite = |values: &[(NaiveDate, f64)]| -> Vec<(NaiveDate, f64)> {
        values.iter().copied().filter(|v| v.1.is_finite()).collect()
    };
    let (past, ahead) = (finite(last_year(&view.past)), finite(&view.ahead));
    let (last, end) = (*past.last()?, ahead.last()?.1);
    let before = &past[..past.len() - 1];
    Some(VolatilityFacts {
        last,
        days: before.len(),
        lower: before.iter().filter(|v| v.1 < last.1).count(),
        end: (end, compare(end, last.1)),
        long_run: view.long_run.filter(|v| v.is_finite()).map(|level| (level, compare(last.1, level))),
    })
}
