//! Forecasts with a loaded model: contexts of any length and scale in, the model's own quantiles for any number of
//! steps out.
//!
//! Contexts are centred and scaled to unit size in double precision before they become single-precision numbers, so
//! that a rate of 1e-12, of 1e12 or one that hardly moves loses nothing; the model itself depends on neither level
//! nor unit.

use crate::artifact::{LoadableGraph, prepare, rebuild_graph};
use crate::checkpoint::{Checkpoint, CheckpointPlace};
use crate::config::BoltConfig;
use crate::error::ChronosError;
use crate::precision::Precision;
use crate::session::{BoltSession, SessionSettings};
use ndarray::{Array2, Array3, ArrayView2, Axis, Slice};

/// Number of contexts run through the graph at once; more are no faster and cost memory.
const BATCH: usize = 64;
/// Fewest observations in a context.
const MIN_OBSERVED: usize = 2;

/// A loaded model.
#[derive(Debug)]
pub struct Predictor {
    session: BoltSession,
    config: BoltConfig,
}

/// Contexts as the model sees them: `value = unit x seen + centre`.
struct ScaledContexts {
    /// `[batch, time]`, NaN where nothing was observed.
    seen: Array2<f32>,
    centre: Vec<f64>,
    unit: Vec<f64>,
}

impl Predictor {
    /// Loads the checkpoint in `place`, converting it first if necessary.
    ///
    /// # Errors
    /// When it is broken or not a Chronos-Bolt, or ONNX Runtime is missing or refuses it.
    pub fn load(
        place: &CheckpointPlace,
        precision: Precision,
        settings: &SessionSettings,
    ) -> Result<Self, ChronosError> {
        let checkpoint = Checkpoint::open(place)?;
        let load = |graph: &LoadableGraph| BoltSession::load(graph, checkpoint.config(), settings);
        let session = match load(&prepare(&checkpoint, precision)?) {
            // The file was damaged after it was made.
            Err(ChronosError::Session(reason)) => {
                tracing::debug!("graph built anew: {reason}");
                load(&rebuild_graph(&checkpoint, precision)?)
            }
            other => other,
        }?;
        Ok(Self { session, config: checkpoint.config().clone() })
    }

    /// Shape and settings of the model.
    pub fn config(&self) -> &BoltConfig {
        &self.config
    }

    /// Returns quantiles `[steps, quantiles]` of each context, in its own unit, levels as in
    /// [`BoltConfig::quantiles`], not sorted. Contexts are oldest first, NaN where nothing was observed; only the
    /// last `context_length` values count.
    ///
    /// Beyond the model's prediction length each of its quantiles is appended to the context and forecast from again,
    /// and the resulting quantiles x quantiles values of a step are reduced to their empirical quantiles: the
    /// heuristic of the reference implementation (chronos-forecasting, `ChronosBoltPipeline.predict`).
    ///
    /// Weights that are far out of range give an answer that is not finite.
    ///
    /// # Errors
    /// When [`check_context`] refuses one of the contexts.
    pub fn predict(&mut self, contexts: &[Vec<f64>], steps: usize) -> Result<Vec<Array2<f64>>, ChronosError> {
        let scaled = scale(contexts, self.config.context_length)?;
        let mut answers = Vec::with_capacity(contexts.len());
        for first in (0..contexts.len()).step_by(BATCH) {
            let last = (first + BATCH).min(contexts.len());
            let quantiles = self.steps(scaled.seen.slice_axis(Axis(0), Slice::from(first..last)), steps)?;
            for (row, index) in quantiles.outer_iter().zip(first..last) {
                // [quantiles, steps] -> [steps, quantiles]
                answers.push(row.t().mapv(|v| f64::from(v) * scaled.unit[index] + scaled.centre[index]));
            }
        }
        Ok(answers)
    }

    /// Forecasts all steps: `[batch, quantiles, steps]`.
    fn steps(&mut self, contexts: ArrayView2<'_, f32>, steps: usize) -> Result<Array3<f32>, ChronosError> {
        let mut block = self.run(contexts)?;
        let mut blocks = vec![block.clone()];
        let count = self.config.quantiles.len();
        let mut extended = if steps > self.config.prediction_length {
            // Each context repeated once per quantile: [batch x quantiles, time].
            let indices: Vec<usize> = (0..contexts.nrows()).flat_map(|row| std::iter::repeat_n(row, count)).collect();
            contexts.select(Axis(0), &indices)
        } else {
            Array2::zeros((0, 0))
        };
        while blocks.len() * self.config.prediction_length < steps {
            extended = self.append(&extended, &block);
            let each = self.run(extended.view())?;
            block = reduce(&each, &self.config.quantiles);
            blocks.push(block.clone());
        }
        let views: Vec<_> = blocks.iter().map(|block| block.view()).collect();
        let whole = ndarray::concatenate(Axis(2), &views).map_err(|e| ChronosError::Answer(e.to_string()))?;
        Ok(whole.slice_axis(Axis(2), Slice::from(..steps)).to_owned())
    }

