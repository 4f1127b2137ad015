//! GARCH(1,1) with Student-t errors by maximum likelihood (Bollerslev 1987).
//!
//! In: zero-mean innovations. Out: omega, alpha, beta, degrees of freedom, conditional variances. The recursion
//! starts from an exponentially weighted variance of the first 75 innovations (weights 0.94^i, the start that the
//! Python package `arch` uses, so that likelihoods can be compared digit by digit).

use crate::forecast::require;
use crate::optimize::minimise;
use forecaster_domain::{EstimationFailure, ModelError};
use statrs::function::gamma::ln_gamma;

/// Fitted model: sigma2_t = omega + alpha e_{t-1}^2 + beta sigma2_{t-1}; e_t / sigma_t is Student-t with `nu` degrees
/// of freedom, scaled to unit variance.
#[derive(Debug, Clone)]
pub struct GarchFit {
    /// Constant, in squared units of the innovations.
    pub omega: f64,
    /// Weight of the last squared innovation.
    pub alpha: f64,
    /// Weight of the last variance.
    pub beta: f64,
    /// Degrees of freedom, above 2.
    pub nu: f64,
    /// Log-likelihood.
    pub log_likelihood: f64,
    /// Expected variance for the step after the last innovation.
    pub next_variance: f64,
}

impl GarchFit {
    /// Long-run variance omega / (1 - alpha - beta).
    pub fn unconditional_variance(&self) -> f64 {
        self.omega / (1.0 - self.alpha - self.beta)
    }

    /// Returns the same dynamics about another long-run variance: after the next step, variances return to `variance`
    /// (variance targeting, Engle and Mezrich 1996, GARCH for groups).
    #[must_use]
    pub fn with_long_run_variance(self, variance: f64) -> Self {
        Self { omega: variance * (1.0 - self.alpha - self.beta), ..self }
    }

    /// Expected variance of step `step` (from 1) after the last innovation: it returns to the long-run variance like
    /// (alpha + beta)^(step - 1) (Bollerslev 1986).
    pub fn expected_variance(&self, step: usize) -> f64 {
        let long_run = self.unconditional_variance();
        let persistence = (self.alpha + self.beta).powi(step.max(1) as i32 - 1);
        long_run + persistence * (self.next_variance - long_run)
    }

    /// Expected variance `[n]` of each of `innovations`, the ones used in the fit.
    pub fn conditional_variances(&self, innovations: &[f64]) -> Vec<f64> {
        let squares: Vec<f64> = innovations.iter().map(|e| e * e).collect();
        let first = self.omega + (self.alpha + self.beta) * backcast(&squares);
        let step = |variance: &mut f64, square: &f64| {
            let expected = *variance;
            *variance = self.omega + self.alpha * square + self.beta * expected;
            Some(expected)
        };
        squares.iter().scan(first, step).collect()
    }
}

/// Fits GARCH(1,1)-t to zero-mean `innovations` `[n]`.
///
/// # Errors
/// When there are fewer than 100, when they are all zero, or when the search fails.
pub fn fit(innovations: &[f64]) -> Result<GarchFit, ModelError> {
    require(100, innovations.len())?;
    let variance = innovations.iter().map(|e| e * e).sum::<f64>() / innovations.len() as f64;
    if variance <= 0.0 {
        return Err(ModelError::Estimation(EstimationFailure::NoInnovations));
    }
    let scaled: Vec<f64> = innovations.iter().map(|e| e / variance.sqrt()).collect();
    let squares: Vec<f64> = scaled.iter().map(|e| e * e).collect();
    let start_variance = backcast(&squares);
    let objective = |u: &[f64]| -log_likelihood(&Parameters::from_unconstrained(u), &squares, start_variance);
    // Starts at alpha 0.08, beta 0.86, unit long-run variance and 6 degrees of freedom, typical of daily exchange
    // rates.
    let (u, _) = minimise(objective, &[-2.75, 2.6, 0.0, 1.4], 0.4)?;
    let parameters = Parameters::from_unconstrained(&u);
    let scaled_likelihood = log_likelihood(&parameters, &squares, start_variance);
    let last = conditional_variance(&parameters, &squares, start_variance);
    Ok(GarchFit {
        omega: parameters.omega * variance,
        alpha: parameters.alpha,
        beta: parameters.beta,
        nu: parameters.nu,
        log_likelihood: scaled_likelihood - 0.5 * innovations.len() as f64 * variance.ln(),
        next_variance: last * variance,
    })
}

#[derive(Debug, Clone, Copy)]
struct Parameters {
    omega: f64,
    alpha: f64,
    beta: f64,
    nu: f64,
}

