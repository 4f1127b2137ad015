//! Rule-based findings; they choose the report's sentences, none of which is written by hand.
//!
//! In: scores, past forecasts, calibration, indicators. Out: one variant each, with the figure behind it.

pub(crate) mod drivers;
pub(crate) mod market;
pub(crate) mod outlook;
pub(crate) mod quote;
pub(crate) mod skill;
pub(crate) mod weights;

use crate::{
    technical::{Bands, Macd},
    view::{PastForecast, ScoreView},
};
use forecaster_domain::PRICE_NOISE;

/// Absolute skill below which the ensemble is on a par with the random walk.
pub(crate) const ON_PAR_SKILL: f64 = 0.005;
/// Standard errors below which a difference may be chance: about the two-sided 5 % level of a normal distribution.
const CHANCE_STANDARD_ERRORS: f64 = 2.0;
/// Largest distance from 80 % at which the observed coverage of the 80 % interval is about right.
const FAIR_COVERAGE: f64 = 0.03;
/// Percentage below which a change counts as none.
pub(crate) const UNCHANGED_PERCENT: f64 = 0.05;
/// Share of the price below which a difference is floating-point error.
const ROUNDING: f64 = 1e-9;

/// Result of the ensemble against the random walk, out of sample; `loss` is the relative WQL difference, positive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum SkillVerdict {
    /// No validation, or one without a usable score.
    Unscored,
    /// |skill| below 0.5 %.
    OnPar { skill: f64, origins: usize },
    /// A difference that may be chance: within two standard errors.
    Chance { skill: f64, origins: usize },
    /// Lower loss than the random walk.
    Better { loss: f64, origins: usize },
    /// Higher loss than the random walk.
    Worse { loss: f64, origins: usize },
}

/// Judges the ensemble by its skill.
pub(crate) fn verdict(scores: Option<&ScoreView>) -> SkillVerdict {
    let Some(view) = scores.filter(|s| s.skill.is_finite() && s.scores.n > 0) else {
        return SkillVerdict::Unscored;
    };
    let (skill, origins) = (view.skill, view.scores.n);
    match skill {
        s if s.abs() < ON_PAR_SKILL => SkillVerdict::OnPar { skill, origins },
        s if is_chance(s, view.skill_error) => SkillVerdict::Chance { skill, origins },
        s if s > 0.0 => SkillVerdict::Better { loss: s, origins },
        s => SkillVerdict::Worse { loss: -s, origins },
    }
}

/// True when a skill lies within two standard errors of zero; false when its error is not known.
fn is_chance(skill: f64, error: Option<f64>) -> bool {
    error.is_some_and(|error| skill.abs() < CHANCE_STANDARD_ERRORS * error)
}

/// Position of the final median relative to the last observation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Direction {
    Above,
    Below,
    /// Within 0.05 %.
    Unchanged,
}

/// Returns the direction of a change in percent; `None` when there is nothing to compare with.
pub(crate) fn direction(change_percent: f64) -> Option<Direction> {
    match change_percent {
        c if !c.is_finite() => None,
        c if c.abs() < UNCHANGED_PERCENT => Some(Direction::Unchanged),
        c if c > 0.0 => Some(Direction::Above),
        _ => Some(Direction::Below),
    }
}

/// Number of observed rates inside the past intervals, over the past forecasts with a published rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IntervalHits {
    pub(crate) inside80: usize,
    pub(crate) inside95: usize,
    pub(crate) published: usize,
}

/// Counts [`IntervalHits`].
pub(crate) fn interval_hits(past: &[PastForecast]) -> IntervalHits {
    let count = |inside: &dyn Fn(&PastForecast, f64) -> bool| {
        past.iter().filter(|p| p.actual.is_some_and(|actual| inside(p, actual))).count()
    };
    IntervalHits {
        inside80: count(&|p, actual| within(p.interval80, actual)),
        inside95: count(&|p, actual| within(p.interval95, actual)),
        published: count(&|_, _| true),
    }
}

