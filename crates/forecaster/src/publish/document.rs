//! JSON document of a run: printed by `--json` and written to the report's `.json` file. The schema is
//! docs/schema/run.schema.json.

use crate::assignment::RunIdentity;
use crate::config::settings::Config;
use crate::forecast::left_out::LeftOut;
use crate::forecast::result::{Forecast, ModelResult, PathFigures};
use crate::market::Market;
use crate::market::conditions::ConditionDocument;
use crate::publish::drift_document::DriftDocument;
use crate::publish::earlier::EarlierRuns;
use crate::publish::paths::ReportPaths;
use chrono::NaiveDate;
use forecaster_domain::{LEVELS, QuantileForecast, RoundLevel, SourceProblem};
use forecaster_ensemble::Evaluation;
use forecaster_rates::ProviderFault;
use serde::Serialize;
use since::SinceDocument;
use std::collections::BTreeMap;

mod since;

/// A run as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct RunDocument {
    run_id: String,
    generated_at: String,
    version: &'static str,
    pair: String,
    horizon: &'static str,
    as_of: NaiveDate,
    last_value: f64,
    stale: bool,
    status: &'static str,
    levels: [f64; 11],
    dates: Vec<NaiveDate>,
    quantiles: Vec<Vec<f64>>,
    probability_above_last: Vec<f64>,
    price_levels: Vec<PriceLevelDocument>,
    models: BTreeMap<String, ModelDocument>,
    ensemble: Option<ScoresDocument>,
    ensemble_without_chronos: Option<ScoresDocument>,
    calibration: CalibrationDocument,
    left_out: Vec<LeftOut>,
    validation: ValidationDocument,
    data: DataDocument,
    quote: Option<QuoteDocument>,
    drift: DriftDocument,
    since_last: Option<SinceDocument>,
    report: ReportDocument,
}

#[derive(Debug, Serialize)]
struct PriceLevelDocument {
    price: f64,
    above_at_end: f64,
    touched: f64,
}

/// Scores of a model or pool, as the schema defines them. A score that does not exist (no published outcome) is null.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ScoresDocument {
    n: usize,
    rmse: Option<f64>,
    mape: Option<f64>,
    mase: Option<f64>,
    wql: Option<f64>,
    skill: Option<f64>,
    /// Standard error of the skill, overlap of the forecasts accounted for.
    skill_se: Option<f64>,
    /// Skill on the first target date alone, and its standard error.
    skill_first: Option<f64>,
    skill_first_se: Option<f64>,
    /// Skill on the last target date alone, and its standard error.
    skill_last: Option<f64>,
    skill_last_se: Option<f64>,
    coverage80: Option<f64>,
    coverage95: Option<f64>,
}

impl From<Option<Evaluation>> for ScoresDocument {
    fn from(judged: Option<Evaluation>) -> Self {
        let score = |get: fn(&Evaluation) -> f64| judged.as_ref().map(get).filter(|value| value.is_finite());
        Self {
            n: judged.map_or(0, |j| j.scores.n),
            rmse: score(|j| j.scores.rmse),
            mape: score(|j| j.scores.mape),
            mase: score(|j| j.scores.mase),
            wql: score(|j| j.scores.wql),
            skill: score(|j| j.skill),
            skill_se: judged.and_then(|j| j.skill_error).filter(|value| value.is_finite()),
            skill_first: judged.and_then(|j| j.first).map(|skill| skill.value).filter(|value| value.is_finite()),
            skill_first_se: judged.and_then(|j| j.first?.error).filter(|value| value.is_finite()),
            skill_last: judged.and_then(|j| j.last).map(|skill| skill.value).filter(|value| value.is_finite()),
            skill_last_se: judged.and_then(|j| j.last?.error).filter(|value| value.is_finite()),
            coverage80: score(|j| j.scores.coverage80),
            coverage95: score(|j| j.scores.coverage95),
        }
    }
}

#[derive(Debug, Serialize)]
struct ModelDocument {
    weight: f64,
    #[serde(flatten)]
    scores: ScoresDocument,
    seconds: f64,
    details: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paths: Option<PathsDocument>,
    quantiles: Vec<Vec<f64>>,
}

#[derive(Debug, Serialize)]
struct PathsDocument {
    samples: usize,
    expected_low: f64,
    expected_high: f64,
    touched: Vec<TouchedDocument>,
}

#[derive(Debug, Serialize)]
struct TouchedDocument {
    price: f64,
    probability: f64,
}

impl From<&PathFigures> for PathsDocument {
    fn from(figures: &PathFigures) -> Self {
        let touched = figures
            .touched
            .iter()
            .map(|(price, probability)| TouchedDocument { price: *price, probability: *probability });
        Self {
            samples: figures.samples,
            expected_low: figures.expected_low,
            expected_high: figures.expected_high,
            touched: touched.collect(),
        }
    }
}

#[derive(Debug, Serialize)]
struct CalibrationDocument {
    deciles: f64,
    tails: f64,
}

#[derive(Debug, Serialize)]
struct ValidationDocument {
    origins: usize,
    stride: usize,
    first: Option<NaiveDate>,
    last: Option<NaiveDate>,
    lookback: usize,
    reliability: Vec<[f64; 2]>,
}

#[derive(Debug, Serialize)]
struct DataDocument {
    age_business_days: i64,
    max_age_business_days: u32,
    series: Vec<SeriesDocument>,
    provider_failures: Vec<FaultDocument>,
    cautions: Vec<String>,
    conditions: Vec<ConditionDocument>,
}

