//! The pool: weights from past losses, quantile averaging, calibration.
//!
//! The prior weights favour the market instead of equality: most of the prior goes to the simple members, the random
//! walks, whose centre has never been beaten for long. Their share grows with the horizon, because longer horizons
//! have fewer independent outcomes. Other models earn their weight by evidence.

use crate::calibration::Calibration;
use crate::validation::{OriginForecasts, outcome};
use forecaster_domain::{EstimationFailure, ModelError, QuantileForecast, scores};
use ndarray::Array2;

/// Sharpness of the weights: of two members with the same prior, the one whose loss is 1 % lower gets 1.5 times the
/// raw weight. On USD/CLP with quotes, 2012-2022, with every business day as an origin, 20, 40, 80 and 150 differed
/// by less than 0.1 % of loss at 15 days and more; below 20 the pool was slow to drop a member that failed in
/// 2012-14.
const SHARPNESS: f64 = 40.0;
/// Prior share of the members that are not simple when there are many independent outcomes. Values from 0.4 to 0.8
/// performed alike on the same years.
const OTHERS_PRIOR_SHARE: f64 = 0.6;
/// Number of independent outcomes at which the members that are not simple get half of [`OTHERS_PRIOR_SHARE`]. With 60
/// weekly origins their share of the prior is 0.40 at 7 days, 0.31 at 15, 0.21 at 30 and 0.10 at 90.
const HALF_PRIOR_OUTCOMES: f64 = 30.0;
/// Half-life of an outcome in the calibration, in calendar days: short, so that intervals follow within weeks when
/// the market becomes calmer or more volatile. It equals 60 business days; 125 or no decay gained less in each
/// period.
const CALIBRATION_HALF_LIFE: f64 = 84.0;
/// Minimum number of past origins; below it, the weights are the prior and the intervals stay uncorrected.
const MIN_PAST_ORIGINS: usize = 8;

/// Roles of the models in a pool, by position in the list of models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// Positions of the members.
    pub members: Vec<usize>,
    /// Positions of the members that weights are shrunk towards: random walks, including the one from the market's
    /// quote when there is one. When empty, weights are shrunk towards equality.
    pub simple: Vec<usize>,
    /// Position of the model that every loss is compared with; it need not be a member.
    pub benchmark: usize,
}

impl Roles {
    /// Roles in which no member is simpler than another.
    pub fn without_simple(members: &[usize], benchmark: usize) -> Self {
        Self { members: members.to_vec(), simple: Vec::new(), benchmark }
    }

    /// Returns the same roles with only the members that `keep` accepts.
    #[must_use]
    pub fn retain(&self, keep: impl Fn(usize) -> bool) -> Self {
        let kept = |positions: &[usize]| positions.iter().copied().filter(|position| keep(*position)).collect();
        Self { members: kept(&self.members), simple: kept(&self.simple), benchmark: self.benchmark }
    }

    /// Returns prior shares `[members]`, summing to 1, for past outcomes worth `independent` non-overlapping ones.
    fn prior(&self, independent: f64) -> Vec<f64> {
        let simple = self.members.iter().filter(|member| self.simple.contains(member)).count();
        let others = self.members.len() - simple;
        let share = match (simple, others) {
            (0, _) => 1.0,
            (_, 0) => 0.0,
            _ => OTHERS_PRIOR_SHARE * independent / (independent + HALF_PRIOR_OUTCOMES),
        };
        let of = |member: &usize| {
            if self.simple.contains(member) { (1.0 - share) / simple as f64 } else { share / others as f64 }
        };
        self.members.iter().map(of).collect()
    }
}

/// Settings for the weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PoolSettings {
    /// Number of origins after which a loss counts half.
    pub half_life: f64,
    /// Share of the weight that is given out by the prior regardless of losses, 0 to 1.
    pub shrinkage: f64,
    /// Minimum weight of a model, 0 to 1.
    pub weight_floor: f64,
    /// Maximum weight of a model, 0 to 1.
    pub weight_cap: f64,
}

