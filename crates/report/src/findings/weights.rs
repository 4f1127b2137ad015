//! Changes of the weights, from the first known date to the present run.
//!
//! In: weights and models of the view. Out: weights by date, and the models that weigh most, gained most, lost most.

use crate::view::{PastWeights, ReportView};

/// Change below which a weight is practically unchanged: one point.
const STEADY: f64 = 0.01;
/// Difference below which two weights differ by floating-point error only.
const ROUNDING: f64 = 1e-9;

/// Returns the weights of all dates, oldest first, those of the present run last.
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

/// Returns every model that ever has a weight other than zero, in order of appearance, starting from the latest date.
pub(crate) fn models(moments: &[PastWeights]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, weight) in moments.iter().rev().flat_map(|m| &m.weights) {
        if *weight != 0.0 && !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// Returns the weight of a model on a date; `None` without a finite one.
pub(crate) fn of(moment: &PastWeights, model: &str) -> Option<f64> {
    moment.weights.iter().find(|(name, weight)| name == model && weight.is_finite()).map(|(_, weight)| *weight)
}

/// Changes of the weights since the first date.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shift {
    /// First date.
    pub(crate) since: chrono::NaiveDate,
    /// Models with the largest present weight; several when they tie.
    pub(crate) heaviest: Vec<String>,
    /// Weight of the heaviest models.
    pub(crate) weight: f64,
    /// Number of models with a weight.
    pub(crate) count: usize,
    /// Models that gained most, several when they tie, and the gain; `None` when no model gained a point or more.
    pub(crate) gained: Option<(Vec<String>, f64)>,
    /// Models that lost most, and the loss (negative); `None` when no model lost a point or more.
    pub(crate) lost: Option<(Vec<String>, f64)>,
    /// True when some model had a weight both then and now.
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
