//! Tests for a recent change in the pair's behaviour, and a rank for its current volatility.
//!
//! In: the pair's daily values up to the as-of date. Out: [`drift_tests`], three tests of the last 30 log returns
//! with p-values adjusted for three tests, and [`volatility_regime`]; or the reason why they are missing
//! ([`MissingDrift`]). They only describe the market: the pool is calibrated on outcomes and uses nothing from here.

mod statistics;

use crate::comparison::SIGNIFICANCE;
use chrono::NaiveDate;
use forecaster_domain::Series;
use statistics::{brown_forsythe, holm, kolmogorov_smirnov, ljung_box, sample_deviation};
use thiserror::Error;

/// Number of recent returns that are tested: about six weeks.
pub const RECENT_RETURNS: usize = 30;
/// Number of earlier returns that they are compared with.
pub const EARLIER_RETURNS: usize = 90;
/// Lags of the test for autocorrelation: a week of business days.
pub const AUTOCORRELATION_LAGS: usize = 5;
/// Returns per year, used to annualise volatilities.
const RETURNS_A_YEAR: usize = 252;
/// Largest (five years) and smallest number of windows that the current volatility is ranked among.
const MOST_WINDOWS: usize = 5 * RETURNS_A_YEAR;
const FEWEST_WINDOWS: usize = 250;
/// Longest allowed gap between two observations, in days. Around Christmas and New Year the source has had up to ten.
const LONGEST_GAP_DAYS: i64 = 14;
/// Rounding tolerance: log returns that differ by less than this count as equal.
const ROUNDING: f64 = 1e-12;

/// Reason why the tests or the regime are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MissingDrift {
    /// History too short.
    #[error("only {known} daily returns are available, {needed} are needed")]
    TooFewReturns {
        /// Number of returns available.
        known: usize,
        /// Number of returns needed.
        needed: usize,
    },
    /// Gap of more than two weeks between two neighbouring observations: the return across it is not a one-day
    /// return.
    #[error("no observation between {from} and {to}")]
    Gap {
        /// Last observation before the gap.
        from: NaiveDate,
        /// First observation after it.
        to: NaiveDate,
    },
    /// Constant value, or the same relative change every day.
    #[error("the value is constant, or changes by the same share every day")]
    Constant,
}

/// Result of one test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DriftTest {
    /// Test statistic, on the test's own scale.
    pub statistic: f64,
    /// Unadjusted p-value, 0-1.
    pub p: f64,
    /// The p-value adjusted for three tests (Holm 1979), 0-1.
    pub adjusted: f64,
}

impl DriftTest {
    /// True when the difference is larger than chance explains.
    pub fn is_significant(&self) -> bool {
        self.adjusted < SIGNIFICANCE
    }
}

/// Tests of the last 30 returns against the 90 before them. All three assume independent returns under the null
/// hypothesis; calm and volatile weeks come in clusters, so real series raise an alarm somewhat more often than
/// [`SIGNIFICANCE`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DriftTests {
    /// Difference between the distributions: two-sample Kolmogorov-Smirnov test, exact.
    pub distribution: DriftTest,
    /// Difference between the spreads: Levene's test about the medians (Brown and Forsythe 1974).
    pub spread: DriftTest,
    /// Autocorrelation among the last 30 returns: Ljung-Box test over five lags.
    pub autocorrelation: DriftTest,
}

impl DriftTests {
    /// True when any of the three tests finds a difference.
    pub fn any_significant(&self) -> bool {
        [self.distribution, self.spread, self.autocorrelation].iter().any(DriftTest::is_significant)
    }
}

/// Current volatility compared with the pair's last five years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegimeKind {
    /// Below the 20th percentile.
    Calm,
    /// From the 20th to below the 80th percentile.
    Usual,
    /// From the 80th to below the 95th percentile.
    Elevated,
    /// From the 95th percentile upwards.
    Extreme,
}

impl RegimeKind {
    /// Returns the name used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            RegimeKind::Calm => "calm",
            RegimeKind::Usual => "usual",
            RegimeKind::Elevated => "elevated",
            RegimeKind::Extreme => "extreme",
        }
    }

    fn from_percentile(percentile: f64) -> Self {
        match percentile {
            p if p >= 0.95 => RegimeKind::Extreme,
            p if p >= 0.8 => RegimeKind::Elevated,
            p if p >= 0.2 => RegimeKind::Usual,
            _ => RegimeKind::Calm,
        }
    }
}

/// Current volatility regime.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VolatilityRegime {
    /// Annualised volatility as a share: sample standard deviation of the last 30 log returns x sqrt(252).
    pub volatility: f64,
    /// Percentile among the windows, 0-1: the share of lower windows plus half of the equal ones, this window
    /// included.
    pub percentile: f64,
    /// Number of 30-return windows in the ranking, one ending on each date.
    pub windows: usize,
    /// Regime at that percentile.
    pub kind: RegimeKind,
}

