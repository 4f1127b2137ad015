//! Skill against the random walk over trailing origins.
//!
//! In: losses by origin. Out: one value per window, and how the last one compares with the others.

use super::ON_PAR_SKILL;
use crate::view::OriginLoss;
use chrono::NaiveDate;

/// Number of origins in a window.
pub(crate) const WINDOW: usize = 20;

/// Returns 1 - sum of the ensemble's losses / sum of the random walk's over each [`WINDOW`] consecutive origins,
/// dated by the day on which the last outcome was known. Windows without a usable loss are left out.
pub(crate) fn rolling(losses: &[OriginLoss]) -> Vec<(NaiveDate, f64)> {
    let skill = |window: &[OriginLoss]| {
        let sum = |loss: &dyn Fn(&OriginLoss) -> f64| window.iter().map(loss).sum::<f64>();
        let (ours, reference) = (sum(&|l| l.ensemble), sum(&|l| l.random_walk));
        let known = window.iter().map(|l| l.matured).max()?;
        let skill = 1.0 - ours / reference;
        (reference > 0.0 && skill.is_finite()).then_some((known, skill))
    };
    losses.windows(WINDOW).filter_map(skill).collect()
}

/// Comparison of the last window with the random walk and with the windows before it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trend {
    /// Skill of the last window.
    pub(crate) now: f64,
    /// True when `now` is practically zero: below 0.5 % in absolute value.
    pub(crate) on_par: bool,
    /// Number of windows, and number of those above zero.
    pub(crate) windows: usize,
    pub(crate) above: usize,
    /// Day and skill of the best window; `None` when the last one is the best.
    pub(crate) best: Option<(NaiveDate, f64)>,
    /// Day and skill of the worst window; `None` when the last one is the worst.
    pub(crate) worst: Option<(NaiveDate, f64)>,
}

/// Returns the trend; `None` with fewer than two windows.
pub(crate) fn trend(losses: &[OriginLoss]) -> Option<Trend> {
    let windows = rolling(losses);
    let [_, .., (_, now)] = windows[..] else { return None };
    let best = windows.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1)).filter(|best| best.1 > now);
    let worst = windows.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1)).filter(|worst| worst.1 < now);
    Some(Trend {
        now,
        on_par: now.abs() < ON_PAR_SKILL,
        windows: windows.len(),
        above: windows.iter().filter(|(_, skill)| *skill > 0.0).count(),
        best,
        worst,
    })
}
