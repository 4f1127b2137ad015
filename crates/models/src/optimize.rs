//! Derivative-free minimisation for likelihoods of a few parameters: argmin's Nelder-Mead, run twice.

use argmin::core::{CostFunction, Executor};
use argmin::solver::neldermead::NelderMead;
use forecaster_domain::{EstimationFailure, ModelError};

struct Objective<F>(F);

impl<F: Fn(&[f64]) -> f64> CostFunction for Objective<F> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, parameters: &Vec<f64>) -> Result<f64, argmin::core::Error> {
        let value = (self.0)(parameters);
        Ok(if value.is_finite() { value } else { f64::MAX.sqrt() })
    }
}

/// Minimises `objective` from `start` `[k]`; the first simplex extends `step` in each direction. A second run from
/// the first one's result guards against a simplex that collapsed early. Returns the argument `[k]` and the minimum.
pub(crate) fn minimise(
    objective: impl Fn(&[f64]) -> f64,
    start: &[f64],
    step: f64,
) -> Result<(Vec<f64>, f64), ModelError> {
    if start.is_empty() {
        return Ok((Vec::new(), objective(&[])));
    }
    let (first, _) = nelder_mead(&objective, start, step)?;
    nelder_mead(&objective, &first, step / 5.0)
}

fn nelder_mead(objective: impl Fn(&[f64]) -> f64, start: &[f64], step: f64) -> Result<(Vec<f64>, f64), ModelError> {
    let failed = |e: argmin::core::Error| ModelError::Estimation(EstimationFailure::NoResult(e.to_string()));
    let mut simplex = vec![start.to_vec()];
    for i in 0..start.len() {
        let mut vertex = start.to_vec();
        vertex[i] += step;
        simplex.push(vertex);
    }
    let solver = NelderMead::new(simplex).with_sd_tolerance(1e-7).map_err(failed)?;
    let result = Executor::new(Objective(objective), solver)
        .configure(|state| state.max_iters(500))
        .timer(false)
        .run()
        .map_err(failed)?;
    let best = result.state.best_param.unwrap_or_else(|| start.to_vec());
    Ok((best, result.state.best_cost))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_of_rosenbrock_is_found() {
        let rosenbrock = |x: &[f64]| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2);
        let (x, value) = minimise(rosenbrock, &[-1.2, 1.0], 0.5).unwrap();
        assert!(value < 1e-6 && (x[0] - 1.0).abs() < 1e-2 && (x[1] - 1.0).abs() < 2e-2, "{x:?} {value}");
    }
}
