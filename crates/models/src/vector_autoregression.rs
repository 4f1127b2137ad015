//! Vector autoregression of the log returns of the pair and its regressors (Lütkepohl 2005, chapters 2 to 4).
//!
//! In: returns aligned so that each row holds the values known at its date. Out: the pair's cumulated return with the
//! uncertainty propagated from the residual covariance. Gaussian, no drift.

use crate::forecast::{price_forecast, require};
use forecaster_domain::{
    AlignedRegressor, EstimationFailure, History, LEVELS, Model, ModelError, ModelForecast, ModelId, RegressorStatus,
    Target, standard_normal_quantile,
};
use nalgebra::DMatrix;

/// F statistic of the pair's equation at which its coefficients count half. On USD/CLP it is 2 to 6; halving the
/// coefficients gained at every horizon in each of 2012-14, 2015-19 and 2020-22; quartering them performed alike.
const HALF_CREDIBLE: f64 = 5.0;

/// Limits of the search.
#[derive(Debug, Clone)]
pub struct VarSettings {
    /// Largest lag; the information criterion chooses between 1 and this.
    pub max_lag: usize,
    /// Number of recent residuals whose covariance is used for the first step.
    pub recent_window: usize,
    /// Daily rate at which the covariance of the later steps returns to its long-run level, 0 to 1.
    pub persistence: f64,
    /// Number of recent residuals whose covariance is the long-run level.
    pub long_run_window: usize,
    /// Number of recent returns on which the coefficients are estimated.
    pub estimation_window: usize,
}

impl Default for VarSettings {
    /// Default settings. One lag: up to five lags, chosen by AIC, lost 0.6 to 1.3 % of WQL at 7 days in 2020-22 and
    /// gained nothing before. Half a year of residuals, returning at 0.985 a day (half-way after 46 days) to the
    /// level of two years: among windows of 125 to 1500 days and rates of 0.98 to 1 on 2011-2022, the smallest loss
    /// at 90 days, with little difference at shorter horizons. Coefficients from four years: with six, the crisis of
    /// 2008 cost 3 % in 2012-14.
    fn default() -> Self {
        Self { max_lag: 1, recent_window: 125, persistence: 0.985, long_run_window: 500, estimation_window: 1000 }
    }
}

/// Vector autoregression model.
#[derive(Debug, Clone)]
pub struct Var {
    settings: VarSettings,
}

impl Var {
    /// Creates a model that searches within `settings`.
    pub fn new(settings: VarSettings) -> Self {
        Self { settings }
    }
}

impl Model for Var {
    fn name(&self) -> &str {
        ModelId::Var.as_str()
    }

    fn fingerprint(&self) -> String {
        let VarSettings { max_lag, recent_window, persistence, long_run_window, estimation_window } = self.settings;
        format!(
            "var/2 max_lag={max_lag} recent_window={recent_window} persistence={persistence} long_run={long_run_window} \
             estimation={estimation_window} half_credible={HALF_CREDIBLE}"
        )
    }

    fn forecast(&self, history: &History, target: &Target) -> Result<ModelForecast, ModelError> {
        require(250, history.pair().len())?;
        let (regressors, statuses) = history.aligned_regressors();
        if regressors.is_empty() {
            return Err(ModelError::NoRegressors { as_of: history.as_of(), left_out: statuses });
        }
        let returns = returns_matrix(history, &regressors);
        let rows = returns.nrows().min(self.settings.estimation_window);
        let returns = returns.rows(returns.nrows() - rows, rows).into_owned();
        let fit = best_lag(&returns, self.settings.max_lag)?.shrunk(&returns);
        let (centre, deviation) = fit.summed_first(&returns, target.dates.len(), &self.settings);
        let scores = LEVELS.map(standard_normal_quantile);
        let quantiles = price_forecast(history.pair().last_value(), history.as_of(), target, |step, level| {
            centre[step] + scores[level] * deviation[step]
        })?;
        Ok(ModelForecast::new(quantiles, details(&fit, &regressors, &statuses)))
    }
}

fn details(fit: &VarFit, regressors: &[AlignedRegressor], statuses: &[RegressorStatus]) -> Vec<(String, String)> {
    let names: Vec<&str> = regressors.iter().map(|r| r.name.as_str()).collect();
    let mut details =
        vec![("lags (AIC)".to_owned(), fit.lags.to_string()), ("regressors".to_owned(), names.join(", "))];
    details.push(("left out".into(), left_out(statuses)));
    details.retain(|(_, value)| !value.is_empty());
    details
}