/// Error for a floor and a cap that no set of weights can satisfy.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("weights between {floor} and {cap} cannot sum to 1 for {models} models")]
pub struct WeightError {
    /// The floor.
    pub floor: f64,
    /// The cap.
    pub cap: f64,
    /// Number of models.
    pub models: usize,
}

/// Weights and calibration, learnt from the outcomes known at some date.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// Weights `[models]`, summing to 1; 0 for models that are not members.
    pub weights: Vec<f64>,
    /// Correction of the spread.
    pub calibration: Calibration,
}

impl Pool {
    /// Learns from `past` origins (oldest first, all matured) for the members in `roles`.
    ///
    /// A weight is the prior times the member's loss ratio to the power of -40 (`SHARPNESS`). The loss ratio is the
    /// WQL relative to the benchmark's on the same origins, with older origins discounted. The `shrinkage` share
    /// follows the prior alone; the result is kept between floor and cap. A member without any past loss counts as
    /// equal to the benchmark.
    pub fn fit(past: &[&OriginForecasts], roles: &Roles, settings: &PoolSettings) -> Self {
        let members = &roles.members;
        let models = past.first().map_or_else(|| members.iter().max().map_or(0, |m| m + 1), |o| o.forecasts.len());
        let mut prior = roles.prior(independent_outcomes(past));
        clamp_shares(&mut prior, settings.weight_floor, settings.weight_cap);
        let mut weights = vec![0.0; models];
        members.iter().zip(&prior).for_each(|(m, share)| weights[*m] = *share);
        if past.len() < MIN_PAST_ORIGINS {
            return Self { weights, calibration: Calibration::NONE };
        }
        let raw: Vec<f64> = members
            .iter()
            .zip(&prior)
            .map(|(m, share)| share * loss_ratio(past, *m, roles.benchmark, settings.half_life).powf(-SHARPNESS))
            .collect();
        let total: f64 = raw.iter().sum();
        let mut shares: Vec<f64> = raw
            .iter()
            .zip(&prior)
            .map(|(w, share)| (1.0 - settings.shrinkage) * w / total + settings.shrinkage * share)
            .collect();
        clamp_shares(&mut shares, settings.weight_floor, settings.weight_cap);
        members.iter().zip(&shares).for_each(|(m, share)| weights[*m] = *share);
        let mut pool = Self { weights, calibration: Calibration::NONE };
        pool.calibration = pool.calibrate(past);
        pool
    }

    fn calibrate(&self, past: &[&OriginForecasts]) -> Calibration {
        let Some(newest) = past.last().map(|o| o.origin.maturity_date()) else { return Calibration::NONE };
        let pooled: Vec<(QuantileForecast, &OriginForecasts, f64)> = past
            .iter()
            .filter_map(|o| {
                let age = (newest - o.origin.maturity_date()).num_days() as f64;
                Some((self.apply(&o.forecasts).ok()?, *o, 0.5f64.powf(age / CALIBRATION_HALF_LIFE)))
            })
            .collect();
        let mean_weight = pooled.iter().map(|(_, _, weight)| weight).sum::<f64>() / pooled.len().max(1) as f64;
        let independent = mean_weight * independent_outcomes(past);
        Calibration::fit(pooled.iter().map(|(f, o, weight)| (f, o.origin.actuals.as_slice(), *weight)), independent)
    }