/// True when `value` is in the closed interval. An interval without width, that of a peg, also holds what only rounding
/// keeps out of it.
pub(crate) fn within((low, high): (f64, f64), value: f64) -> bool {
    let noise = PRICE_NOISE * value.abs();
    let slack = if high - low <= noise { noise } else { 0.0 };
    (low - slack..=high + slack).contains(&value)
}

/// Rating of the 80 % interval's width, by the share of actual rates inside it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum IntervalRating {
    TooNarrow,
    /// Within 3 points of 80 %.
    Fair,
    TooWide,
}

/// Judges an observed coverage of the 80 % interval; `None` when it is not a number.
pub(crate) fn width(coverage80: f64) -> Option<IntervalRating> {
    match coverage80 - 0.8 {
        d if d.is_nan() => None,
        d if d.abs() <= FAIR_COVERAGE + 1e-9 => Some(IntervalRating::Fair),
        d if d < 0.0 => Some(IntervalRating::TooNarrow),
        _ => Some(IntervalRating::TooWide),
    }
}

/// Returns the level at which observed and nominal share differ most: (level, observed share).
pub(crate) fn largest_gap(reliability: &[(f64, f64)]) -> Option<(f64, f64)> {
    let gap = |(level, observed): &(f64, f64)| (observed - level).abs();
    reliability.iter().filter(|p| gap(p).is_finite()).max_by(|a, b| gap(a).total_cmp(&gap(b))).copied()
}

/// Reading of a relative strength index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strength {
    /// 70 or more (Wilder's line).
    Overbought,
    /// 50 to 70.
    RisesLead,
    /// 30 to 50.
    FallsLead,
    /// 30 or less.
    Oversold,
}

/// Reads a relative strength index 0-100.
pub(crate) fn strength(rsi: f64) -> Strength {
    match rsi {
        r if r >= 70.0 => Strength::Overbought,
        r if r <= 30.0 => Strength::Oversold,
        r if r >= 50.0 => Strength::RisesLead,
        _ => Strength::FallsLead,
    }
}

/// Reading of a MACD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Momentum {
    AboveSignal,
    BelowSignal,
    None,
}

/// Reads a MACD by its line against its signal; `price` sets the scale of rounding errors.
pub(crate) fn momentum(macd: Macd, price: f64) -> Momentum {
    match macd.line - macd.signal {
        d if d.abs() <= ROUNDING * price => Momentum::None,
        d if d > 0.0 => Momentum::AboveSignal,
        _ => Momentum::BelowSignal,
    }
}

/// Position of a price in its Bollinger bands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BandPosition {
    AboveUpper,
    UpperHalf,
    LowerHalf,
    BelowLower,
    /// Bands of zero width.
    NoWidth,
}

/// Reads `price` against `bands`.
pub(crate) fn band_position(price: f64, bands: Bands) -> BandPosition {
    match price {
        p if bands.upper - bands.lower <= PRICE_NOISE * p => BandPosition::NoWidth,
        p if p > bands.upper => BandPosition::AboveUpper,
        p if p < bands.lower => BandPosition::BelowLower,
        p if p >= bands.middle => BandPosition::UpperHalf,
        _ => BandPosition::LowerHalf,
    }
}

/// Short-term volatility compared with long-term volatility.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VolatilityChange {
    /// Short-term volatility at least a fifth above long-term.
    Higher,
    /// Less than a fifth apart.
    Similar,
    /// Short-term volatility at least a fifth below long-term.
    Lower,
}