/// A provider that failed for a series.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FaultDocument {
    provider: String,
    series: String,
    reason: String,
}

/// Providers that failed when the rates were fetched.
pub(crate) fn faults(market: &Market) -> Vec<FaultDocument> {
    let document = |fault: &ProviderFault| FaultDocument {
        provider: fault.provider.clone(),
        series: fault.series.clone(),
        reason: fault.reason.clone(),
    };
    market.fetched.faults.iter().map(document).collect()
}

#[derive(Debug, Serialize)]
struct SeriesDocument {
    name: String,
    made_of: Option<String>,
    provider: String,
    /// Null for a series without data.
    last_observation: Option<NaiveDate>,
    observations: usize,
    repaired_or_refused: usize,
    left_out: Option<String>,
    left_out_code: Option<&'static str>,
}

/// The market's quote that the models used.
#[derive(Debug, Serialize)]
struct QuoteDocument {
    value: f64,
    source: String,
    known_at: String,
}

#[derive(Debug, Serialize)]
struct ReportDocument {
    html: String,
    pdf: Option<String>,
    json: String,
}

fn rows(forecast: &QuantileForecast) -> Vec<Vec<f64>> {
    forecast.values().rows().into_iter().map(|row| row.to_vec()).collect()
}

impl RunDocument {
    /// Builds the document of a run.
    pub(crate) fn new(
        identity: &RunIdentity,
        config: &Config,
        market: &Market,
        forecast: &Forecast,
        earlier: &EarlierRuns,
        (paths, has_pdf): (&ReportPaths, bool),
    ) -> Self {
        let ensemble = &forecast.ensemble;
        let last_value = market.history.pair().last_value();
        let steps = 0..ensemble.steps();
        Self {
            run_id: identity.run_id.clone(),
            generated_at: identity.generated_at.to_rfc3339(),
            version: env!("CARGO_PKG_VERSION"),
            pair: market.pair.to_string(),
            horizon: forecast.horizon.key(),
            as_of: market.as_of(),
            last_value,
            stale: identity.stale,
            status: identity.status.as_str(),
            levels: LEVELS,
            dates: ensemble.dates().to_vec(),
            quantiles: rows(ensemble),
            probability_above_last: steps.map(|s| ensemble.probability_above(s, last_value)).collect(),
            price_levels: price_levels(forecast),
            models: models(forecast),
            ensemble: forecast.ensemble_judged.map(|judged| Some(judged).into()),
            ensemble_without_chronos: forecast.without_chronos.as_ref().map(|without| without.judged.into()),
            calibration: CalibrationDocument {
                deciles: forecast.pool.calibration.deciles,
                tails: forecast.pool.calibration.tails,
            },
            left_out: forecast.left_out.clone(),
            validation: validation(config, forecast),
            data: data(config, market),
            quote: quote(identity, market),
            drift: DriftDocument::from(&forecast.drift),
            since_last: earlier.since_last.as_ref().map(Into::into),
            report: ReportDocument {
                html: paths.html.display().to_string(),
                pdf: has_pdf.then(|| paths.pdf.display().to_string()),
                json: paths.json.display().to_string(),
            },
        }
    }
}

fn price_levels(forecast: &Forecast) -> Vec<PriceLevelDocument> {
    let document =
        |l: &RoundLevel| PriceLevelDocument { price: l.price, above_at_end: l.above_at_end, touched: l.touched };
    forecast.price_levels.iter().map(document).collect()
}

fn models(forecast: &Forecast) -> BTreeMap<String, ModelDocument> {
    let document = |m: &ModelResult| ModelDocument {
        weight: m.weight,
        scores: m.judged.into(),
        seconds: m.seconds,
        details: m.details().collect(),
        paths: m.paths.as_ref().map(Into::into),
        quantiles: rows(&m.forecast.quantiles),
    };
    forecast.models.iter().map(|m| (m.id.to_string(), document(m))).collect()
}

fn validation(config: &Config, forecast: &Forecast) -> ValidationDocument {
    ValidationDocument {
        origins: forecast.past.len(),
        stride: config.ensemble.stride,
        first: forecast.past.first().map(|p| p.forecast.as_of()),
        last: forecast.past.last().map(|p| p.forecast.as_of()),
        lookback: config.horizons.get(forecast.horizon).lookback,
        reliability: forecast.reliability.iter().map(|(level, share)| [*level, *share]).collect(),
    }
}

fn quote(identity: &RunIdentity, market: &Market) -> Option<QuoteDocument> {
    let quote = market.quote(identity.generated_at.to_utc())?;
    let known_at = quote.known_at.with_timezone(&identity.generated_at.timezone()).to_rfc3339();
    Some(QuoteDocument { value: quote.value, source: quote.source, known_at })
}

fn data(config: &Config, market: &Market) -> DataDocument {
    DataDocument {
        age_business_days: market.age(),
        max_age_business_days: config.rates.max_age_business_days,
        provider_failures: faults(market),
        cautions: market.cautions(),
        conditions: market.conditions.documents(),
        series: market
            .sources
            .iter()
            .map(|s| SeriesDocument {
                name: s.name.clone(),
                made_of: s.made_of.clone(),
                provider: s.provider.clone(),
                last_observation: s.last_date,
                observations: s.observations,
                repaired_or_refused: s.corrected,
                left_out: s.left_out.as_ref().map(ToString::to_string),
                left_out_code: s.left_out.as_ref().map(SourceProblem::code),
            })
            .collect(),
    }
}
