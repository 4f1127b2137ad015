//! ARMA(p, q) by exact Gaussian maximum likelihood, p and q up to 2.
//!
//! In: a stationary series (log returns). Out: coefficients, innovation variance, log-likelihood, innovations. The
//! likelihood comes from the Kalman filter on the state-space form with its stationary start (Harvey 1989, section
//! 3.3); mean and innovation variance are concentrated out. Stationarity and invertibility are guaranteed by
//! construction: the search runs over partial autocorrelations (Monahan 1984).

use crate::forecast::require;
use crate::optimize::minimise;
use forecaster_domain::{EstimationFailure, ModelError};
use nalgebra::{Matrix3, SMatrix, SVector, Vector3};

/// Orders of an ARMA model, each 0 to 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArmaOrder {
    /// Autoregressive order.
    pub p: usize,
    /// Moving-average order.
    pub q: usize,
}

/// An estimated ARMA model: y_t - mean = sum ar_i (y_{t-i} - mean) + e_t + sum ma_j e_{t-j}.
#[derive(Debug, Clone)]
pub struct ArmaFit {
    /// Autoregressive coefficients `[p]`.
    pub ar: Vec<f64>,
    /// Moving-average coefficients `[q]`.
    pub ma: Vec<f64>,
    /// Mean; 0 when not estimated.
    pub mean: f64,
    /// Innovation variance, in squared units of the series.
    pub variance: f64,
    /// Exact Gaussian log-likelihood.
    pub log_likelihood: f64,
    /// One-step prediction errors `[n]`.
    pub innovations: Vec<f64>,
    parameters: usize,
}

impl ArmaFit {
    /// Akaike's criterion corrected for short samples (Hurvich and Tsai 1989).
    pub fn aicc(&self) -> f64 {
        let (k, n) = (self.parameters as f64, self.innovations.len() as f64);
        2.0 * k - 2.0 * self.log_likelihood + 2.0 * k * (k + 1.0) / (n - k - 1.0)
    }

    /// Returns the same model with the innovations of `series` `[n]`, which may be longer than the series of the fit.
    #[must_use]
    pub fn refiltered(self, series: &[f64]) -> Self {
        let centred: Vec<f64> = series.iter().map(|y| y - self.mean).collect();
        let innovations = FilterResult::new(&centred, &self.ar, &self.ma, false).innovations;
        Self { innovations, ..self }
    }

    /// Weights `[steps]` of the innovation at step j in the sum of all steps up to the last: c_k = psi_0 + ... +
    /// psi_k, where psi is the moving-average representation.
    pub fn cumulated_weights(&self, steps: usize) -> Vec<f64> {
        let mut psi: Vec<f64> = Vec::with_capacity(steps);
        for j in 0..steps {
            let ma = if j == 0 { 1.0 } else { self.ma.get(j - 1).copied().unwrap_or(0.0) };
            let ar: f64 = self.ar.iter().zip(1..=j).map(|(a, i)| a * psi[j - i]).sum();
            psi.push(ma + ar);
        }
        psi.iter()
            .scan(0.0, |sum, weight| {
                *sum += weight;
                Some(*sum)
            })
            .collect()
    }

    /// Expected values `[steps]` of the series after the last observation of `series` `[n]`, the fitted one.
    pub fn expected(&self, series: &[f64], steps: usize) -> Vec<f64> {
        let mut path: Vec<f64> = series.iter().map(|y| y - self.mean).collect();
        let n = series.len();
        for step in 0..steps {
            let ar: f64 = self.ar.iter().enumerate().map(|(i, a)| a * path[n + step - 1 - i]).sum();
            let ma: f64 =
                self.ma.iter().enumerate().skip(step).map(|(j, b)| b * self.innovations[n + step - 1 - j]).sum();
            path.push(ar + ma);
        }
        path[n..].iter().map(|y| y + self.mean).collect()
    }
}

