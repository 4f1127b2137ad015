//! Conversion of a run into the view that the report shows.

use crate::assignment::RunIdentity;
use crate::config::settings::{Config, ReportLanguage};
use crate::forecast::left_out::LeftOut;
use crate::forecast::result::{Forecast, ModelResult, PastPool};
use crate::host::resources::Usage;
use crate::market::Market;
use crate::publish::drift_document;
use crate::publish::earlier::EarlierRuns;
use chrono::NaiveDate;
use forecaster_chronos::EMBEDDED;
use forecaster_domain::{AlignedRegressor, ModelId, Observation, SuspensionCause};
use forecaster_ensemble::{Evaluation, Skill};
use forecaster_report::{
    CORRELATION_WINDOW, Caution, Language, LeftOutView, ModelView, PastForecast, QuoteView, RegressorView,
    ReportView, ResourcesView, ScoreView, SkillView, SourceView, Staleness, TRADING_DAYS, ValidationView,
    VolatilityView,
};

/// Observations shown in the report: two years, enough for every indicator.
const OBSERVATIONS_SHOWN: usize = 520;

fn score(judged: Evaluation) -> ScoreView {
    let skill = |skill: Skill| SkillView { value: skill.value, error: skill.error };
    ScoreView {
        scores: judged.scores,
        skill: judged.skill,
        skill_error: judged.skill_error,
        first: judged.first.map(skill),
        last: judged.last.map(skill),
    }
}

/// Builds the report's view of a run.
pub(crate) fn view(
    identity: &RunIdentity,
    config: &Config,
    market: &Market,
    forecast: &Forecast,
    earlier: &EarlierRuns,
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
        zone: config.zone().name().to_owned(),
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
        beyond_quote_error: beyond_quote_error(forecast),
        models: models(forecast),
        left_out: forecast.left_out.iter().map(left_out).collect(),
        validation: validation(config, forecast),
        past: forecast.past.iter().map(past).collect(),
        reliability: forecast.reliability.clone(),
        round_levels: forecast.price_levels.clone(),
        weights: forecast.weights.iter().chain(&earlier.weights).cloned().collect(),
        losses: forecast.losses.clone(),
        issued: earlier.issued.clone(),
        regressors: regressors(market),
        volatility: volatility(market, forecast),
        drift: drift_document::view(&forecast.drift),
        track_record: None,
        since_last: earlier.since_last.clone(),
        quote: quote(identity, market),
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

/// Standard error of the gain over the quote, in points of the skill against the random walk: the market walk's loss
/// is (1 - its skill) times the random walk's.
fn beyond_quote_error(forecast: &Forecast) -> Option<f64> {
    let walk = forecast.models.iter().find(|model| model.id == ModelId::MarketWalk)?.judged?;
    Some((1.0 - walk.skill) * forecast.beyond_quote?.skill_error?)
}

fn models(forecast: &Forecast) -> Vec<ModelView> {
    let view = |m: &ModelResult| ModelView {
        name: m.id.to_string(),
        weight: m.weight,
        forecast: m.forecast.quantiles.clone(),
        scores: m.judged.map(score),
        trained_here: trained_here(m),
        details: m.forecast.details.clone(),
        quote_left_out: m.forecast.quote_left_out,
        suspended_now: m.suspended.as_ref().map(|it| SuspensionCause::named(&it.cause)),
        seconds: m.seconds,
    };
    forecast.models.iter().map(view).collect()
}

fn left_out(it: &LeftOut) -> LeftOutView {
    LeftOutView { model: it.model.to_string(), reason: it.cause.clone(), suspended_now: it.suspended_now }
}

/// Name and end of training of the embedded checkpoint, if the model uses it. No other checkpoint can have this name.
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

/// Regressors that can be used over the last two years, or over a shorter history.
fn regressors(market: &Market) -> Vec<RegressorView> {
    let window = market.history.window(OBSERVATIONS_SHOWN);
    let returns = window.log_returns();
    let (aligned, _) = window.aligned_regressors();
    let dates = window.pair().dates();
    let view = |regressor: AlignedRegressor| {
        let changes: Vec<f64> = regressor.values.windows(2).map(|w| (w[1] / w[0]).ln()).collect();
        let ends = CORRELATION_WINDOW..=returns.len();
        let correlation = ends.filter_map(|end| {
            let window = end - CORRELATION_WINDOW..end;
            Some((dates[end], correlation(&returns[window.clone()], &changes[window])?))
        });
        RegressorView {
            correlation: correlation.collect(),
            observations: dates
                .iter()
                .zip(&regressor.values)
                .map(|(&date, &value)| Observation { date, value })
                .collect(),
            name: regressor.name,
        }
    };
    aligned.into_iter().map(view).collect()
}

/// Pearson's correlation; `None` when one of the two is constant.
fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    let n = a.len() as f64;
    let mean = |x: &[f64]| x.iter().sum::<f64>() / n;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let moment = |x: &[f64], mean_x: f64, y: &[f64], mean_y: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum()
    };
    let scale = (moment(a, mean_a, a, mean_a) * moment(b, mean_b, b, mean_b)).sqrt();
    (scale > 0.0).then(|| (moment(a, mean_a, b, mean_b) / scale).clamp(-1.0, 1.0))
}

fn volatility(market: &Market, forecast: &Forecast) -> Option<VolatilityView> {
    let path = forecast.models.iter().find_map(|m| m.forecast.volatility.as_ref())?;
    let annual = |daily: &f64| daily * TRADING_DAYS.sqrt();
    let dates = market.history.pair().dates();
    let past = dates.iter().rev().zip(path.past.iter().rev()).take(OBSERVATIONS_SHOWN);
    let mut past: Vec<(NaiveDate, f64)> = past.map(|(date, daily)| (*date, annual(daily))).collect();
    past.reverse();
    let ahead = forecast.ensemble.dates().iter().zip(&path.ahead).map(|(date, daily)| (*date, annual(daily)));
    let long_run = annual(&path.long_run);
    // With persistence near one, the long-run value can be anything.
    let long_run = (long_run.is_finite() && long_run < 1.0).then_some(long_run);
    Some(VolatilityView { past, ahead: ahead.collect(), long_run })
}

fn cautions(market: &Market) -> Vec<Caution> {
    let stand_in = market.stand_in().map(|provider| Caution::StandIn { provider: provider.to_owned() });
    let doubt = market.fetched.doubt.as_ref().map(|doubt| Caution::Unconfirmed {
        series: doubt.series.clone(),
        provider: doubt.provider.clone(),
        date: doubt.date,
        value: doubt.value,
        before: doubt.before,
        other_source: doubt.instead.clone(),
    });
    let unstored = market.fetched.unstored.as_ref().map(|_| Caution::NotStored);
    let conditions = market.conditions.iter().cloned().map(Caution::Condition);
    [stand_in, doubt, unstored].into_iter().flatten().chain(conditions).collect()
}

fn quote(identity: &RunIdentity, market: &Market) -> Option<QuoteView> {
    let quote = market.quote(identity.generated_at.to_utc())?;
    let known_at = quote.known_at.with_timezone(&identity.generated_at.timezone()).fixed_offset();
    Some(QuoteView { value: quote.value, source: quote.source, known_at })
}

/// Failed providers with their series, in the order of failure.
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
            age_business_days: s.last_date.map(age),
            observations: s.observations,
            repaired_or_refused: s.corrected,
            left_out: s.left_out.clone(),
        })
        .collect()
}
