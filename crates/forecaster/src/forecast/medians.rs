//! Medians within what each model's record justifies: at the origins of the validation and now.

use crate::forecast::lineup::MARKET_WALK;
use chrono::NaiveDate;
use forecaster_domain::{ModelForecast, QuantileForecast};
use forecaster_ensemble::{OriginForecasts, hold_medians, hold_medians_at};

/// Holds the medians at every origin of `origins` by the record on them, of `count` origins at most.
pub(crate) fn hold_at_origins(origins: &mut [OriginForecasts], count: usize) {
    let made = origins.to_vec();
    hold_medians_at(origins, &made, MARKET_WALK, count);
}

/// Holds the medians of the `answers` `[models]` at `as_of` by the record on `origins`, whose forecasts are those that
/// the models made; what was held is logged and added to the details.
pub(crate) fn hold_now<'a>(
    answers: impl Iterator<Item = Option<&'a mut ModelForecast>>,
    as_of: NaiveDate,
    origins: &[OriginForecasts],
    count: usize,
) {
    let mut answers: Vec<Option<&mut ModelForecast>> = answers.collect();
    let mut forecasts: Vec<Option<QuantileForecast>> =
        answers.iter().map(|answer| answer.as_ref().map(|answer| answer.quantiles.clone())).collect();
    let corrections = hold_medians(&mut forecasts, as_of, origins, MARKET_WALK, count);
    for ((answer, forecast), correction) in answers.iter_mut().zip(forecasts).zip(corrections) {
        if let (Some(answer), Some(forecast)) = (answer, forecast.filter(|_| correction > 0.0)) {
            let moved = format!("{:.2} %", 100.0 * correction.exp_m1());
            tracing::info!("a median farther from the market than the model's record justifies was moved by {moved}");
            answer.quantiles = forecast;
            answer.details.push(("median moved towards the market".to_owned(), moved));
        }
    }
}