impl Parameters {
    /// Maps `u` `[4]` to parameters: alpha and beta by a logistic map onto the simplex alpha + beta < 0.9999, omega
    /// through the logarithm of the long-run variance, nu = 2.05 + exp(u), at most 200.
    fn from_unconstrained(u: &[f64]) -> Self {
        let (a, b) = (u[0].clamp(-30.0, 30.0).exp(), u[1].clamp(-30.0, 30.0).exp());
        let alpha = 0.9999 * a / (1.0 + a + b);
        let beta = 0.9999 * b / (1.0 + a + b);
        let omega = u[2].clamp(-20.0, 20.0).exp() * (1.0 - alpha - beta);
        Self { omega, alpha, beta, nu: (2.05 + u[3].clamp(-20.0, 20.0).exp()).min(200.0) }
    }
}

fn backcast(squares: &[f64]) -> f64 {
    let weights = || (0..squares.len().min(75)).map(|i| 0.94f64.powi(i as i32));
    weights().zip(squares).map(|(w, s)| w * s).sum::<f64>() / weights().sum::<f64>()
}

fn log_likelihood(parameters: &Parameters, squares: &[f64], start: f64) -> f64 {
    let Parameters { omega, alpha, beta, nu } = *parameters;
    let constant = ln_gamma((nu + 1.0) / 2.0) - ln_gamma(nu / 2.0) - 0.5 * (std::f64::consts::PI * (nu - 2.0)).ln();
    let mut variance = omega + (alpha + beta) * start;
    // Logarithms of products: one logarithm per 8 factors instead of 8 logarithms.
    let (mut tail, mut scale) = (0.0, 0.0);
    for chunk in squares.chunks(8) {
        let (mut tail_product, mut scale_product) = (1.0, 1.0);
        for &square in chunk {
            tail_product *= 1.0 + square / (variance * (nu - 2.0));
            scale_product *= variance;
            variance = omega + alpha * square + beta * variance;
        }
        tail += f64::ln(tail_product);
        scale += f64::ln(scale_product);
    }
    constant * squares.len() as f64 - 0.5 * (scale + (nu + 1.0) * tail)
}

fn conditional_variance(parameters: &Parameters, squares: &[f64], start: f64) -> f64 {
    let first = parameters.omega + (parameters.alpha + parameters.beta) * start;
    squares
        .iter()
        .fold(first, |variance, square| parameters.omega + parameters.alpha * square + parameters.beta * variance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_history::{assert_close, reference, reference_returns};

    /// Independent reference: `arch`, GARCH(1,1) with Student-t errors and zero mean (`fixtures/reference.py`).
    #[test]
    fn estimates_and_likelihood_agree_with_arch() {
        let returns: Vec<f64> = reference_returns().iter().map(|r| r[0]).collect();
        let fit = fit(&returns).unwrap();
        let theirs = &reference()["garch"];
        let number = |key: &str| theirs[key].as_f64().unwrap();
        assert_close(&[fit.log_likelihood], &[number("log_likelihood")], 1e-3, "log-likelihood");
        let ours = [fit.omega, fit.alpha, fit.beta, fit.next_variance];
        let theirs = [number("omega"), number("alpha"), number("beta"), number("next_variance")];
        assert_close(&ours, &theirs, 2e-3, "omega, alpha, beta, next variance");
        assert_close(&[fit.nu], &[number("nu")], 0.05, "degrees of freedom");
    }

    /// The expected variance is the recursion with each unknown square replaced by its expectation.
    #[test]
    fn variances_of_past_and_future_are_one_recursion() {
        let returns: Vec<f64> = reference_returns().iter().map(|r| r[0]).collect();
        let fit = fit(&returns).unwrap();
        let past = fit.conditional_variances(&returns);
        let (last, square) = (past[past.len() - 1], returns[returns.len() - 1].powi(2));
        assert_eq!(past.len(), returns.len());
        let next = fit.omega + fit.alpha * square + fit.beta * last;
        assert_close(&[next, fit.expected_variance(1)], &[fit.next_variance; 2], 1e-9, "next variance");
        let mut expected = fit.next_variance;
        for step in 2..=60 {
            expected = fit.omega + (fit.alpha + fit.beta) * expected;
            assert_close(&[fit.expected_variance(step)], &[expected], 1e-9, "expected variance");
        }
    }

    #[test]
    fn the_likelihood_does_not_depend_on_the_unit() {
        let returns: Vec<f64> = reference_returns().iter().map(|r| r[0]).collect();
        let fractions: Vec<f64> = returns.iter().map(|r| r / 100.0).collect();
        let (percent, fraction) = (fit(&returns).unwrap(), fit(&fractions).unwrap());
        let shift = returns.len() as f64 * 100f64.ln();
        assert_close(&[fraction.log_likelihood - shift], &[percent.log_likelihood], 1e-6, "log-likelihood");
        assert_close(&[1e4 * fraction.next_variance], &[percent.next_variance], 1e-9, "next variance");
    }

    #[test]
    fn silence_is_refused() {
        assert!(fit(&[0.0; 300]).unwrap_err().to_string().contains("all zero"));
    }
}