/// Fits an ARMA model of the given order to `series` `[n]`, with or without a mean.
///
/// # Errors
/// When the series is constant or too short for the order, or when the search fails.
pub fn fit(series: &[f64], order: ArmaOrder, with_mean: bool) -> Result<ArmaFit, ModelError> {
    let parameters = order.p + order.q + 1 + usize::from(with_mean);
    require(parameters + 10, series.len())?;
    let spread = series.iter().fold(0.0f64, |m, y| m.max((y - series[0]).abs()));
    if spread == 0.0 {
        return Err(ModelError::Estimation(EstimationFailure::Constant));
    }
    let filter = |u: &[f64]| {
        FilterResult::new(series, &coefficients(&u[..order.p]), &ma_coefficients(&u[order.p..]), with_mean)
    };
    let start = vec![0.05; order.p + order.q];
    let (u, _) = minimise(|u| -filter(u).log_likelihood, &start, 0.2)?;
    let filtered = filter(&u);
    if !filtered.log_likelihood.is_finite() {
        let reason = format!("ARMA({},{}) has no finite likelihood", order.p, order.q);
        return Err(ModelError::Estimation(EstimationFailure::NoResult(reason)));
    }
    Ok(ArmaFit {
        ar: coefficients(&u[..order.p]),
        ma: ma_coefficients(&u[order.p..]),
        mean: filtered.mean,
        variance: filtered.variance,
        log_likelihood: filtered.log_likelihood,
        innovations: filtered.innovations,
        parameters,
    })
}

/// Autoregressive coefficients from unconstrained `u` `[p <= 2]`: partial autocorrelations tanh(u), then the
/// Durbin-Levinson recursion.
fn coefficients(u: &[f64]) -> Vec<f64> {
    match *u {
        [a] => vec![a.tanh()],
        [a, b] => vec![a.tanh() * (1.0 - b.tanh()), b.tanh()],
        _ => Vec::new(),
    }
}

/// An invertible moving average is a stationary autoregression with opposite signs.
fn ma_coefficients(u: &[f64]) -> Vec<f64> {
    coefficients(u).iter().map(|c| -c).collect()
}

struct FilterResult {
    innovations: Vec<f64>,
    mean: f64,
    variance: f64,
    log_likelihood: f64,
}

impl FilterResult {
    fn new(series: &[f64], ar: &[f64], ma: &[f64], with_mean: bool) -> Self {
        let mut gains = KalmanGains::new(ar, ma);
        let n = series.len() as f64;
        // The same linear filter runs over the series and over a column of ones; regressing one on the other gives
        // the generalised least squares estimate of the mean.
        let (mut state, mut ones_state) = (Vector3::zeros(), Vector3::zeros());
        let mut errors = Vec::with_capacity(series.len());
        let (mut log_scale, mut ee, mut ex, mut xx) = (0.0, 0.0, 0.0, 0.0);
        for &y in series {
            let e = y - state[0];
            state = gains.step(&state, e);
            if with_mean {
                let x = 1.0 - ones_state[0];
                ones_state = gains.step(&ones_state, x);
                ex += e * x / gains.scale;
                xx += x * x / gains.scale;
                errors.push((e, x));
            } else {
                errors.push((e, 0.0));
            }
            ee += e * e / gains.scale;
            if !gains.steady {
                log_scale += gains.scale.ln();
            }
            gains.advance();
        }
        let mean = if with_mean && xx > 0.0 { ex / xx } else { 0.0 };
        let variance = (ee - mean * ex) / n;
        let log_likelihood = -0.5 * (n * ((std::f64::consts::TAU * variance).ln() + 1.0) + log_scale);
        Self { innovations: errors.iter().map(|(e, x)| e - mean * x).collect(), mean, variance, log_likelihood }
    }
}

/// Kalman gains of the ARMA state-space form with unit innovation variance; they do not depend on the data.
struct KalmanGains {
    transition: Matrix3<f64>,
    noise: Vector3<f64>,
    covariance: Matrix3<f64>,
    /// Variance of the prediction error at this step, in units of the innovation variance.
    scale: f64,
    gain: Vector3<f64>,
    steady: bool,
}

