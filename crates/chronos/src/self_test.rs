//! Fixed series that every checkpoint forecasts when it is imported and again when it is verified: the numbers must
//! be finite and the same.

use crate::checkpoint::CheckpointPlace;
use crate::error::ChronosError;
use crate::precision::Precision;
use crate::predictor::Predictor;
use crate::session::SessionSettings;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Length of the series.
const LENGTH: usize = 256;
/// Steps forecast: more than the prediction length of most checkpoints, so that the long-horizon part is tested too.
const STEPS: usize = 80;
/// Largest difference allowed, in standard deviations of the series, because other processors round differently.
const TOLERANCE: f64 = 1e-3;
/// Largest difference allowed between eight-bit weights and the numbers of the full ones.
const TOLERANCE_INT8: f64 = 0.1;

/// Forecast of the fixed series by one checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelfTest {
    /// Quantiles `[80 steps][quantiles]`.
    pub quantiles: Vec<Vec<f64>>,
}

/// Result of a verification.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// Largest difference from the stored numbers, in standard deviations of the series; `None` when none are stored.
    pub difference: Option<f64>,
    /// Neighbouring quantiles: pairs out of order, and all pairs. Forecasts sort them; a trained model has few.
    pub crossings: (usize, usize),
}

/// Fixed series: a price that drifts and swings, with holes, the same on every machine.
fn series() -> Vec<f64> {
    (0..LENGTH)
        .map(|i| {
            let t = i as f64;
            if i % 23 == 11 { f64::NAN } else { 950.0 + 0.1 * t + 25.0 * (t / 40.0).sin() + 6.0 * (t * 1.7).cos() }
        })
        .collect()
}

fn spread() -> f64 {
    let observed: Vec<f64> = series().into_iter().filter(|v| !v.is_nan()).collect();
    let n = observed.len() as f64;
    let mean = observed.iter().sum::<f64>() / n;
    (observed.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt()
}

impl SelfTest {
    /// Forecasts the series with the checkpoint in `place`.
    ///
    /// # Errors
    /// When it cannot be loaded or its numbers are not finite.
    pub fn run(
        place: &CheckpointPlace,
        precision: Precision,
        session: &SessionSettings,
    ) -> Result<Self, ChronosError> {
        let mut predictor = Predictor::load(place, precision, session)?;
        let answers = predictor.predict(&[series()], STEPS)?;
        if answers.iter().flatten().any(|v| !v.is_finite()) {
            return Err(ChronosError::Answer(
                "its forecast of the fixed series is not finite, so a weight is not finite or far out of range; \
                 fetch or import it again"
                    .to_owned(),
            ));
        }
        let answer = answers.into_iter().next().unwrap_or_else(|| Array2::zeros((0, 0)));
        Ok(Self { quantiles: answer.rows().into_iter().map(|row| row.to_vec()).collect() })
    }

    /// Compares with the stored numbers `kept`.
    ///
    /// # Errors
    /// When they differ by more than rounding explains.
    pub fn compare(&self, kept: Option<&Self>, precision: Precision) -> Result<Verified, ChronosError> {
        let pairs = || self.quantiles.iter().flat_map(|row| row.windows(2));
        let crossings = (pairs().filter(|pair| pair[1] < pair[0]).count(), pairs().count());
        let Some(kept) = kept else { return Ok(Verified { difference: None, crossings }) };
        let (own, other) = (self.quantiles.concat(), kept.quantiles.concat());
        let greatest = own.iter().zip(&other).fold(0.0f64, |most, (a, b)| most.max((a - b).abs())) / spread();
        let tolerance = if precision == Precision::Int8 { TOLERANCE_INT8 } else { TOLERANCE };
        if own.len() != other.len() || greatest > tolerance {
            return Err(ChronosError::SelfTestMismatch(format!(
                "the forecast of the fixed series differs from the stored one by {greatest:.1e} standard deviations \
                 (at most {tolerance:.0e}); import or pull the checkpoint again"
            )));
        }
        Ok(Verified { difference: Some(greatest), crossings })
    }
}
