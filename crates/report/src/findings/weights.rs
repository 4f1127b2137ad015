//! How the weights moved: from the first moment known to the present run.
//!
//! In: the view's weights and its models. Out: moments in order, and who weighs most, gained and lost.

use crate::view::{PastWeights, ReportView};

/// A weight that moved by less than this is practically unchanged: one point.
const STEADY: f64 = 0.01;
/// Differences below this come from floating point.
const ROUNDING: f64 = 1e-9;

/// All moments, oldest first, the present run's last.
pub(crate) fn over_time(view: &ReportView) -> Vec<PastWeights> {
    let as_of = view.ensemble.as_of();
    let mut moments: Vec<PastWeights> =
        view.weights.iter().filter(|m| m.as_of < as_of || !m.issued && m.as_of == as_of).cloned().collect();
    if !view.weights.is_empty() && !view.models.is_empty() {
        let weights = view.models.iter().map(|m| (m.name.clone(), m.weight)).collect();
        moments.push(PastWeights { as_of, issued: true, weights });
    }
    moments.sort_by_key(|m| (m.as_of, m.issued));
    moments
}

/// Every model that ever has a weight, in the order in which they appear.
pub(crate) fn models(moments: &[PastWeights]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, weight) in moments.iter().rev().flat_map(|m| &m.weights) {
        if *weight != 0.0 && !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// The finite weight of a model at a moment.
pub(crate) fn of(moment: &PastWeights, model: &str) -> Option<f64> {
    moment.weights.iter().find(|(name, weight)| name == model && weight.is_finite()).map(|(_, weight)| *weight)
}

/// What became of the weights since the first moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shift {
    /// The first moment.
    pub(crate) since: chrono::NaiveDate,
    /// Those with the largest present weight; several when they tie.
    pub(crate) heaviest: Vec<String>,
    /// Their weight.
    pub(crate) weight: f64,
    /// How many models have a weight.
    pub(crate) count: usize,
    /// Who gained most, several when they tie, and how much, at least a point; `None` when nobody did.
    pub(crate) gained: Option<(Vec<String>, f64)>,
    /// Who lost most, and how much (negative), at least a point; `None` when nobody did.
    pub(crate) lost: Option<(Vec<String>, f64)>,
    /// Whether any model had a weight both then and now.
    pub(crate) comparable: bool,
}

/// Compares the present weights with the first ones; `None` without both.
pub(crate) fn shift(view: &ReportView) -> Option<Shift> {
    let moments = over_time(view);
    let (first, last) = (moments.first()?, moments.last()?);
    let present: Vec<(&String, f64)> =
        last.weights.iter().filter(|(_, w)| w.is_finite()).map(|(name, weight)| (name, *weight)).collect();
    let weight = present.iter().map(|(_, weight)| *weight).reduce(f64::max)?;
    if first.as_of == last.as_of {
        return None;
    }
    let heaviest = present.iter().filter(|(_, w)| weight - w < ROUNDING).map(|(name, _)| (*name).clone()).collect();
    let moved: Vec<(String, f64)> =
        present.iter().filter_map(|(name, now)| Some(((*name).clone(), now - of(first, name)?))).collect();
    let extreme = |pick: fn(f64, f64) -> f64| {
        let most = moved.iter().map(|(_, change)| *change).reduce(pick)?;
        let who = moved.iter().filter(|(_, change)| (change - most).abs() < ROUNDING).map(|(name, _)| name.clone());
        Some((who.collect::<Vec<_>>(), most))
    };
    Some(Shift {
        since: first.as_of,
        heaviest,
        weight,
        count: present.len(),
        gained: extreme(f64::max).filter(|(_, change)| *change >= STEADY - ROUNDING),
        lost: extreme(f64::min).filter(|(_, change)| *change <= ROUNDING - STEADY),
        comparable: !moved.is_empty(),
    })
}