    /// Appends each quantile of `block` `[batch, quantiles, n]` to its own copy in `contexts`
    /// `[batch x quantiles, time]`.
    fn append(&self, contexts: &Array2<f32>, block: &Array3<f32>) -> Array2<f32> {
        let (batch, count, n) = block.dim();
        let time = contexts.ncols();
        let start = (time + n).saturating_sub(self.config.context_length);
        Array2::from_shape_fn((batch * count, time + n - start), |(row, column)| {
            let column = column + start;
            if column < time { contexts[[row, column]] } else { block[[row / count, row % count, column - time]] }
        })
    }

    /// Runs the graph on `contexts` `[batch, time]` in batches: `[batch, quantiles, prediction_length]`.
    fn run(&mut self, contexts: ArrayView2<'_, f32>) -> Result<Array3<f32>, ChronosError> {
        let mut answers = Vec::new();
        for batch in contexts.axis_chunks_iter(Axis(0), BATCH) {
            answers.push(self.session.run(batch)?);
        }
        let views: Vec<_> = answers.iter().map(|block| block.view()).collect();
        ndarray::concatenate(Axis(0), &views).map_err(|e| ChronosError::Answer(e.to_string()))
    }
}

/// Checks that something can be forecast from `context`, NaN where nothing was observed.
///
/// # Errors
/// When it has fewer than two observations, or one that is infinite or beyond 1e300.
pub fn check_context(context: &[f64]) -> Result<(), ChronosError> {
    let observed = || context.iter().copied().filter(|v| !v.is_nan());
    if let Some(value) = observed().find(|v| !v.is_finite() || v.abs() > 1e300) {
        return Err(ChronosError::Context(format!("the context holds {value}; values must be finite numbers")));
    }
    let (found, length) = (observed().count(), context.len());
    if found < MIN_OBSERVED {
        return Err(ChronosError::Context(format!(
            "{found} observed values in a context of {length}; at least {MIN_OBSERVED} are needed"
        )));
    }
    Ok(())
}

/// Cuts `contexts` to their last `longest` values, pads them on the left to one length, centres and scales them.
fn scale(contexts: &[Vec<f64>], longest: usize) -> Result<ScaledContexts, ChronosError> {
    let cut: Vec<&[f64]> = contexts.iter().map(|c| &c[c.len().saturating_sub(longest)..]).collect();
    let time = cut.iter().map(|c| c.len()).max().unwrap_or(0);
    let mut scaled = ScaledContexts {
        seen: Array2::from_elem((cut.len(), time), f32::NAN),
        centre: Vec::with_capacity(cut.len()),
        unit: Vec::with_capacity(cut.len()),
    };
    for (row, context) in cut.iter().enumerate() {
        check_context(context)?;
        let observed: Vec<f64> = context.iter().copied().filter(|v| !v.is_nan()).collect();
        let (centre, unit) = centre_and_unit(&observed);
        let start = time - context.len();
        for (column, value) in context.iter().enumerate() {
            scaled.seen[[row, start + column]] = ((value - centre) / unit) as f32;
        }
        scaled.centre.push(centre);
        scaled.unit.push(unit);
    }
    Ok(scaled)
}

/// Mean, and the power of two at or next below the greatest deviation from it: dividing by that is exact. A constant
/// gets its own value and 1, so that rounding of the mean does not count as a deviation.
fn centre_and_unit(observed: &[f64]) -> (f64, f64) {
    let first = observed[0];
    let centre = first + observed.iter().map(|v| (v - first) / observed.len() as f64).sum::<f64>();
    let greatest = observed.iter().fold(0.0f64, |most, v| most.max((v - centre).abs()));
    if observed.iter().all(|v| *v == first) || greatest < f64::MIN_POSITIVE * 1e16 {
        return (first, 1.0);
    }
    (centre, greatest.log2().floor().exp2())
}

/// Reduces `each` `[batch x quantiles, quantiles, n]` to empirical quantiles at `levels`, over the quantiles x
/// quantiles values of a context and step: `[batch, quantiles, n]`. Linear between order statistics (Hyndman and Fan
/// 1996, type 7).
fn reduce(each: &Array3<f32>, levels: &[f64]) -> Array3<f32> {
    let count = levels.len();
    let (rows, _, n) = each.dim();
    let batch = rows / count;
    let mut reduced = Array3::zeros((batch, count, n));
    for context in 0..batch {
        for step in 0..n {
            let rows = each.slice_axis(Axis(0), Slice::from(context * count..(context + 1) * count));
            let mut values: Vec<f32> = rows.index_axis(Axis(2), step).iter().copied().collect();
            values.sort_by(f32::total_cmp);
            for (index, level) in levels.iter().enumerate() {
                let position = level * (values.len() - 1) as f64;
                let below = position.floor() as usize;
                let above = (below + 1).min(values.len() - 1);
                let share = (position - below as f64) as f32;
                reduced[[context, index, step]] = values[below] + share * (values[above] - values[below]);
            }
        }
    }
    reduced
}
