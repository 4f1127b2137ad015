//! From a run to the view that the report shows.

use crate::config::{Config, ReportLanguage};
use crate::document::RunIdentity;
use crate::market::Market;
use crate::pipeline::{Forecast, ModelResult, PastPool};
use crate::resources::Usage;
use chrono::NaiveDate;
use forecaster_chronos::EMBEDDED;
use forecaster_ensemble::Judged;
use forecaster_report::{
    Caution, Language, ModelView, PastForecast, ReportView, ResourcesView, ScoreView, SourceView, Staleness,
    ValidationView,
};

/// Observations shown in the report: two years, enough for every indicator.
const OBSERVATIONS_SHOWN: usize = 520;

fn score(judged: Judged) -> ScoreView {
    ScoreView { scores: judged.scores, skill: judged.skill }
}

/// The view of a run.
pub(crate) fn view(
    identity: &RunIdentity,
    config: &Config,
    market: &Market,
    forecast: &Forecast,
    usage: &Usage,
) -> ReportView {
    ReportView {
        language: match config.service.language {
            ReportLanguage::Es => Language::Spanish,
            ReportLanguage::En => Language::English,
        },
        pair: market.pair.clone(),
        horizon: forecast.horizon,
        run_id: identity.run_id.clone(),
        generated_at: identity.generated_at.fixed_offset(),
        zone: config.service.timezone.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        stale: identity.stale.then(|| Staleness {
            age_business_days: market.age(),
            max_age_business_days: config.rates.max_age_business_days.into(),
            today: market.today,
        }),
        observations: market.history.pair().last(OBSERVATIONS_SHOWN).observations().collect(),
        ensemble: forecast.ensemble.clone(),
        ensemble_scores: forecast.ensemble_judged.map(score),
        ensemble_without_chronos_scores: forecast.without_chronos.as_ref().and_then(|w| w.judged).map(score),
        models: models(forecast),
        left_out: forecast.left_out.clone(),
        validation: validation(config, forecast),
        past: forecast.past.iter().map(past).collect(),
        reliability: forecast.reliability.clone(),
        round_levels: forecast.price_levels.clone(),
        weights: Vec::new(),
        losses: Vec::new(),
        issued: Vec::new(),
        regressors: Vec::new(),
        volatility: None,
        since_last: None,
        sources: sources(market),
        failed_providers: failed_providers(market),
        cautions: cautions(market),
        resources: ResourcesView {
            peak_rss_mb: usage.peak_rss_mb(),
            seconds_total: usage.seconds(),
            cached_forecasts: forecast.cached,
            computed_forecasts: forecast.computed,
            cores: rayon::current_num_threads(),
        },
    }
}

fn models(forecast: &Forecast) -> Vec<ModelView> {
    let view = |m: &ModelResult| ModelView {
        name: m.name.clone(),
        weight: m.weight,
        forecast: m.answer.quantiles.clone(),
        scores: m.judged.map(score),
        trained_here: trained_here(m),
        details: m.answer.details.clone(),
        seconds: m.seconds,
    };
    forecast.models.iter().map(view).collect()
}

/// No other checkpoint can have the name of the program's own.
fn trained_here(model: &ModelResult) -> Option<(String, NaiveDate)> {
    let checkpoint = model.checkpoint().filter(|name| *name == EMBEDDED.name)?;
    Some((checkpoint.to_owned(), EMBEDDED.trained_until))
}

fn validation(config: &Config, forecast: &Forecast) -> ValidationView {
    let span = forecast.past.first().zip(forecast.past.last());
    ValidationView {
        origins: forecast.past.len(),
        stride: config.ensemble.stride,
        span: span.map(|(first, last)| (first.forecast.as_of(), last.forecast.as_of())),
        lookback: config.horizons.get(forecast.horizon).lookback,
        half_life: config.ensemble.half_life,
        shrinkage: config.ensemble.shrinkage,
        weight_bounds: (config.ensemble.weight_floor, config.ensemble.weight_cap),
        spread_deciles: forecast.pool.calibration.deciles,
        spread_tails: forecast.pool.calibration.tails,
    }
}

fn past(pool: &PastPool) -> PastForecast {
    let last = pool.forecast.last_step();
    PastForecast {
        origin: pool.forecast.as_of(),
        date: pool.forecast.dates()[last],
        median: pool.forecast.median(last),
        interval80: pool.forecast.interval80(last),
        interval95: pool.forecast.interval95(last),
        actual: pool.actual,
    }
}

fn cautions(market: &Market) -> Vec<Caution> {
    let stand_in = market.stand_in().map(|provider| Caution::StandIn { provider: provider.to_owned() });
    let doubt = market.fetched.doubt.as_ref().map(|doubt| Caution::Unconfirmed {
        series: doubt.series.clone(),
        provider: doubt.provider.clone(),
        date: doubt.date,
        value: doubt.value,
        before: doubt.before,
        instead: doubt.instead.clone(),
    });
    let unstored = market.fetched.unstored.as_ref().map(|_| Caution::NotStored);
    [stand_in, doubt, unstored].into_iter().flatten().collect()
}

/// By provider, in the order in which they failed.
fn failed_providers(market: &Market) -> Vec<(String, Vec<String>)> {
    let mut failed: Vec<(String, Vec<String>)> = Vec::new();
    for fault in &market.fetched.faults {
        match failed.iter_mut().find(|(provider, _)| *provider == fault.provider) {
            Some((_, series)) => series.push(fault.series.clone()),
            None => failed.push((fault.provider.clone(), vec![fault.series.clone()])),
        }
    }
    failed
}

fn sources(market: &Market) -> Vec<SourceView> {
    let age = |date| market.calendar.business_days_between(date, market.today).max(0);
    market
        .sources
        .iter()
        .map(|s| SourceView {
            series: s.name.clone(),
            made_of: s.made_of.clone(),
            provider: s.provider.clone(),
            last_date: s.last_date,
            age_business_days: age(s.last_date),
            observations: s.observations,
            repaired_or_refused: s.corrected,
            left_out: s.left_out.clone(),
        })
        .collect()
}