    /// Pools `forecasts` `[models]` of one origin: the weighted average of the logarithms of the quantiles, level by
    /// level (Lichtendahl, Grushka-Cockayne and Winkler 2013), then the calibration. The weight of members without a
    /// forecast goes to the others.
    ///
    /// # Errors
    /// When no member has a forecast.
    pub fn apply(&self, forecasts: &[Option<QuantileForecast>]) -> Result<QuantileForecast, ModelError> {
        let present: Vec<(&QuantileForecast, f64)> = forecasts
            .iter()
            .zip(&self.weights)
            .filter_map(|(forecast, weight)| forecast.as_ref().map(|f| (f, *weight)))
            .filter(|(_, weight)| *weight > 0.0)
            .collect();
        let total: f64 = present.iter().map(|(_, weight)| weight).sum();
        let Some((first, _)) = present.first() else {
            return Err(ModelError::Estimation(EstimationFailure::NoResult(
                "no model in the pool has a forecast".into(),
            )));
        };
        let mut values = Array2::zeros(first.values().dim());
        for (forecast, weight) in &present {
            values.scaled_add(weight / total, &forecast.values().mapv(f64::ln));
        }
        values.mapv_inplace(f64::exp);
        self.calibration.apply(&mut values);
        sort_rounding(&mut values);
        Ok(QuantileForecast::new(first.as_of(), first.dates().to_vec(), values)?)
    }
}

/// Makes quantiles non-decreasing again: exp(ln(x)) may differ in the last bit, so that equal quantiles would cross.
fn sort_rounding(values: &mut Array2<f64>) {
    for mut row in values.rows_mut() {
        for i in 1..row.len() {
            row[i] = row[i].max(row[i - 1]);
        }
    }
}

/// Number of independent outcomes in `past`: its span divided into non-overlapping horizons, at most one per origin.
fn independent_outcomes(past: &[&OriginForecasts]) -> f64 {
    let (Some(first), Some(last)) = (past.first(), past.last()) else { return 0.0 };
    let span = (last.origin.as_of - first.origin.as_of).num_days() as f64;
    let windows = 1.0 + span / last.origin.target.horizon.days() as f64;
    windows.min(past.len() as f64)
}

/// Discounted WQL of `model` divided by that of `benchmark`, over the origins where both have a forecast; 1 without
/// any.
fn loss_ratio(past: &[&OriginForecasts], model: usize, benchmark: usize, half_life: f64) -> f64 {
    let (mut own, mut reference) = (0.0, 0.0);
    for (age, origin) in past.iter().rev().enumerate() {
        let loss = |index: usize| {
            let outcome = outcome(origin, origin.forecasts.get(index)?.as_ref()?);
            scores::wql([outcome])
        };
        if let (Some(a), Some(b)) = (loss(model), loss(benchmark)) {
            let discount = 0.5f64.powf(age as f64 / half_life);
            own += discount * a;
            reference += discount * b;
        }
    }
    // Bounded so that no power of it overflows.
    if reference > 0.0 { (own / reference).clamp(1e-3, 1e3) } else { 1.0 }
}

/// Forces `shares` (summing to 1) between `floor` and `cap` and spreads the difference over the others in proportion.
/// Bounds that cannot be met with this number of shares are relaxed to equal shares.
fn clamp_shares(shares: &mut [f64], floor: f64, cap: f64) {
    let equal = 1.0 / shares.len() as f64;
    let (floor, cap) = (floor.min(equal), cap.max(equal));
    for _ in 0..shares.len() {
        let clamped: Vec<bool> = shares.iter().map(|s| *s <= floor || *s >= cap).collect();
        shares.iter_mut().for_each(|s| *s = s.clamp(floor, cap));
        let fixed: f64 = shares.iter().zip(&clamped).filter(|(_, c)| **c).map(|(s, _)| s).sum();
        let free: f64 = shares.iter().zip(&clamped).filter(|(_, c)| !**c).map(|(s, _)| s).sum();
        if free > 0.0 {
            let factor = (1.0 - fixed) / free;
            shares.iter_mut().zip(&clamped).filter(|(_, c)| !**c).for_each(|(s, _)| *s *= factor);
        } else {
            let total: f64 = shares.iter().sum();
            shares.iter_mut().for_each(|s| *s /= total);
        }
        if shares.iter().all(|s| *s >= floor - 1e-12 && *s <= cap + 1e-12) {
            break;
        }
    }
}