/// Names of the regressors that were left out; empty when none was.
pub(crate) fn left_out(statuses: &[RegressorStatus]) -> String {
    let names = statuses.iter().filter(|s| s.left_out.is_some()).map(|s| s.name.as_str());
    names.collect::<Vec<_>>().join(", ")
}

/// Log returns `[n - 1, 1 + regressors]`, oldest first, the pair in column 0.
fn returns_matrix(history: &History, regressors: &[AlignedRegressor]) -> DMatrix<f64> {
    let pair = history.pair().values();
    DMatrix::from_fn(pair.len() - 1, 1 + regressors.len(), |row, column| {
        let values = if column == 0 { pair } else { &regressors[column - 1].values };
        (values[row + 1] / values[row]).ln()
    })
}

/// Fits the lag from 1 to `max_lag` with the smallest Akaike criterion; lags are compared on the same rows, and the
/// best one is then fitted on all.
fn best_lag(returns: &DMatrix<f64>, max_lag: usize) -> Result<VarFit, ModelError> {
    let mut best: Option<(f64, usize)> = None;
    for lags in 1..=max_lag {
        let common = returns.rows(max_lag - lags, returns.nrows() - (max_lag - lags)).into_owned();
        let aic = VarFit::new(&common, lags, false)?.aic();
        if best.is_none_or(|(b, _)| aic < b) {
            best = Some((aic, lags));
        }
    }
    let (_, lags) = best
        .ok_or_else(|| EstimationFailure::NoResult("max_lag must be at least 1".into()))
        .map_err(ModelError::Estimation)?;
    VarFit::new(returns, lags, false)
}

/// A VAR(p) of k series estimated by least squares.
#[derive(Debug, Clone)]
pub struct VarFit {
    /// Number of lags p.
    pub lags: usize,
    /// Intercepts `[k]`; zero when not estimated.
    pub intercept: Vec<f64>,
    /// Coefficient matrices `[p]` of `[k, k]`: row = equation, column = series lagged.
    pub coefficients: Vec<DMatrix<f64>>,
    /// Residuals `[n - p, k]`.
    pub residuals: DMatrix<f64>,
    /// Residual covariance `[k, k]`, divisor n - p - parameters of an equation.
    pub covariance: DMatrix<f64>,
    /// Gaussian log-likelihood, with the maximum likelihood covariance (divisor n - p).
    pub log_likelihood: f64,
    parameters: usize,
}

impl VarFit {
    /// Fits `series` `[n, k]`, oldest row first.
    ///
    /// # Errors
    /// When there are too few rows or the regressors are collinear.
    pub fn new(series: &DMatrix<f64>, lags: usize, with_intercept: bool) -> Result<Self, ModelError> {
        let (n, k) = series.shape();
        let constant = usize::from(with_intercept);
        let parameters = constant + k * lags;
        let rows = n.saturating_sub(lags);
        require(parameters + lags + 10, n)?;
        let design = DMatrix::from_fn(rows, parameters, |row, column| match column.checked_sub(constant) {
            None => 1.0,
            Some(c) => series[(row + lags - 1 - c / k, c % k)],
        });
        let outcome = series.rows(lags, rows).into_owned();
        // Columns of unit length make the cross products well conditioned, regardless of the series' units.
        let lengths: Vec<f64> = design.column_iter().map(|c| c.norm()).collect();
        let scaled = DMatrix::from_fn(rows, parameters, |row, column| design[(row, column)] / lengths[column]);
        let cross = scaled.tr_mul(&scaled);
        let solution = cross
            .cholesky()
            .ok_or(ModelError::Estimation(EstimationFailure::Collinear))?
            .solve(&scaled.tr_mul(&outcome));
        let beta = DMatrix::from_fn(parameters, k, |row, column| solution[(row, column)] / lengths[row]);
        let residuals = &outcome - &design * &beta;
        let squares = residuals.tr_mul(&residuals);
        let log_determinant = log_determinant(&(&squares / rows as f64))?;
        let log_likelihood = -0.5 * rows as f64 * (k as f64 * ((std::f64::consts::TAU).ln() + 1.0) + log_determinant);
        Ok(Self {
            lags,
            intercept: (0..k).map(|c| if with_intercept { beta[(0, c)] } else { 0.0 }).collect(),
            coefficients: (0..lags)
                .map(|lag| DMatrix::from_fn(k, k, |row, column| beta[(constant + lag * k + column, row)]))
                .collect(),
            residuals,
            covariance: squares / (rows - parameters) as f64,
            log_likelihood,
            parameters,
        })
    }

