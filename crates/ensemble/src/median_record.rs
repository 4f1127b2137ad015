//! Limit on how far a model's median may leave the market, from the model's own out-of-sample record.
//!
//! In: the forecasts of every model at the origins of the validation. Out: the same forecasts; a median that leaves the
//! reference by more than the record justifies is held there, with its whole distribution. The reference is the market
//! walk: the last value, moved by what the market's quote is worth. On ordinary days nothing is held. After a level
//! shift a model may extrapolate from a day unlike any it was judged on: of such a move it has no record.

use crate::validation::OriginForecasts;
use chrono::NaiveDate;
use forecaster_domain::{DomainError, QuantileForecast, weighted_quantile};

/// Share of past moves that are the size of an ordinary move. One origin in ten may be out of the ordinary.
const ORDINARY: f64 = 0.9;
/// Multiple of that size up to which a median may leave the reference when past medians were nearer to the outcomes
/// than the reference was. Of normal moves, 1 in 1,200,000 is larger.
const PROVEN: f64 = 3.0;
/// The same when past medians were not nearer. Of normal moves, 1 in 1,000 is larger.
const UNPROVEN: f64 = 2.0;
/// Share of the reference's half 80 % interval that a median may always leave it by: less than what tells two forecasts
/// apart.
const FREE: f64 = 0.1;
/// The same with fewer past origins than [`FEWEST`].
const FREE_WITHOUT_RECORD: f64 = 0.25;
/// Fewest past origins that make a record, as for weights.
const FEWEST: usize = 8;

/// Record of one model's medians against the reference.
#[derive(Debug, Clone, PartialEq)]
struct MedianRecord {
    /// Size of an ordinary move by step, in logarithms; never smaller at a later step.
    ordinary: Vec<f64>,
    /// True when the medians were nearer to the outcomes than the reference's.
    nearer: bool,
}

impl MedianRecord {
    /// Reads the record of `model` from `past` origins, all matured; `None` when there are fewer than eight with a
    /// forecast of both.
    fn new(past: &[&OriginForecasts], model: usize, reference: usize) -> Option<Self> {
        let mut moves: Vec<Vec<(f64, f64)>> = Vec::new();
        let (mut origins, mut own, mut others) = (0, 0.0, 0.0);
        for origin in past {
            let forecast = |position: usize| origin.forecasts.get(position)?.as_ref();
            let (Some(forecast), Some(reference)) = (forecast(model), forecast(reference)) else { continue };
            origins += 1;
            moves.resize(moves.len().max(forecast.steps()), Vec::new());
            for (step, moves) in moves.iter_mut().enumerate().take(forecast.steps().min(reference.steps())) {
                let moved = distance(forecast, reference, step);
                moves.push((moved.abs(), 1.0));
                if let Some(Some(actual)) = origin.origin.actuals.get(step) {
                    let outcome = (actual / reference.median(step)).ln();
                    own += (outcome - moved).abs();
                    others += outcome.abs();
                }
            }
        }
        let mut largest = 0.0f64;
        let size = |moves: &mut Vec<(f64, f64)>| {
            largest = largest.max(weighted_quantile(moves, ORDINARY).unwrap_or_default());
            largest
        };
        let ordinary: Vec<f64> = moves.iter_mut().map(size).collect();
        (origins >= FEWEST).then_some(Self { ordinary, nearer: own < others })
    }

    /// Largest distance from the reference at `step` (0-based) that the record justifies, in logarithms.
    fn justified(&self, step: usize) -> f64 {
        let multiple = if self.nearer { PROVEN } else { UNPROVEN };
        multiple * self.ordinary.get(step).or(self.ordinary.last()).copied().unwrap_or_default()
    }
}

/// Logarithm of the median of `forecast` over that of `reference` at `step`.
fn distance(forecast: &QuantileForecast, reference: &QuantileForecast, step: usize) -> f64 {
    (forecast.median(step) / reference.median(step)).ln()
}

/// Returns `forecast` with every median within what `record` justifies, and the largest distance in logarithms by
/// which one was moved; `None` when none has to be.
fn held(
    forecast: &QuantileForecast,
    reference: &QuantileForecast,
    record: Option<&MedianRecord>,
) -> Option<(QuantileForecast, f64)> {
    let limit = |step: usize| {
        let (low, high) = reference.interval80(step);
        let half = 0.5 * (high / low).ln();
        record.map_or(FREE_WITHOUT_RECORD * half, |record| record.justified(step).max(FREE * half))
    };
    let steps = forecast.steps().min(reference.steps());
    let back: Vec<f64> = (0..steps)
        .map(|step| {
            let moved = distance(forecast, reference, step);
            moved - moved.clamp(-limit(step), limit(step))
        })
        .collect();
    let largest = back.iter().fold(0.0f64, |largest, back| largest.max(back.abs()));
    // A difference in the last bits is none.
    if largest < 1e-9 {
        return None;
    }
    let moved = moved_back(forecast, &back).ok()?;
    Some((moved, largest))
}

/// Divides every quantile of step i by exp(`back[i]`).
fn moved_back(forecast: &QuantileForecast, back: &[f64]) -> Result<QuantileForecast, DomainError> {
    let mut values = forecast.values().clone();
    for (mut row, back) in values.rows_mut().into_iter().zip(back) {
        row.mapv_inplace(|quantile| quantile / back.exp());
    }
    QuantileForecast::new(forecast.as_of(), forecast.dates().to_vec(), values)
}

/// Origins of `grid`, oldest first, that had matured at `as_of`, the last `count` of them.
fn matured(grid: &[OriginForecasts], as_of: NaiveDate, count: usize) -> Vec<&OriginForecasts> {
    let matured: Vec<_> = grid.iter().filter(|past| past.origin.maturity_date() <= as_of).collect();
    matured[matured.len().saturating_sub(count)..].to_vec()
}

/// Holds the `forecasts` `[models]` made at `as_of` to what the record on `grid` (oldest first) justifies: the last
/// `count` origins that had matured by then. The model at position `reference` stays as it is; without its forecast
/// all do. Returns the logarithm of the largest correction of each model; 0 where nothing was held.
///
/// The record is the 0.9 quantile over the past origins of the distance |ln(median / reference)|; a median may leave
/// the reference by three times that when the past medians were nearer to the outcomes than the reference, by twice
/// that otherwise, and in any case by a tenth of the reference's half 80 % interval.
pub fn hold_medians(
    forecasts: &mut [Option<QuantileForecast>],
    as_of: NaiveDate,
    grid: &[OriginForecasts],
    reference: usize,
    count: usize,
) -> Vec<f64> {
    let mut corrections = vec![0.0; forecasts.len()];
    let Some(walk) = forecasts.get(reference).cloned().flatten() else { return corrections };
    let past = matured(grid, as_of, count);
    for (model, (forecast, correction)) in forecasts.iter_mut().zip(&mut corrections).enumerate() {
        let Some(own) = forecast.as_ref().filter(|_| model != reference) else { continue };
        let record = MedianRecord::new(&past, model, reference);
        if let Some((moved, largest)) = held(own, &walk, record.as_ref()) {
            (*forecast, *correction) = (Some(moved), largest);
        }
    }
    corrections
}

/// Holds the medians at every one of `origins` as [`hold_medians`] does, from the record on `grid`. The records are
/// those of the forecasts as the models made them.
pub fn hold_medians_at(origins: &mut [OriginForecasts], grid: &[OriginForecasts], reference: usize, count: usize) {
    for origin in origins {
        hold_medians(&mut origin.forecasts, origin.origin.as_of, grid, reference, count);
    }
}

#[cfg(test)]
mod tests;
