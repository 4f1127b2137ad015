//! Views at the limits of a run: nearly nothing known, very small and very large prices, very long reasons.

use crate::synthetic;
use forecaster_domain::Horizon;
use forecaster_report::{Language::Spanish, *};

/// Extreme views with their names.
pub(crate) fn views() -> Vec<(&'static str, ReportView)> {
    vec![
        ("nothing validated", nothing_validated()),
        ("one target date", one_target_date()),
        ("a price of 0.0012", synthetic::pairs::at(base(), 0.0012)),
        ("a price of four millions", synthetic::pairs::at(base(), 4_000_000.0)),
        ("endless reasons", endless_reasons()),
        ("a score that is no number", without_scores()),
    ]
}

fn base() -> ReportView {
    synthetic::view(Spanish, Horizon::D7)
}

fn one_step(start: f64, width: f64) -> forecaster_domain::QuantileForecast {
    synthetic::forecast(synthetic::day("2025-01-13"), vec![synthetic::day("2025-01-14")], start, 0.0, width)
}

fn nothing_validated() -> ReportView {
    let mut view = base();
    view.observations.clear();
    view.ensemble = one_step(950.0, 0.0);
    view.ensemble_scores = None;
    view.ensemble_without_chronos_scores = None;
    view.models.clear();
    view.validation.origins = 0;
    view.validation.span = None;
    view.past.clear();
    view.reliability.clear();
    view.round_levels.clear();
    view.sources.clear();
    synthetic::more::strip(&mut view);
    view
}

fn one_target_date() -> ReportView {
    let mut view = base();
    view.ensemble = one_step(979.36, 1.0);
    for model in &mut view.models {
        model.forecast = one_step(979.36, 1.1);
    }
    view
}

fn endless_reasons() -> ReportView {
    let mut view = base();
    let path = format!("/var/lib/forecaster/{}", "checkpoint-of-a-very-long-name/".repeat(12));
    let reason = format!("could not read {path}: {}", "the file is damaged and ".repeat(20));
    view.left_out = [reason.as_str(), path.as_str()].map(crate::reasons::without_regressors).into();
    view.left_out[0].model = "chronos".to_owned();
    for source in &mut view.sources {
        source.left_out = Some(crate::reasons::doubted(&reason));
        source.made_of = Some("usdclp / usdeur / usdmxn / usdbrl / usdaud".to_owned());
    }
    view.models[0].name =
        "a_model_whose_name_is_longer_than_any_column_of_any_table_could_be_expected_to_be".to_owned();
    view.models[1].details.push(("features".to_owned(), path));
    view
}

fn without_scores() -> ReportView {
    let mut view = base();
    let broken = |view: &mut ScoreView| {
        view.skill = f64::NAN;
        view.scores.rmse = f64::NAN;
        view.scores.mape = f64::INFINITY;
        view.scores.coverage80 = f64::NAN;
    };
    view.ensemble_scores.iter_mut().for_each(broken);
    view.models.iter_mut().filter_map(|m| m.scores.as_mut()).for_each(broken);
    view.reliability[3].1 = f64::NAN;
    view.resources.seconds_total = f64::NAN;
    view
}
