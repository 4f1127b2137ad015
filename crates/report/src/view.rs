//! What a report shows, as plain values: the composition root fills it in, the renderers only read it.

use chrono::{DateTime, FixedOffset, NaiveDate};
use forecaster_domain::{Horizon, Observation, Pair, QuantileForecast, scores::Scores};
pub use forecaster_domain::{OriginLoss, PastWeights, RoundLevel, SourceGap};

mod drift;
mod quote;
mod track_record;

pub use drift::*;
pub use quote::*;
pub use track_record::*;

/// Language of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Spanish: 1.011,82 and 13-ene-2025.
    Spanish,
    /// English: 1,011.82 and 13 Jan 2025.
    English,
}

/// Everything a report of one run shows.
#[derive(Debug, Clone)]
pub struct ReportView {
    /// Language of all text, numbers and dates.
    pub language: Language,
    /// The pair forecast.
    pub pair: Pair,
    /// The horizon.
    pub horizon: Horizon,
    /// Identifier of the run, a UUID.
    pub run_id: String,
    /// When the run was made, in the configured zone.
    pub generated_at: DateTime<FixedOffset>,
    /// Name of that zone, such as America/Santiago.
    pub zone: String,
    /// Version of the software.
    pub version: String,
    /// Set when the newest observation is too old.
    pub stale: Option<Staleness>,
    /// The pair's observations up to and including the as-of date, oldest first: at least the last 260 when
    /// history has them. Quote currency per unit of base currency.
    pub observations: Vec<Observation>,
    /// The pooled, calibrated forecast. Its `as_of()` is the as-of date.
    pub ensemble: QuantileForecast,
    /// Out-of-sample scores of the ensemble over the validation origins.
    pub ensemble_scores: Option<ScoreView>,
    /// The same pool without Chronos, in runs that have Chronos.
    pub ensemble_without_chronos_scores: Option<ScoreView>,
    /// Standard error of the ensemble's skill less the market walk's, from their differences at each origin; `None` when
    /// only the errors of the two are known.
    pub beyond_quote_error: Option<f64>,
    /// Every model that took part, in the order of the configuration.
    pub models: Vec<ModelView>,
    /// Models asked for that have no forecast, with the reason.
    pub left_out: Vec<(String, String)>,
    /// How validation, weights and calibration were done.
    pub validation: ValidationView,
    /// The ensemble's out-of-sample forecasts for the last target date of each validation origin, oldest first.
    pub past: Vec<PastForecast>,
    /// For each of the 11 levels: the share of actuals at or below the ensemble's quantile, out of sample, all
    /// target dates. Empty without validation.
    pub reliability: Vec<(f64, f64)>,
    /// Probabilities of round price levels, increasing in price.
    pub round_levels: Vec<RoundLevel>,
    /// Weights over time, oldest first: replayed at the validation origins, and as issued in past runs.
    pub weights: Vec<PastWeights>,
    /// What ensemble and random walk lost at each validation origin, oldest first.
    pub losses: Vec<OriginLoss>,
    /// The last forecasts that were truly issued by earlier runs of this horizon, one an as-of date, oldest first; only
    /// those whose last target date has passed.
    pub issued: Vec<PastForecast>,
    /// The regressors that the models saw.
    pub regressors: Vec<RegressorView>,
    /// What ARIMA+GARCH says of volatility; `None` when it took no part.
    pub volatility: Option<VolatilityView>,
    /// How the pair has moved of late.
    pub drift: DriftView,
    /// How the forecasts that were truly issued turned out; `None` while none has come due.
    pub track_record: Option<TrackRecord>,
    /// What changed since the last run of this horizon that had an earlier as-of date; `None` when there is none.
    pub since_last: Option<SinceLast>,
    /// The market's quote that the models know; `None` without a usable one, for which `sources` may have the reason.
    pub quote: Option<QuoteView>,
    /// Where each series came from.
    pub sources: Vec<SourceView>,
    /// Providers that failed when the rates were fetched, each with the series concerned.
    pub failed_providers: Vec<(String, Vec<String>)>,
    /// Why the last value may not be what it seems.
    pub cautions: Vec<Caution>,
    /// What the run used.
    pub resources: ResourcesView,
}