impl KalmanGains {
    fn new(ar: &[f64], ma: &[f64]) -> Self {
        let coefficient = |c: &[f64], i: usize| c.get(i).copied().unwrap_or(0.0);
        let transition = Matrix3::new(coefficient(ar, 0), 1.0, 0.0, coefficient(ar, 1), 0.0, 1.0, 0.0, 0.0, 0.0);
        let noise = Vector3::new(1.0, coefficient(ma, 0), coefficient(ma, 1));
        let covariance = stationary_covariance(&transition, &noise);
        let mut gains = Self { transition, noise, covariance, scale: 1.0, gain: noise, steady: false };
        gains.refresh();
        gains
    }

    fn refresh(&mut self) {
        self.scale = self.covariance[(0, 0)];
        self.gain = self.transition * self.covariance.column(0) / self.scale;
    }

    /// State predicted for the next step, from this step's state and prediction error.
    fn step(&self, state: &Vector3<f64>, error: f64) -> Vector3<f64> {
        self.transition * state + self.gain * error
    }

    /// Advances the covariance by one step until it no longer changes: then its scale is 1 and its log 0.
    fn advance(&mut self) {
        if self.steady {
            return;
        }
        let next = self.transition * self.covariance * self.transition.transpose()
            - self.gain * self.gain.transpose() * self.scale
            + self.noise * self.noise.transpose();
        let change = (next - self.covariance).abs().max();
        self.covariance = next;
        self.refresh();
        if change < 1e-13 {
            self.steady = true;
        }
    }
}

/// Solves P = T P T' + r r' as one linear system (Harvey 1989, equation 3.3.21).
fn stationary_covariance(transition: &Matrix3<f64>, noise: &Vector3<f64>) -> Matrix3<f64> {
    let system = SMatrix::<f64, 9, 9>::identity() - transition.kronecker(transition);
    let right = noise * noise.transpose();
    let right = SVector::<f64, 9>::from_column_slice(right.as_slice());
    match system.lu().solve(&right) {
        Some(solution) => Matrix3::from_column_slice(solution.as_slice()),
        None => Matrix3::identity() * f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_history::{assert_close, numbers, reference, reference_returns};

    /// Independent reference: statsmodels' ARIMA, exact maximum likelihood (`fixtures/reference.py`).
    #[test]
    fn estimates_and_likelihoods_agree_with_statsmodels() {
        let returns: Vec<f64> = reference_returns().iter().map(|r| r[0]).collect();
        for case in reference()["arma"].as_array().unwrap() {
            let order =
                ArmaOrder { p: case["p"].as_u64().unwrap() as usize, q: case["q"].as_u64().unwrap() as usize };
            let with_mean = case["with_mean"].as_bool().unwrap();
            let fit = fit(&returns, order, with_mean).unwrap();
            let what = format!("{order:?} with_mean={with_mean}");
            let number = |key: &str| case[key].as_f64().unwrap();
            assert_close(&[fit.log_likelihood], &[number("log_likelihood")], 2e-4, &what);
            assert_close(&[fit.aicc()], &[number("aicc")], 1e-3, &what);
            assert_close(&[fit.mean, fit.variance], &[number("mean"), number("variance")], 2e-3, &what);
            assert_close(&fit.ar, &numbers(&case["ar"]), 5e-3, &what);
            assert_close(&fit.ma, &numbers(&case["ma"]), 5e-3, &what);
            assert_close(&fit.expected(&returns, 5), &numbers(&case["forecast"]), 2e-3, &what);
        }
    }

    #[test]
    fn cumulated_weights_are_sums_of_the_moving_average_representation() {
        let returns: Vec<f64> = reference_returns().iter().map(|r| r[0]).collect();
        let mut fit = fit(&returns, ArmaOrder { p: 1, q: 1 }, false).unwrap();
        (fit.ar, fit.ma) = (vec![0.5], vec![0.2]);
        // psi = 1, 0.5 + 0.2, 0.35, 0.175.
        assert_close(&fit.cumulated_weights(4), &[1.0, 1.7, 2.05, 2.225], 1e-12, "psi");
    }

    #[test]
    fn a_constant_or_short_series_is_refused() {
        let order = ArmaOrder { p: 1, q: 0 };
        assert!(fit(&[0.1; 100], order, false).unwrap_err().to_string().contains("constant"));
        assert!(matches!(fit(&[0.1, 0.2], order, false), Err(ModelError::TooShort { .. })));
    }
}
