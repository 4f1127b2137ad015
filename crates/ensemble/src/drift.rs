//! Whether the pair has moved of late as it did before, and how agitated it is by its own standard.
//!
//! In: the pair's daily values up to the as-of date. Out: [`drift_tests`], three tests of the last 30 log returns with p-values
//! adjusted for being three, and [`volatility_regime`]; or why there are none ([`NotEnough`]). They describe: the pool is
//! calibrated on outcomes and takes nothing from here.

mod statistics;

use crate::comparison::SIGNIFICANCE;
use chrono::NaiveDate;
use forecaster_domain::Series;
use statistics::{brown_forsythe, holm, kolmogorov_smirnov, ljung_box, sample_deviation};
use thiserror::Error;

/// Returns that are tested: about six weeks.
pub const RECENT_RETURNS: usize = 30;
/// The returns before them that they are compared with.
pub const EARLIER_RETURNS: usize = 90;
/// Lags of the test for autocorrelation: a week of business days.
pub const AUTOCORRELATION_LAGS: usize = 5;
/// Returns a year, by which volatilities are annualised.
const RETURNS_A_YEAR: usize = 252;
/// Windows that the present volatility is ranked among, at most (five years) and at least.
const MOST_WINDOWS: usize = 5 * RETURNS_A_YEAR;
const FEWEST_WINDOWS: usize = 250;
/// Longest distance of two observations in days. Around Christmas and New Year the source has had up to ten.
const LONGEST_GAP_DAYS: i64 = 14;
/// Log returns that differ by less than this come from floating point.
const ROUNDING: f64 = 1e-12;

/// Why there is nothing to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotEnough {
    /// Too short a history.
    #[error("{known} daily returns are known and {needed} are needed")]
    Returns {
        /// How many there are.
        known: usize,
        /// How many it takes.
        needed: usize,
    },
    /// Two neighbouring observations lie more than two weeks apart: the return between them is not one of a day.
    #[error("no observation between {from} and {to}")]
    Hole {
        /// The last observation before the hole.
        from: NaiveDate,
        /// The first one after it.
        to: NaiveDate,
    },
    /// The value stood still, or moved by the same share every day.
    #[error("the value does not vary")]
    Still,
}

/// One test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DriftTest {
    /// The statistic, of the test's own scale.
    pub statistic: f64,
    /// Its p-value, 0-1.
    pub p: f64,
    /// The p-value adjusted for three tests (Holm 1979), 0-1.
    pub adjusted: f64,
}

impl DriftTest {
    /// Whether the difference is more than chance explains.
    pub fn finds(&self) -> bool {
        self.adjusted < SIGNIFICANCE
    }
}

/// The last 30 returns against the 90 before them. All three tests take returns for independent under the null; quiet and
/// agitated weeks come in clusters, so that a real series alarms somewhat more often than [`SIGNIFICANCE`] says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DriftTests {
    /// Whether the distributions differ: two-sample Kolmogorov-Smirnov, exact.
    pub distribution: DriftTest,
    /// Whether the spreads differ: Levene's test about the medians (Brown and Forsythe 1974).
    pub spread: DriftTest,
    /// Whether the last 30 hang together: Ljung-Box over five lags.
    pub autocorrelation: DriftTest,
}

impl DriftTests {
    /// Whether any of the three finds a difference.
    pub fn drifted(&self) -> bool {
        [self.distribution, self.spread, self.autocorrelation].iter().any(DriftTest::finds)
    }
}

/// How agitated the pair is by the standard of its last five years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegimeKind {
    /// Below the 20th percentile.
    Calm,
    /// Between.
    Usual,
    /// From the 80th percentile on.
    Elevated,
    /// From the 95th percentile on.
    Extreme,
}

impl RegimeKind {
    /// The word for JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            RegimeKind::Calm => "calm",
            RegimeKind::Usual => "usual",
            RegimeKind::Elevated => "elevated",
            RegimeKind::Extreme => "extreme",
        }
    }

    fn at(percentile: f64) -> Self {
        match percentile {
            p if p >= 0.95 => RegimeKind::Extreme,
            p if p >= 0.8 => RegimeKind::Elevated,
            p if p >= 0.2 => RegimeKind::Usual,
            _ => RegimeKind::Calm,
        }
    }
}