impl PoolSettings {
    /// Checks that floor and cap leave room for `models` weights. A cap that is too low for few models is no error:
    /// equal weights are used instead.
    ///
    /// # Errors
    /// When the floor is too high for that many models, or above the cap.
    pub fn check(&self, models: usize) -> Result<(), WeightError> {
        if self.weight_floor * models as f64 <= 1.0 + 1e-9 && self.weight_floor <= self.weight_cap {
            Ok(())
        } else {
            Err(WeightError { floor: self.weight_floor, cap: self.weight_cap, models })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origins::grid_origins;
    use crate::validation::tests::{Shifted, weekday_history};
    use crate::validation::{NoCache, ValidationForecasts, forecast_origins};
    use forecaster_domain::{BusinessCalendar, Horizon};

    const SETTINGS: PoolSettings =
        PoolSettings { half_life: 30.0, shrinkage: 0.3, weight_floor: 0.1, weight_cap: 0.6 };

    fn computed() -> ValidationForecasts {
        let history = weekday_history(700);
        let origins = grid_origins(&history, &BusinessCalendar::weekdays(), Horizon::D7, 40, 5, 250);
        let models = [Shifted("random_walk", 0.0), Shifted("good", 0.0), Shifted("bad", 0.05)];
        let [a, b, c] = &models;
        forecast_origins(&[a, b, c], &history, 300, origins, &NoCache, &|| ())
    }

    #[test]
    fn a_worse_model_gets_less_weight_within_the_bounds() {
        let computed = computed();
        let past: Vec<&OriginForecasts> = computed.origins.iter().collect();
        let pool = Pool::fit(&past, &Roles::without_simple(&[0, 1, 2], 0), &SETTINGS);
        assert!((pool.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(pool.weights[0], pool.weights[1]);
        assert!((pool.weights[2] - 0.1).abs() < 1e-9, "{:?}", pool.weights);
    }

    #[test]
    fn with_little_past_the_weights_are_equal_and_nothing_is_corrected() {
        let computed = computed();
        let past: Vec<&OriginForecasts> = computed.origins.iter().take(7).collect();
        let pool = Pool::fit(&past, &Roles::without_simple(&[0, 2], 0), &SETTINGS);
        assert_eq!(pool, Pool { weights: vec![0.5, 0.0, 0.5], calibration: Calibration::NONE });
    }

    #[test]
    fn pooling_averages_quantiles_and_passes_over_missing_models() {
        let computed = computed();
        let forecasts = &computed.origins[0].forecasts;
        let pool = Pool { weights: vec![0.25, 0.25, 0.5], calibration: Calibration::NONE };
        let pooled = pool.apply(forecasts).unwrap();
        let median = |i: usize| forecasts[i].as_ref().unwrap().median(0);
        let expected = (0.5 * median(0).ln() + 0.5 * median(2).ln()).exp();
        assert!((pooled.median(0) / expected - 1.0).abs() < 1e-12);
        let without = pool.apply(&[forecasts[0].clone(), None, None]).unwrap();
        assert!((without.median(0) / median(0) - 1.0).abs() < 1e-12);
        assert!(pool.apply(&[None, None, None]).is_err());
    }

    #[test]
    fn bounds_are_met_whatever_the_raw_weights() {
        for raw in [[0.98, 0.01, 0.01], [0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.34, 0.33, 0.33]] {
            let mut shares = raw;
            clamp_shares(&mut shares, 0.1, 0.6);
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{shares:?}");
            assert!(shares.iter().all(|s| *s >= 0.1 - 1e-9 && *s <= 0.6 + 1e-9), "{shares:?}");
        }
        assert!(SETTINGS.check(4).is_ok());
        assert!(SETTINGS.check(1).is_ok());
        let error = PoolSettings { weight_floor: 0.3, ..SETTINGS }.check(4).unwrap_err().to_string();
        assert_eq!(error, "weights between 0.3 and 0.6 cannot sum to 1 for 4 models");
    }
}