    /// Shrinks the coefficients towards zero, that is, every series towards a random walk (the prior of Litterman
    /// 1986, Forecasting with Bayesian vector autoregressions). The factor is F / (F + 5), where F is the statistic
    /// of all coefficients in the first series' equation, so that a better fit is shrunk less. `series` `[n, k]` is
    /// the fitted one.
    #[must_use]
    pub fn shrunk(self, series: &DMatrix<f64>) -> Self {
        let rows = self.residuals.nrows();
        let outcome = series.rows(self.lags, rows).into_owned();
        let squares = |matrix: &DMatrix<f64>| matrix.column(0).iter().map(|value| value * value).sum::<f64>();
        let (left, all) = (squares(&self.residuals), squares(&outcome));
        let parameters = self.parameters as f64;
        let explained = ((all - left) / parameters).max(0.0);
        let unexplained = left / (rows as f64 - parameters);
        let share = explained / (explained + HALF_CREDIBLE * unexplained);
        let share = if share.is_finite() { share } else { 0.0 };
        Self {
            coefficients: self.coefficients.iter().map(|matrix| matrix * share).collect(),
            residuals: self.residuals * share + outcome * (1.0 - share),
            ..self
        }
    }

    /// Akaike's criterion, ln |covariance| + 2 x parameters / rows (Lütkepohl 2005, equation 4.3.2), up to a
    /// constant.
    pub fn aic(&self) -> f64 {
        let (rows, k) = (self.residuals.nrows() as f64, self.residuals.ncols() as f64);
        (-2.0 * self.log_likelihood + 2.0 * k * self.parameters as f64) / rows
    }

    /// Expectation and standard deviation, each `[steps]`, of the first series summed over steps 1..h.
    ///
    /// The error of the sum is the sum over i of c_{h-i} e_i, where c_j is the first row of Psi_0 + ... + Psi_j
    /// (Lütkepohl 2005, section 2.2.2, for accumulated series). The covariance of e_i moves from that of the recent
    /// residuals to the long-run one at the rate in `settings`.
    pub fn summed_first(&self, series: &DMatrix<f64>, steps: usize, settings: &VarSettings) -> (Vec<f64>, Vec<f64>) {
        let near = self.recent_covariance(settings.recent_window);
        let far = self.recent_covariance(settings.long_run_window);
        let weights = self.cumulated_weights(steps);
        // c_j S c_j' for both covariances, j < steps.
        let spread = |covariance: &DMatrix<f64>| -> Vec<f64> {
            weights.iter().map(|c| (c * covariance * c.transpose())[(0, 0)]).collect()
        };
        let (near, far) = (spread(&near), spread(&far));
        let deviations = (1..=steps).map(|h| {
            let variance: f64 = (0..h)
                .map(|i| {
                    let share = settings.persistence.powi(i as i32);
                    share * near[h - 1 - i] + (1.0 - share) * far[h - 1 - i]
                })
                .sum();
            variance.sqrt()
        });
        (self.summed_mean(series, steps), deviations.collect())
    }

    /// First rows `[steps]` of Psi_0 + ... + Psi_j, each `[1, k]`.
    fn cumulated_weights(&self, steps: usize) -> Vec<DMatrix<f64>> {
        let k = self.residuals.ncols();
        let mut psi: Vec<DMatrix<f64>> = vec![DMatrix::identity(k, k)];
        let mut cumulated = DMatrix::<f64>::zeros(1, k);
        (0..steps)
            .map(|step| {
                cumulated += psi[step].rows(0, 1);
                let terms = self.coefficients.iter().zip(psi.iter().rev()).map(|(a, earlier)| earlier * a);
                psi.push(terms.fold(DMatrix::zeros(k, k), |sum, term| sum + term));
                cumulated.clone()
            })
            .collect()
    }

    /// Expectation `[steps]` of the first series summed over steps 1..h.
    fn summed_mean(&self, series: &DMatrix<f64>, steps: usize) -> Vec<f64> {
        let (n, k) = series.shape();
        let mut path: Vec<Vec<f64>> =
            (n - self.lags..n).map(|row| series.row(row).iter().copied().collect()).collect();
        let mut mean = 0.0;
        (0..steps)
            .map(|_| {
                let next: Vec<f64> = (0..k)
                    .map(|row| {
                        let lagged = self.coefficients.iter().zip(path.iter().rev()).map(|(a, past)| {
                            past.iter().enumerate().map(|(column, y)| a[(row, column)] * y).sum::<f64>()
                        });
                        self.intercept[row] + lagged.sum::<f64>()
                    })
                    .collect();
                mean += next[0];
                path.push(next);
                mean
            })
            .collect()
    }