/// Tests the last 30 daily log returns of `pair` against the 90 before.
///
/// # Errors
/// When there are fewer than 120 returns, when there is a gap among them, or when they do not vary.
pub fn drift_tests(pair: &Series) -> Result<DriftTests, MissingDrift> {
    let needed = RECENT_RETURNS + EARLIER_RETURNS;
    let returns = Returns::last(pair, needed);
    if returns.values.len() < needed {
        return Err(MissingDrift::TooFewReturns { known: returns.values.len(), needed });
    }
    if let Some((from, to)) = returns.first_hole(0) {
        return Err(MissingDrift::Gap { from, to });
    }
    let (earlier, recent) = returns.values.split_at(EARLIER_RETURNS);
    tests_of(recent, earlier).ok_or(MissingDrift::Constant)
}

/// Runs the three tests of `recent` against `earlier`; `None` when one of the two samples does not vary.
fn tests_of(recent: &[f64], earlier: &[f64]) -> Option<DriftTests> {
    if is_constant(recent) || is_constant(earlier) {
        return None;
    }
    let found = [
        kolmogorov_smirnov(recent, earlier),
        brown_forsythe(recent, earlier)?,
        ljung_box(recent, AUTOCORRELATION_LAGS)?,
    ];
    let adjusted = holm(found.map(|(_, p)| p));
    let test = |i: usize| DriftTest { statistic: found[i].0, p: found[i].1, adjusted: adjusted[i] };
    Some(DriftTests { distribution: test(0), spread: test(1), autocorrelation: test(2) })
}

/// Ranks the realised volatility of the last 30 returns of `pair` among the windows of the last five years, or of the
/// history available. Windows with a gap are skipped.
///
/// # Errors
/// When there are fewer than 250 windows, when the last one has a gap, or when the value never moved.
pub fn volatility_regime(pair: &Series) -> Result<VolatilityRegime, MissingDrift> {
    let returns = Returns::last(pair, MOST_WINDOWS + RECENT_RETURNS - 1);
    let known = returns.values.len();
    let too_few = |known| MissingDrift::TooFewReturns { known, needed: FEWEST_WINDOWS + RECENT_RETURNS - 1 };
    let last = known.checked_sub(RECENT_RETURNS).ok_or(too_few(known))?;
    if let Some((from, to)) = returns.first_hole(last) {
        return Err(MissingDrift::Gap { from, to });
    }
    let whole = |start: &usize| !returns.after_hole[*start..*start + RECENT_RETURNS].contains(&true);
    let volatility = |start: usize| {
        (RETURNS_A_YEAR as f64).sqrt() * sample_deviation(&returns.values[start..start + RECENT_RETURNS])
    };
    let all: Vec<f64> = (0..=last).filter(whole).map(volatility).collect();
    if all.len() < FEWEST_WINDOWS {
        return Err(too_few(all.len() + RECENT_RETURNS - 1));
    }
    if all.iter().all(|v| *v < ROUNDING) {
        return Err(MissingDrift::Constant);
    }
    let volatility = volatility(last);
    let below = all.iter().filter(|v| **v < volatility).count();
    let not_above = all.iter().filter(|v| **v <= volatility).count();
    let percentile = (below + not_above) as f64 / (2 * all.len()) as f64;
    Ok(VolatilityRegime { volatility, percentile, windows: all.len(), kind: RegimeKind::from_percentile(percentile) })
}

/// Daily log returns, oldest first.
struct Returns {
    values: Vec<f64>,
    /// One flag per return: true when it spans a gap.
    after_hole: Vec<bool>,
    /// Date of the first value, then the date of each return.
    dates: Vec<NaiveDate>,
}

impl Returns {
    /// Returns the last `count` returns of `pair`, or all when there are fewer.
    fn last(pair: &Series, count: usize) -> Self {
        let pair = pair.last(count + 1);
        let gap = |days: &[NaiveDate]| (days[1] - days[0]).num_days() > LONGEST_GAP_DAYS;
        Self {
            values: pair.values().windows(2).map(|w| (w[1] / w[0]).ln()).collect(),
            after_hole: pair.dates().windows(2).map(gap).collect(),
            dates: pair.dates().to_vec(),
        }
    }

    /// Finds the first gap from return `start` on.
    fn first_hole(&self, start: usize) -> Option<(NaiveDate, NaiveDate)> {
        let hole = start + self.after_hole[start..].iter().position(|hole| *hole)?;
        Some((self.dates[hole], self.dates[hole + 1]))
    }
}

fn is_constant(returns: &[f64]) -> bool {
    let high = returns.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let low = returns.iter().copied().fold(f64::INFINITY, f64::min);
    high - low < ROUNDING
}

#[cfg(test)]
mod tests;
