//! Scores of all models, computed on the same outcomes, out of sample.
//!
//! In: forecasts and the values that followed. Out: [`Scores`]. All are pooled over origins: sums over all origins
//! and dates are divided once, so that an origin with fewer dates does not count more.

use crate::quantile::{DECILES, LEVELS, QuantileForecast};

/// Relative difference below which a forecast and an actual value are the same number: rounding to single precision, as in
/// Chronos. On a pair that does not vary it decides whether a value is inside its interval.
const ROUNDING: f64 = 1e-7;

/// True when `value` differs from `actual` by rounding alone.
fn is_same(value: f64, actual: f64) -> bool {
    (value - actual).abs() <= ROUNDING * actual.abs()
}

/// True when `actual` is at or below `quantile`, or differs from it by rounding alone.
pub fn is_at_or_below(actual: f64, quantile: f64) -> bool {
    actual <= quantile || is_same(quantile, actual)
}

/// True when `actual` is inside `interval`, ends included, or differs from one of them by rounding alone.
pub fn is_inside(actual: f64, (low, high): (f64, f64)) -> bool {
    is_at_or_below(actual, high) && (low <= actual || is_same(low, actual))
}

/// Forecast and the values that followed.
#[derive(Debug, Clone, Copy)]
pub struct Outcome<'a> {
    /// The forecast.
    pub forecast: &'a QuantileForecast,
    /// Actual values `[steps]`; `None` where no rate was published.
    pub actuals: &'a [Option<f64>],
    /// Mean absolute one-day change before the origin, in price units: the scale of MASE.
    pub naive_mae: f64,
}

/// Scores of one model over a set of origins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// Number of origins.
    pub n: usize,
    /// Weighted quantile loss over the nine deciles and all target dates.
    pub wql: f64,
    /// Root mean square error of the median at the last target date, price units.
    pub rmse: f64,
    /// Mean absolute percentage error of the median at the last target date, percent.
    pub mape: f64,
    /// Mean absolute scaled error of the median over all target dates, against the one-day naive error before
    /// each origin.
    pub mase: f64,
    /// Share of actuals inside the 80 % interval, all target dates.
    pub coverage80: f64,
    /// Share of actuals inside the 95 % interval, all target dates.
    pub coverage95: f64,
}

/// Pinball loss of `forecast` at `level` against `actual`, in price units: (y - q) level when y >= q, else
/// (q - y)(1 - level) (Koenker and Bassett 1978). A difference by rounding alone is no loss.
pub fn pinball(level: f64, forecast: f64, actual: f64) -> f64 {
    if is_same(forecast, actual) {
        return 0.0;
    }
    let error = actual - forecast;
    if error >= 0.0 { error * level } else { -error * (1.0 - level) }
}

/// Sum of pinball losses over the nine deciles, and sum of |actual|, over the published target dates of one
/// outcome: the two parts of WQL.
pub fn quantile_loss_parts(outcome: &Outcome<'_>) -> (f64, f64) {
    let mut loss = 0.0;
    let mut scale = 0.0;
    for (step, actual) in published(outcome) {
        let row = outcome.forecast.row(step);
        loss += DECILES.map(|i| pinball(LEVELS[i], row[i], actual)).sum::<f64>();
        scale += actual.abs();
    }
    (loss, scale)
}

/// Sum of pinball losses over the nine deciles at one target date, price units; `None` without a published rate.
pub fn quantile_loss_at(outcome: &Outcome<'_>, step: usize) -> Option<f64> {
    let actual = (*outcome.actuals.get(step)?)?;
    let row = outcome.forecast.row(step);
    Some(DECILES.map(|i| pinball(LEVELS[i], row[i], actual)).sum())
}

/// Weighted quantile loss of one or more outcomes: 2 x sum of pinball losses / (9 x sum of |actual|) (Ansari et
/// al. 2024, Chronos, section 5.1). `None` without a single published actual.
pub fn wql<'a>(outcomes: impl IntoIterator<Item = Outcome<'a>>) -> Option<f64> {
    let (loss, scale) = outcomes
        .into_iter()
        .map(|outcome| quantile_loss_parts(&outcome))
        .fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    (scale > 0.0).then(|| wql_of(loss, scale))
}

/// Skill of a loss against a benchmark's: 1 - loss / benchmark; positive is better than the benchmark. When neither
/// loses anything, they are equal: 0.
pub fn skill(loss: f64, benchmark: f64) -> f64 {
    if loss == 0.0 && benchmark == 0.0 { 0.0 } else { 1.0 - loss / benchmark }
}

/// Computes all scores over `outcomes`; `None` when no target date of any outcome was published. RMSE and MAPE leave
/// out origins whose last target date has no rate.
pub fn score<'a>(outcomes: impl IntoIterator<Item = Outcome<'a>>) -> Option<Scores> {
    let (mut total, mut scaled) = (Totals::default(), 0.0);
    for outcome in outcomes {
        if let Some(parts) = parts(&outcome) {
            total.add(&parts);
            scaled += scaled_error(&outcome);
        }
    }
    let pooled = total.pooled()?;
    Some(Scores {
        n: pooled.n,
        wql: pooled.wql,
        rmse: pooled.rmse.unwrap_or(f64::NAN),
        mape: pooled.mape.unwrap_or(f64::NAN),
        mase: scaled / total.dates,
        coverage80: pooled.coverage80,
        coverage95: pooled.coverage95,
    })
}

