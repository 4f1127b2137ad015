//! Breaks in the level of a series that no market move explains: another unit, a redenomination, the reciprocal. The
//! values are put in the unit of the newest ones, or left out.

use super::examined::{Examined, log_move};
use crate::{
    quality::finding::{DataProblem, Finding},
    snapshot::RawObservation,
};
use forecaster_domain::{BusinessCalendar, SeriesFact};

/// Ratio of two neighbouring values beyond which no market move explains it: overnight devaluations by 55 per cent
/// (Argentina, December 2023) and 50 per cent (Egypt and others, several times) more than double the price of the
/// dollar; few in a century make it five times as dear.
const BREAK_RATIO: f64 = 5.0;

/// Usual daily moves, in robust standard deviations, within which a break must be exactly a power of ten or the
/// reciprocal; a larger move is extremely rare on any day.
const USUAL_MOVES: f64 = 8.0;

/// Greatest share of a break by which it may miss the reciprocal.
const RECIPROCAL_SHARE: f64 = 0.1;

/// Least log move of a break into the reciprocal: below it, near 1, a move and a reciprocal look alike.
const RECIPROCAL_MOVE: f64 = 0.05;

/// Number of values at a new level from which it counts as lasting.
pub(super) const LASTING: usize = 3;

/// Longest stretch of values in another unit, a year: a longer one may be the right unit.
const LONGEST_STRETCH: usize = 260;

/// Allowance in log for the move across a stretch, besides the usual ones.
const ACROSS_STRETCH: f64 = 0.05;

/// Number of returns, four years, from which the usual one is estimated.
const USUAL_RETURNS: usize = 1000;

/// Gaussian standard deviations beyond which a tenth lies: Phi^-1(0.95).
const TENTH_IN_TAILS: f64 = 1.6449;

/// Least standard deviation of a daily log return, one basis point, for a peg.
const MIN_DEVIATION: f64 = 1e-4;

/// A break between two neighbouring observations.
#[derive(Debug, Clone, Copy)]
struct LevelBreak {
    /// Index of the first observation after it.
    at: usize,
    /// Log of the ratio across it.
    size: f64,
    /// Usual log move over the days that it took.
    usual: f64,
    is_reciprocal: bool,
}

impl LevelBreak {
    /// Exponent of the power of ten that the break is; `None` when it is none.
    fn power_of_ten(&self) -> Option<i32> {
        let exponent = (self.size / std::f64::consts::LN_10).round();
        let miss = (self.size - exponent * std::f64::consts::LN_10).abs();
        (exponent != 0.0 && miss <= self.usual && !self.is_reciprocal).then_some(exponent as i32)
    }
}

/// Puts the observations in the unit of the newest ones. A value out of all proportion that has not lasted for three
/// days is left out; a stretch in another unit that returns is left out; a power of ten is undone; whatever lies before
/// any other break is left out. A jump that a person has accepted, so that the checks have no finding, is a move.
pub(super) fn put_in_one_unit(examined: &mut Examined, findings: &[Finding], calendar: BusinessCalendar) {
    let deviation = robust_deviation(&examined.observations, calendar);
    let is_accepted = |o: RawObservation| {
        !findings.iter().any(|f| f.date == o.date && matches!(f.problem, DataProblem::Jump { .. }))
    };
    let mut breaks = find(&examined.observations, deviation, calendar);
    breaks.retain(|b| b.power_of_ten().is_some() || b.is_reciprocal || !is_accepted(examined.observations[b.at]));
    if let Some(newest) =
        breaks.pop_if(|b| examined.observations.len() - b.at < LASTING && !is_accepted(examined.observations[b.at]))
    {
        let (before, first) = (examined.observations[newest.at - 1], examined.observations[newest.at]);
        examined.observations.truncate(newest.at);
        let (before, value) = (before.value, first.value);
        examined.facts.push(SeriesFact::UnconfirmedJump { date: first.date, before, value, is_used: false });
    }
    while let Some(last) = breaks.pop() {
        let observations = &mut examined.observations;
        let (before, first) = (observations[last.at - 1], observations[last.at]);
        let returned = breaks.last().filter(|begin| is_stretch(observations, begin, &last, deviation, calendar));
        if let Some(begin) = returned.copied() {
            breaks.pop();
            let (from, to, factor) = (observations[begin.at].date, before.date, tidy(begin.size.exp()));
            observations.drain(begin.at..last.at);
            examined.facts.push(SeriesFact::OffScale { from, to, factor });
            continue;
        }
        if let Some(exponent) = last.power_of_ten() {
            let factor = 10_f64.powi(exponent);
            observations[..last.at].iter_mut().for_each(|o| o.value *= factor);
            examined.rescaled.push((first.date, factor));
            let values_after = observations.len() - last.at;
            examined.facts.push(SeriesFact::Redenominated { date: first.date, factor, values_after });
            continue;
        }
        let (before, value) = (before.value, first.value);
        observations.drain(..last.at);
        let is_reciprocal = last.is_reciprocal;
        examined.facts.push(SeriesFact::Break { date: first.date, before, value, is_reciprocal });
        break;
    }
}