/// Age of data that is too old, in business days.
#[derive(Debug, Clone, Copy)]
pub struct Staleness {
    /// Business days between the last observation and today.
    pub age_business_days: i64,
    /// The most that is allowed.
    pub max_age_business_days: i64,
    /// Today, in the configured zone.
    pub today: NaiveDate,
}

/// Scores with the skill against the random walk on the same origins.
#[derive(Debug, Clone, Copy)]
pub struct ScoreView {
    /// The scores; `rmse` in price units, `mape` in percent, coverages as shares 0-1.
    pub scores: Scores,
    /// 1 - WQL / WQL of the random walk.
    pub skill: f64,
    /// Its standard error, overlap of the forecasts accounted for.
    pub skill_error: Option<f64>,
    /// Skill on the first target date alone.
    pub first: Option<SkillView>,
    /// Skill on the last target date alone.
    pub last: Option<SkillView>,
}

/// One model of the run.
#[derive(Debug, Clone)]
pub struct ModelView {
    /// Its name in the configuration: random_walk, market_walk, ewma_walk, arima_garch, var, random_forest, chronos.
    pub name: String,
    /// Its weight in the pool, 0-1.
    pub weight: f64,
    /// Its own forecast.
    pub forecast: QuantileForecast,
    /// Its out-of-sample scores.
    pub scores: Option<ScoreView>,
    /// Where this project trained it itself, the checkpoint's name and the last day of what it was trained on.
    pub trained_here: Option<(String, NaiveDate)>,
    /// What it settled on, name and value, already worded (order, degrees of freedom, regressors).
    pub details: Vec<(String, String)>,
    /// Seconds it took, validation included.
    pub seconds: f64,
}

/// How the models were judged and pooled.
#[derive(Debug, Clone)]
pub struct ValidationView {
    /// Number of rolling origins.
    pub origins: usize,
    /// Business days between them.
    pub stride: usize,
    /// First and last origin.
    pub span: Option<(NaiveDate, NaiveDate)>,
    /// Observations of history each model sees.
    pub lookback: usize,
    /// Half-life of the discounting of older origins, in origins.
    pub half_life: f64,
    /// Shrinkage of the weights towards equal, 0-1.
    pub shrinkage: f64,
    /// Floor and cap of a weight.
    pub weight_bounds: (f64, f64),
    /// Multiplier that calibration applied to the spread of the deciles about the median.
    pub spread_deciles: f64,
    /// The same for the 95 % interval.
    pub spread_tails: f64,
}

/// A past out-of-sample forecast and what happened.
#[derive(Debug, Clone, Copy)]
pub struct PastForecast {
    /// As-of date of the forecast.
    pub origin: NaiveDate,
    /// Its last target date.
    pub date: NaiveDate,
    /// Median for that date.
    pub median: f64,
    /// 80 % interval.
    pub interval80: (f64, f64),
    /// 95 % interval.
    pub interval95: (f64, f64),
    /// What happened; `None` when no rate was published that day.
    pub actual: Option<f64>,
}

/// A regressor as the models saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressorView {
    /// Series name.
    pub name: String,
    /// Its value as it was known on each of the pair's dates, oldest first, at most two years.
    pub observations: Vec<Observation>,
    /// Correlation of its log changes (as known) with the pair's log returns of the same dates, over the
    /// [`CORRELATION_WINDOW`] returns up to each date, oldest first.
    pub correlation: Vec<(NaiveDate, f64)>,
}

/// Returns in the window of a rolling correlation.
pub const CORRELATION_WINDOW: usize = 60;

/// Volatility as the GARCH model sees it; shares a year: 0.1 is 10 % a year, a day's standard deviation times the root of
/// [`TRADING_DAYS`].
#[derive(Debug, Clone, PartialEq)]
pub struct VolatilityView {
    /// Conditional volatility of each of the last observations' returns, oldest first, up to the as-of date.
    pub past: Vec<(NaiveDate, f64)>,
    /// Expected volatility of each target date's own return: the term structure.
    pub ahead: Vec<(NaiveDate, f64)>,
    /// Where it tends to; `None` when the estimate has no finite one.
    pub long_run: Option<f64>,
}