fn published<'a>(outcome: &Outcome<'a>) -> impl Iterator<Item = (usize, f64)> + 'a {
    outcome.actuals.iter().enumerate().filter_map(|(step, actual)| actual.map(|a| (step, a)))
}

/// Contribution of one outcome to scores that are pooled over origins. These are sums, so that the scores of any set
/// of outcomes can be computed from the stored parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreSums {
    /// Published target dates, at least one.
    pub dates: usize,
    /// Sum of pinball losses over the nine deciles and these dates, price units.
    pub loss: f64,
    /// Sum of |actual| over these dates, price units.
    pub scale: f64,
    /// Dates inside the 80 % interval.
    pub inside80: usize,
    /// Dates inside the 95 % interval.
    pub inside95: usize,
    /// Actual value on the last target date and the median's error, median less actual, in price units; `None` when
    /// no rate was published for it.
    pub end: Option<(f64, f64)>,
}

impl ScoreSums {
    /// WQL of this outcome alone.
    pub fn wql(&self) -> f64 {
        wql_of(self.loss, self.scale)
    }
}

/// Computes the parts of one outcome; `None` when no target date was published.
pub fn parts(outcome: &Outcome<'_>) -> Option<ScoreSums> {
    let (loss, scale) = quantile_loss_parts(outcome);
    let mut parts = ScoreSums { dates: 0, loss, scale, inside80: 0, inside95: 0, end: None };
    for (step, actual) in published(outcome) {
        let row = outcome.forecast.row(step);
        parts.dates += 1;
        parts.inside80 += usize::from(is_inside(actual, (row[1], row[9])));
        parts.inside95 += usize::from(is_inside(actual, (row[0], row[10])));
    }
    if let Some(Some(actual)) = outcome.actuals.last() {
        parts.end = Some((*actual, outcome.forecast.median(outcome.forecast.last_step()) - actual));
    }
    (scale > 0.0).then_some(parts)
}

/// Scores of one model, computed from [`ScoreSums`] alone: [`Scores`] without MASE.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PooledScores {
    /// Number of outcomes.
    pub n: usize,
    /// Weighted quantile loss over the nine deciles and all target dates.
    pub wql: f64,
    /// Root mean square error of the median at the last target date, price units; `None` when no last date was
    /// published.
    pub rmse: Option<f64>,
    /// Mean absolute percentage error of the median at the last target date, percent; `None` as for `rmse`.
    pub mape: Option<f64>,
    /// Share of actuals inside the 80 % interval, all target dates.
    pub coverage80: f64,
    /// Share of actuals inside the 95 % interval, all target dates.
    pub coverage95: f64,
}

/// Pools the parts of several outcomes; `None` when there are none.
pub fn pool<'a>(parts: impl IntoIterator<Item = &'a ScoreSums>) -> Option<PooledScores> {
    let mut total = Totals::default();
    parts.into_iter().for_each(|parts| total.add(parts));
    total.pooled()
}

fn wql_of(loss: f64, scale: f64) -> f64 {
    2.0 * loss / (DECILES.len() as f64 * scale)
}

#[derive(Default)]
struct Totals {
    outcomes: usize,
    loss: f64,
    scale: f64,
    dates: f64,
    inside80: f64,
    inside95: f64,
    last_dates: f64,
    squared_error: f64,
    relative_error: f64,
}

impl Totals {
    fn add(&mut self, parts: &ScoreSums) {
        self.outcomes += 1;
        self.loss += parts.loss;
        self.scale += parts.scale;
        self.dates += parts.dates as f64;
        self.inside80 += parts.inside80 as f64;
        self.inside95 += parts.inside95 as f64;
        if let Some((actual, error)) = parts.end {
            self.last_dates += 1.0;
            self.squared_error += error * error;
            self.relative_error += error.abs() / actual;
        }
    }

    fn pooled(&self) -> Option<PooledScores> {
        let has_end = self.last_dates > 0.0;
        (self.dates > 0.0).then(|| PooledScores {
            n: self.outcomes,
            wql: wql_of(self.loss, self.scale),
            rmse: has_end.then(|| (self.squared_error / self.last_dates).sqrt()),
            mape: has_end.then(|| 100.0 * self.relative_error / self.last_dates),
            coverage80: self.inside80 / self.dates,
            coverage95: self.inside95 / self.dates,
        })
    }
}