    fn recent_covariance(&self, window: usize) -> DMatrix<f64> {
        let rows = self.residuals.nrows();
        let count = window.clamp(1, rows);
        let recent = self.residuals.rows(rows - count, count);
        recent.tr_mul(&recent) / count as f64
    }
}

fn log_determinant(matrix: &DMatrix<f64>) -> Result<f64, ModelError> {
    let cholesky = matrix.clone().cholesky().ok_or(ModelError::Estimation(EstimationFailure::SingularCovariance))?;
    Ok(2.0 * cholesky.l().diagonal().iter().map(|d| d.ln()).sum::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_history::{
        assert_close, day, history, history_with, normals, numbers, prices, reference, reference_returns, target,
    };

    fn returns() -> DMatrix<f64> {
        let rows = reference_returns();
        DMatrix::from_fn(rows.len(), 3, |row, column| rows[row][column])
    }

    /// Independent reference: statsmodels' VAR (`fixtures/reference.py`).
    #[test]
    fn estimates_likelihoods_and_forecasts_agree_with_statsmodels() {
        let all = VarSettings { persistence: 1.0, recent_window: usize::MAX, ..VarSettings::default() };
        for case in reference()["var"].as_array().unwrap() {
            let lags = case["lags"].as_u64().unwrap() as usize;
            let fit = VarFit::new(&returns(), lags, case["with_intercept"].as_bool().unwrap()).unwrap();
            let what = format!("{lags} lags, intercept {:?}", fit.intercept);
            let by_rows = |m: &DMatrix<f64>| m.transpose().iter().copied().collect::<Vec<f64>>();
            let coefficients: Vec<f64> = fit.coefficients.iter().flat_map(by_rows).collect();
            assert_close(&coefficients, &numbers(&case["coefficients"]), 1e-9, &what);
            assert_close(&fit.intercept, &numbers(&case["intercept"]), 1e-9, &what);
            assert_close(&by_rows(&fit.covariance), &numbers(&case["covariance"]), 1e-9, &what);
            assert_close(&[fit.log_likelihood], &numbers(&case["log_likelihood"]), 1e-6, &what);
            let (mean, deviation) = fit.summed_first(&returns(), 10, &all);
            assert_close(&mean, &numbers(&case["summed_mean"]), 1e-9, &what);
            let variance: Vec<f64> = deviation.iter().map(|d| d * d).collect();
            assert_close(&variance, &numbers(&case["summed_variance"]), 1e-9, &what);
        }
    }

    #[test]
    fn the_lag_is_the_one_statsmodels_chooses() {
        let lags = reference()["var_lag_by_aic"].as_u64().unwrap() as usize;
        assert_eq!(best_lag(&returns(), 5).unwrap().lags, lags);
    }

    #[test]
    fn a_leading_regressor_moves_the_first_step() {
        let shocks = normals(600, 5);
        // The pair follows the regressor's return of the day before.
        let regressor = prices(&shocks.iter().map(|s| 0.01 * s).collect::<Vec<_>>());
        let own = normals(600, 6);
        let pair: Vec<f64> =
            (0..600).map(|t| 0.001 * own[t] + if t > 0 { 0.005 * shocks[t - 1] } else { 0.0 }).collect();
        let pair = prices(&pair);
        let model = Var::new(VarSettings::default());
        let forecast = model.forecast(&history_with(&pair, &regressor), &target(day(601), 3)).unwrap().quantiles;
        let expected = pair[600] * (0.005 * shocks[599]).exp();
        assert!((forecast.median(0) / expected - 1.0).abs() < 5e-4, "{} against {expected}", forecast.median(0));
    }

    #[test]
    fn without_a_usable_regressor_the_model_steps_aside() {
        let pair = prices(&normals(600, 5).iter().map(|s| 0.01 * s).collect::<Vec<_>>());
        let error = Var::new(VarSettings::default()).forecast(&history(&pair), &target(day(601), 3)).unwrap_err();
        assert!(matches!(error, ModelError::NoRegressors { .. }));
        let error =
            Var::new(VarSettings::default()).forecast(&history_with(&pair, &pair[..500]), &target(day(601), 3));
        assert!(error.unwrap_err().to_string().contains("dxy ends on"));
    }
}