/// Compares the volatilities of 20 and 60 days; `None` when that of 60 days is zero.
pub(crate) fn agitation(short: f64, long: f64) -> Option<VolatilityChange> {
    (long > 0.0).then(|| match short / long {
        r if r >= 1.2 => VolatilityChange::Higher,
        r if r <= 0.8 => VolatilityChange::Lower,
        _ => VolatilityChange::Similar,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use forecaster_domain::scores::Scores;

    fn scored(skill: f64, n: usize) -> ScoreView {
        let scores = Scores { n, wql: 0.004, rmse: 8.0, mape: 0.7, mase: 1.1, coverage80: 0.8, coverage95: 0.95 };
        ScoreView { scores, skill, skill_error: None, first: None, last: None }
    }

    #[test]
    fn the_verdict_follows_the_sign_and_size_of_the_skill() {
        assert_eq!(verdict(Some(&scored(0.02, 60))), SkillVerdict::Better { loss: 0.02, origins: 60 });
        assert_eq!(verdict(Some(&scored(-0.02, 60))), SkillVerdict::Worse { loss: 0.02, origins: 60 });
        assert_eq!(verdict(Some(&scored(-0.004, 60))), SkillVerdict::OnPar { skill: -0.004, origins: 60 });
        let doubtful = ScoreView { skill_error: Some(0.011), ..scored(-0.02, 60) };
        assert_eq!(verdict(Some(&doubtful)), SkillVerdict::Chance { skill: -0.02, origins: 60 });
        for nothing in [None, Some(&scored(f64::NAN, 60)), Some(&scored(0.02, 0))] {
            assert_eq!(verdict(nothing), SkillVerdict::Unscored);
        }
    }

    #[test]
    fn hits_count_only_published_rates() {
        let past = |actual| PastForecast {
            origin: "2025-01-06".parse().unwrap(),
            date: "2025-01-13".parse().unwrap(),
            median: 100.0,
            interval80: (98.0, 102.0),
            interval95: (96.0, 104.0),
            actual,
        };
        let all = [past(Some(102.0)), past(Some(103.0)), past(Some(90.0)), past(None)];
        assert_eq!(interval_hits(&all), IntervalHits { inside80: 1, inside95: 2, published: 3 });
    }

    #[test]
    fn a_peg_is_inside_an_interval_of_no_width_that_misses_it_by_rounding() {
        let low = 3.672_499_85;
        assert!(within((low, low), 3.6725) && within((3.672_500_1, 3.672_500_1), 3.6725));
        assert!(!within((low, low), 3.6726));
        assert!(!within((963.0, 998.0), 998.000_1), "an interval with a width is exact");
    }

    #[test]
    fn coverage_within_three_points_is_fair() {
        assert_eq!(
            [0.77, 0.83, 0.76, 0.84].map(width),
            [
                Some(IntervalRating::Fair),
                Some(IntervalRating::Fair),
                Some(IntervalRating::TooNarrow),
                Some(IntervalRating::TooWide)
            ]
        );
        assert_eq!(width(f64::NAN), None);
    }

    #[test]
    fn the_largest_gap_is_the_largest_either_way() {
        assert_eq!(largest_gap(&[(0.1, 0.12), (0.5, 0.42), (0.9, f64::NAN)]), Some((0.5, 0.42)));
        assert_eq!(largest_gap(&[]), None);
    }

    #[test]
    fn indicators_are_read_by_their_usual_lines() {
        assert_eq!(
            [70.0, 50.0, 49.9, 30.0].map(strength),
            [Strength::Overbought, Strength::RisesLead, Strength::FallsLead, Strength::Oversold]
        );
        assert_eq!(momentum(Macd { line: 1.0, signal: 2.0 }, 950.0), Momentum::BelowSignal);
        assert_eq!(momentum(Macd { line: 0.0, signal: 1e-13 }, 950.0), Momentum::None);
        let bands = Bands { lower: 90.0, middle: 100.0, upper: 110.0 };
        assert_eq!(band_position(111.0, bands), BandPosition::AboveUpper);
        assert_eq!(band_position(99.0, bands), BandPosition::LowerHalf);
        assert_eq!(agitation(0.12, 0.10), Some(VolatilityChange::Higher));
        assert_eq!(agitation(0.0, 0.0), None);
    }

    #[test]
    fn a_change_of_a_few_hundredths_of_a_percent_is_none() {
        assert_eq!(
            [0.04, 0.06, -0.06].map(direction),
            [Some(Direction::Unchanged), Some(Direction::Above), Some(Direction::Below)]
        );
        assert_eq!(direction(f64::NAN), None);
    }
}