fn scaled_error(outcome: &Outcome<'_>) -> f64 {
    let error = |(step, actual): (usize, f64)| {
        let median = outcome.forecast.median(step);
        if is_same(median, actual) { 0.0 } else { (median - actual).abs() / outcome.naive_mae }
    };
    published(outcome).map(error).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use ndarray::Array2;

    fn forecast(rows: &[[f64; 11]]) -> QuantileForecast {
        let day = |d| NaiveDate::from_ymd_opt(2024, 1, d).unwrap();
        let dates = (0..rows.len()).map(|i| day(2 + i as u32)).collect();
        let values = Array2::from_shape_vec((rows.len(), 11), rows.concat()).unwrap();
        QuantileForecast::new(day(1), dates, values).unwrap()
    }

    const ROW: [f64; 11] = [90.0, 92.0, 94.0, 96.0, 98.0, 100.0, 102.0, 104.0, 106.0, 108.0, 110.0];

    /// Computed by hand, actual 101: below it 92, 94 ... 100 at levels 0.1 ... 0.5 lose 0.9 + 1.4 + 1.5 + 1.2 + 0.5,
    /// above it 102 ... 108 at 0.6 ... 0.9 lose 0.4 + 0.9 + 1.0 + 0.7: 8.5 in all, so WQL = 2 x 8.5 / (9 x 101).
    #[test]
    fn wql_is_the_published_formula() {
        let forecast = forecast(&[ROW]);
        let outcome = Outcome { forecast: &forecast, actuals: &[Some(101.0)], naive_mae: 2.0 };
        assert!((wql([outcome]).unwrap() - 17.0 / 909.0).abs() < 1e-15);
    }

    #[test]
    fn scores_count_only_published_dates() {
        let forecast = forecast(&[ROW, ROW, ROW]);
        let first = Outcome { forecast: &forecast, actuals: &[Some(107.0), None, Some(91.0)], naive_mae: 2.0 };
        let second = Outcome { forecast: &forecast, actuals: &[Some(100.0), Some(120.0), None], naive_mae: 4.0 };
        let scores = score([first, second]).unwrap();
        assert_eq!(scores.n, 2);
        assert_eq!((scores.coverage80, scores.coverage95), (0.5, 0.75));
        assert_eq!((scores.rmse, scores.mape), (9.0, 900.0 / 91.0));
        assert_eq!(scores.mase, (3.5 + 4.5 + 0.0 + 5.0) / 4.0);
    }

    #[test]
    fn scores_made_of_kept_parts_are_those_of_the_outcomes() {
        let forecast = forecast(&[ROW, ROW, ROW]);
        let first = Outcome { forecast: &forecast, actuals: &[Some(107.0), None, Some(91.0)], naive_mae: 2.0 };
        let second = Outcome { forecast: &forecast, actuals: &[Some(100.0), Some(120.0), None], naive_mae: 4.0 };
        let kept: Vec<ScoreSums> = [first, second].iter().filter_map(parts).collect();
        let (pooled, scores) = (pool(&kept).unwrap(), score([first, second]).unwrap());
        assert_eq!((pooled.n, Some(pooled.wql)), (2, wql([first, second])));
        assert_eq!((pooled.rmse, pooled.mape), (Some(scores.rmse), Some(scores.mape)));
        assert_eq!((pooled.coverage80, pooled.coverage95), (scores.coverage80, scores.coverage95));
        assert_eq!((kept[0].end, kept[1].end), (Some((91.0, 9.0)), None));
        assert_eq!((Some(kept[1].wql()), pool(&kept[1..]).unwrap().rmse), (wql([second]), None));
    }

    /// A peg: every quantile and every actual is the same number but for the rounding of exp(ln(x)).
    #[test]
    fn rounding_is_no_loss_and_no_miss() {
        let rounded = |value: f64| forecast(&[[value; 11], [value; 11]]);
        let (above, exact) = (rounded(3.6725 * (1.0 + 4e-16)), rounded(3.6725));
        let outcome = |forecast| Outcome { forecast, actuals: &[Some(3.6725), Some(3.6725)], naive_mae: 0.0 };
        for scores in [score([outcome(&above)]).unwrap(), score([outcome(&exact)]).unwrap()] {
            assert_eq!((scores.coverage80, scores.coverage95, scores.wql, scores.mase), (1.0, 1.0, 0.0, 0.0));
        }
        let (own, other) = (wql([outcome(&above)]).unwrap(), wql([outcome(&exact)]).unwrap());
        assert_eq!(skill(own, other), 0.0);
        let single = rounded(3.6725 * (1.0 + 6e-8));
        assert_eq!(score([outcome(&single)]).unwrap().coverage95, 1.0, "single precision");
        let off = rounded(3.6725 * (1.0 + 1e-6));
        assert_eq!(score([outcome(&off)]).unwrap().coverage95, 0.0);
        assert!(!is_inside(3.0, (3.1, 3.2)) && is_inside(3.1, (3.1, 3.2)) && !is_inside(3.3, (3.1, 3.2)));
    }

    #[test]
    fn nothing_published_means_no_score() {
        let forecast = forecast(&[ROW]);
        assert_eq!(score([Outcome { forecast: &forecast, actuals: &[None], naive_mae: 1.0 }]), None);
    }

    #[test]
    fn skill_is_positive_when_the_loss_is_lower() {
        assert!(skill(0.9, 1.0) > 0.0 && skill(1.1, 1.0) < 0.0 && skill(1.0, 1.0) == 0.0);
    }
}