/// The regime of volatility.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VolatilityRegime {
    /// Sample standard deviation of the last 30 log returns times the root of 252: a share a year.
    pub volatility: f64,
    /// Its percentile among the windows, 0-1: the share below it and half of those as high, itself included.
    pub percentile: f64,
    /// Windows of 30 returns that it was ranked among, one ending on each date.
    pub windows: usize,
    /// What that makes it.
    pub kind: RegimeKind,
}

/// Tests the last 30 daily log returns of `pair` against the 90 before.
///
/// # Errors
/// When there are fewer than 120 returns, a hole among them, or when they do not vary.
pub fn drift_tests(pair: &Series) -> Result<DriftTests, NotEnough> {
    let needed = RECENT_RETURNS + EARLIER_RETURNS;
    let returns = Returns::of(pair, needed);
    if returns.values.len() < needed {
        return Err(NotEnough::Returns { known: returns.values.len(), needed });
    }
    if let Some((from, to)) = returns.first_hole(0) {
        return Err(NotEnough::Hole { from, to });
    }
    let (earlier, recent) = returns.values.split_at(EARLIER_RETURNS);
    tests_of(recent, earlier).ok_or(NotEnough::Still)
}

/// The three tests of `recent` against `earlier`; `None` when one of the two does not vary.
fn tests_of(recent: &[f64], earlier: &[f64]) -> Option<DriftTests> {
    if still(recent) || still(earlier) {
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

/// Ranks the realised volatility of the last 30 returns of `pair` among those of the last five years, or of what there is.
/// Windows with a hole are passed over.
///
/// # Errors
/// When fewer than 250 windows are known, when the last one has a hole, or when the value never moved.
pub fn volatility_regime(pair: &Series) -> Result<VolatilityRegime, NotEnough> {
    let returns = Returns::of(pair, MOST_WINDOWS + RECENT_RETURNS - 1);
    let known = returns.values.len();
    let too_few = |known| NotEnough::Returns { known, needed: FEWEST_WINDOWS + RECENT_RETURNS - 1 };
    let last = known.checked_sub(RECENT_RETURNS).ok_or(too_few(known))?;
    if let Some((from, to)) = returns.first_hole(last) {
        return Err(NotEnough::Hole { from, to });
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
        return Err(NotEnough::Still);
    }
    let volatility = volatility(last);
    let below = all.iter().filter(|v| **v < volatility).count();
    let not_above = all.iter().filter(|v| **v <= volatility).count();
    let percentile = (below + not_above) as f64 / (2 * all.len()) as f64;
    Ok(VolatilityRegime { volatility, percentile, windows: all.len(), kind: RegimeKind::at(percentile) })
}

/// Daily log returns, oldest first.
struct Returns {
    values: Vec<f64>,
    /// Whether each of them reaches over a hole.
    after_hole: Vec<bool>,
    /// Their dates, and before them that of the first value.
    dates: Vec<NaiveDate>,
}

impl Returns {
    /// The last `count` of `pair`, or all.
    fn of(pair: &Series, count: usize) -> Self {
        let pair = pair.last(count + 1);
        let gap = |days: &[NaiveDate]| (days[1] - days[0]).num_days() > LONGEST_GAP_DAYS;
        Self {
            values: pair.values().windows(2).map(|w| (w[1] / w[0]).ln()).collect(),
            after_hole: pair.dates().windows(2).map(gap).collect(),
            dates: pair.dates().to_vec(),
        }
    }

    /// The first hole from return `start` on.
    fn first_hole(&self, start: usize) -> Option<(NaiveDate, NaiveDate)> {
        let hole = start + self.after_hole[start..].iter().position(|hole| *hole)?;
        Some((self.dates[hole], self.dates[hole + 1]))
    }
}

fn still(returns: &[f64]) -> bool {
    let high = returns.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let low = returns.iter().copied().fold(f64::INFINITY, f64::min);
    high - low < ROUNDING
}

#[cfg(test)]
mod tests;