/// Returns the robust standard deviation of the last daily log returns, from their 90th percentile: most returns of a
/// currency in ticks are zero.
fn robust_deviation(observations: &[RawObservation], calendar: BusinessCalendar) -> f64 {
    let recent = &observations[observations.len().saturating_sub(USUAL_RETURNS + 1)..];
    let size = |w: &[RawObservation]| {
        let (size, days) = log_move(w[0], w[1], calendar);
        size.abs() / days.sqrt()
    };
    let mut sizes: Vec<f64> = recent.windows(2).map(size).collect();
    sizes.sort_unstable_by(f64::total_cmp);
    let large = sizes.get(sizes.len() * 9 / 10).copied().unwrap_or_default();
    (large / TENTH_IN_TAILS).max(MIN_DEVIATION)
}

/// Returns a factor that is nearly a power of ten as that power.
fn tidy(factor: f64) -> f64 {
    let power = 10_f64.powi(factor.log10().round() as i32);
    if (factor / power - 1.0).abs() < ACROSS_STRETCH { power } else { factor }
}

fn find(observations: &[RawObservation], deviation: f64, calendar: BusinessCalendar) -> Vec<LevelBreak> {
    let one = |at: usize| {
        let (before, after) = (observations[at - 1], observations[at]);
        let size = (after.value / before.value).ln();
        // Cheap test first: hardly any move is that large.
        if size.abs() < RECIPROCAL_MOVE {
            return None;
        }
        let (_, days) = log_move(before, after, calendar);
        let usual = USUAL_MOVES * deviation * days.sqrt();
        let miss = (before.value.ln() + after.value.ln()).abs();
        let is_reciprocal = size.abs() > usual && miss <= (0.5 * usual).min(RECIPROCAL_SHARE * size.abs());
        let is_break = size.abs() > BREAK_RATIO.ln() + usual || is_reciprocal;
        is_break.then_some(LevelBreak { at, size, usual, is_reciprocal })
    };
    (1..observations.len()).filter_map(one).collect()
}

/// True when the values between two breaks are in another unit than those before and after, which agree.
fn is_stretch(
    observations: &[RawObservation],
    begin: &LevelBreak,
    end: &LevelBreak,
    deviation: f64,
    calendar: BusinessCalendar,
) -> bool {
    let (before, after) = (observations[begin.at - 1], observations[end.at]);
    let (across, days) = log_move(before, after, calendar);
    let usual = 0.5 * USUAL_MOVES * deviation * days.sqrt();
    end.at - begin.at <= LONGEST_STRETCH
        && begin.size.signum() != end.size.signum()
        && across.abs() <= ACROSS_STRETCH + usual
}