/// Returns a year, by which volatilities are annualised.
pub const TRADING_DAYS: f64 = 252.0;

/// Lower and upper bound, price units.
pub type Interval = (f64, f64);

/// What changed since the last run of the horizon with an earlier as-of date.
#[derive(Debug, Clone, PartialEq)]
pub struct SinceLast {
    /// That run's as-of date.
    pub as_of: NaiveDate,
    /// The pair's last value then.
    pub last_value: f64,
    /// Its last target date.
    pub end_date: NaiveDate,
    /// Its median there.
    pub median: f64,
    /// Its 80 % interval there.
    pub interval80: (f64, f64),
    /// What it had forecast for the present as-of date, when that is one of its target dates: median, 80 % and 95 % interval.
    pub for_now: Option<(f64, Interval, Interval)>,
    /// What moved: the pair first, then other series, each between its values known then and now.
    pub moves: Vec<Move>,
    /// Why the median at the end of the horizon changed; `None` when the earlier run's models are not all known.
    pub change: Option<MedianChange>,
}

/// A series that may have moved.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// Series name, or [`RATE_DIFFERENTIAL`].
    pub series: String,
    /// How its change is told.
    pub measure: Measure,
    /// The observation that was the last one known then.
    pub from: Observation,
    /// The last one known now.
    pub to: Observation,
}

/// The policy rate of the Banco Central less the effective federal funds rate, percentage points.
pub const RATE_DIFFERENTIAL: &str = "tpm - fed_funds";

/// How a change is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Prices and indices: in percent.
    Percent,
    /// Volatility indices: in points.
    Points,
    /// Interest rates, which are in percent: in percentage points.
    PercentagePoints,
}

/// Why the median at the end of the horizon changed, in price units; the three parts add up to the change from
/// [`SinceLast::median`] to the present one.
#[derive(Debug, Clone, PartialEq)]
pub struct MedianChange {
    /// The pair itself moved.
    pub data: f64,
    /// The models expect another change from there, under the weights of then.
    pub models: f64,
    /// Other weights, models that joined or left included.
    pub weights: f64,
    /// The models' part, by model.
    pub by_model: Vec<(String, f64)>,
    /// Models that have joined.
    pub joined: Vec<String>,
    /// Models that have left.
    pub left: Vec<String>,
}

/// Where one series came from and in what state.
#[derive(Debug, Clone)]
pub struct SourceView {
    /// Series name.
    pub series: String,
    /// Of what it was made when it has no observations of its own: "usdclp / usdeur".
    pub made_of: Option<String>,
    /// Provider: "embedded", "import" ...
    pub provider: String,
    /// Its last observation used.
    pub last_date: NaiveDate,
    /// Business days between that and the as-of date's "today".
    pub age_business_days: i64,
    /// Observations in the series.
    pub observations: usize,
    /// Number of observations that the quality checks repaired or refused.
    pub repaired_or_refused: usize,
    /// Why models had to do without it, when they had to.
    pub left_out: Option<SourceGap>,
}

/// Why the last value may not be what it seems.
#[derive(Debug, Clone, PartialEq)]
pub enum Caution {
    /// It is a market quote, standing in for the official rate.
    StandIn {
        /// Whose.
        provider: String,
    },
    /// It jumps, and nobody else confirms it.
    Unconfirmed {
        /// The series.
        series: String,
        /// Who has it.
        provider: String,
        /// Its date.
        date: NaiveDate,
        /// The value.
        value: f64,
        /// The value before.
        before: f64,
        /// Who has something else, and what.
        instead: Option<(String, f64)>,
    },
    /// Newer rates were fetched and could not be stored.
    NotStored,
}

/// What a run used.
#[derive(Debug, Clone, Copy)]
pub struct ResourcesView {
    /// Peak resident memory, MiB.
    pub peak_rss_mb: f64,
    /// Wall-clock seconds of the run up to the report.
    pub seconds_total: f64,
    /// Forecasts taken from the validation cache.
    pub cached_forecasts: usize,
    /// Forecasts computed anew.
    pub computed_forecasts: usize,
    /// Cores used.
    pub cores: usize,
}
