//! Content of a report as plain values: the composition root fills it in, the renderers only read it.

use chrono::{DateTime, FixedOffset, NaiveDate};
use forecaster_domain::{
    ExclusionReason, Horizon, LeftOutReason, Observation, Pair, QuantileForecast, SuspensionCause, scores::Scores,
};
pub use forecaster_domain::{
    Frequency, OriginLoss, PastWeights, RoundLevel, SeriesCondition, SeriesFact, SourceProblem,
};

mod drift_view;
mod quote;
mod track_record;

pub use drift_view::*;
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
    /// The currency pair that is forecast.
    pub pair: Pair,
    /// The horizon.
    pub horizon: Horizon,
    /// Identifier of the run, a UUID.
    pub run_id: String,
    /// Time of the run, in the configured time zone.
    pub generated_at: DateTime<FixedOffset>,
    /// Name of that time zone, such as America/Santiago.
    pub zone: String,
    /// Version of the software.
    pub version: String,
    /// Set when the newest observation is too old.
    pub stale: Option<Staleness>,
    /// The pair's observations up to and including the as-of date, oldest first; at least the last 260 if the history
    /// is that long. Quote currency per unit of base currency.
    pub observations: Vec<Observation>,
    /// The pooled, calibrated forecast; `as_of()` is the as-of date.
    pub ensemble: QuantileForecast,
    /// Out-of-sample scores of the ensemble over the validation origins.
    pub ensemble_scores: Option<ScoreView>,
    /// Scores of the same pool without Chronos; only in runs with Chronos.
    pub ensemble_without_chronos_scores: Option<ScoreView>,
    /// Standard error of the ensemble's skill minus the market walk's, from their differences at each origin; `None`
    /// when only the two separate errors are known.
    pub beyond_quote_error: Option<f64>,
    /// Every model that took part, in the order of the configuration.
    pub models: Vec<ModelView>,
    /// Configured models without a forecast, each with the reason.
    pub left_out: Vec<LeftOutView>,
    /// Settings and results of validation, weighting and calibration.
    pub validation: ValidationView,
    /// The ensemble's out-of-sample forecasts for the last target date of each validation origin, oldest first.
    pub past: Vec<PastForecast>,
    /// Each of the 11 levels with the share of actual rates at or below the ensemble's quantile, out of sample, over
    /// all target dates. Empty without validation.
    pub reliability: Vec<(f64, f64)>,
    /// Probabilities of round price levels, increasing in price.
    pub round_levels: Vec<RoundLevel>,
    /// Weights over time, oldest first: replayed at the validation origins, and as issued in past runs.
    pub weights: Vec<PastWeights>,
    /// Losses of the ensemble and the random walk at each validation origin, oldest first.
    pub losses: Vec<OriginLoss>,
    /// The latest forecasts that earlier runs of this horizon actually issued, one per as-of date, oldest first; only
    /// those whose last target date has passed.
    pub issued: Vec<PastForecast>,
    /// Regressors used by the models.
    pub regressors: Vec<RegressorView>,
    /// Volatility according to ARIMA+GARCH; `None` when that model took no part.
    pub volatility: Option<VolatilityView>,
    /// Recent movement of the pair.
    pub drift: DriftView,
    /// Results of the forecasts actually issued; `None` while none has come due.
    pub track_record: Option<TrackRecord>,
    /// Changes since the last run of this horizon with an earlier as-of date; `None` when there is none.
    pub since_last: Option<SinceLast>,
    /// Market quote known to the models; `None` without a usable one: `sources` may give the reason.
    pub quote: Option<QuoteView>,
    /// Origin and state of each series.
    pub sources: Vec<SourceView>,
    /// Providers that failed when the rates were fetched, each with the series concerned.
    pub failed_providers: Vec<(String, Vec<String>)>,
    /// Reasons to doubt the last value, and conditions of the series.
    pub cautions: Vec<Caution>,
    /// Resources used by the run.
    pub resources: ResourcesView,
}

/// Age of data that is too old, in business days.
#[derive(Debug, Clone, Copy)]
pub struct Staleness {
    /// Business days between the last observation and today.
    pub age_business_days: i64,
    /// Largest age allowed.
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
    /// Standard error of the skill, adjusted for overlapping forecasts.
    pub skill_error: Option<f64>,
    /// Skill on the first target date alone.
    pub first: Option<SkillView>,
    /// Skill on the last target date alone.
    pub last: Option<SkillView>,
}

/// One model of the run.
#[derive(Debug, Clone)]
pub struct ModelView {
    /// Name in the configuration: random_walk, market_walk, ewma_walk, arima_garch, var, random_forest, chronos.
    pub name: String,
    /// Weight in the pool, 0-1.
    pub weight: f64,
    /// The model's own forecast.
    pub forecast: QuantileForecast,
    /// Out-of-sample scores.
    pub scores: Option<ScoreView>,
    /// Name of the checkpoint and last day of its training data, if this project trained it.
    pub trained_here: Option<(String, NaiveDate)>,
    /// Fitted choices as text, name and value (order, degrees of freedom, regressors).
    pub details: Vec<(String, String)>,
    /// Reason why the model did without the market's quote; `None` when it used it, or there is no series of quotes.
    pub quote_left_out: Option<ExclusionReason>,
    /// Cause for which the guard suspended the model after this run; `None` when it did not.
    pub suspended_now: Option<SuspensionCause>,
    /// Seconds taken, validation included.
    pub seconds: f64,
}

/// A configured model without a forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOutView {
    /// Name in the configuration.
    pub model: String,
    /// Reason why it has no forecast.
    pub reason: LeftOutReason,
    /// Cause for which the guard suspended the model after this run; `None` when it did not.
    pub suspended_now: Option<SuspensionCause>,
}

/// Settings and results of validation, pooling and calibration.
#[derive(Debug, Clone)]
pub struct ValidationView {
    /// Number of rolling origins.
    pub origins: usize,
    /// Business days between them.
    pub stride: usize,
    /// First and last origin.
    pub span: Option<(NaiveDate, NaiveDate)>,
    /// Observations of history given to each model.
    pub lookback: usize,
    /// Half-life of the discounting of older origins, in origins.
    pub half_life: f64,
    /// Shrinkage of the weights towards equal, 0-1.
    pub shrinkage: f64,
    /// Lower and upper limit of a weight.
    pub weight_bounds: (f64, f64),
    /// Calibration's multiplier of the distance between deciles and median.
    pub spread_deciles: f64,
    /// The same for the 95 % interval.
    pub spread_tails: f64,
}

/// A past out-of-sample forecast and the rate observed afterwards.
#[derive(Debug, Clone, Copy)]
pub struct PastForecast {
    /// As-of date of the forecast.
    pub origin: NaiveDate,
    /// Last target date of the forecast.
    pub date: NaiveDate,
    /// Median for that date.
    pub median: f64,
    /// 80 % interval.
    pub interval80: (f64, f64),
    /// 95 % interval.
    pub interval95: (f64, f64),
    /// Observed rate; `None` when no rate was published that day.
    pub actual: Option<f64>,
}

/// A regressor as the models saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressorView {
    /// Series name.
    pub name: String,
    /// Value known on each of the pair's dates, oldest first, at most two years.
    pub observations: Vec<Observation>,
    /// Correlation of the series' log changes (as known then) with the pair's log returns of the same dates, over the
    /// [`CORRELATION_WINDOW`] returns up to each date, oldest first.
    pub correlation: Vec<(NaiveDate, f64)>,
}

/// Number of returns in the window of a rolling correlation.
pub const CORRELATION_WINDOW: usize = 60;

/// Volatility estimated by the GARCH model, as a fraction per year: 0.1 is 10 % a year, a day's standard deviation
/// times the square root of [`TRADING_DAYS`].
#[derive(Debug, Clone, PartialEq)]
pub struct VolatilityView {
    /// Conditional volatility of each of the last observations' returns, oldest first, up to the as-of date.
    pub past: Vec<(NaiveDate, f64)>,
    /// Expected volatility of each target date's own return: the term structure.
    pub ahead: Vec<(NaiveDate, f64)>,
    /// Long-run level; `None` when the estimate has no finite one.
    pub long_run: Option<f64>,
}

/// Number of returns per year, used to annualise volatilities.
pub const TRADING_DAYS: f64 = 252.0;

/// Lower and upper bound, price units.
pub type Interval = (f64, f64);

/// Changes since the last run of the horizon with an earlier as-of date.
#[derive(Debug, Clone, PartialEq)]
pub struct SinceLast {
    /// As-of date of that run.
    pub as_of: NaiveDate,
    /// Last value of the pair then.
    pub last_value: f64,
    /// Last target date of that run.
    pub end_date: NaiveDate,
    /// Median for that target date.
    pub median: f64,
    /// 80 % interval for that target date.
    pub interval80: (f64, f64),
    /// Forecast of that run for the present as-of date, if that was one of its target dates: median, 80 % and 95 %
    /// interval.
    pub forecast_for_today: Option<(f64, Interval, Interval)>,
    /// Moves of the pair, first, and of the other series, each from the value known then to the value known now.
    pub moves: Vec<Move>,
    /// Parts of the change of the final median; `None` when not all models of the earlier run are known.
    pub change: Option<MedianChange>,
}

/// A series with the values known in two reports; they may be equal.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// Series name, or [`RATE_DIFFERENTIAL`].
    pub series: String,
    /// Unit in which the change is given.
    pub measure: ChangeUnit,
    /// Last observation known then.
    pub from: Observation,
    /// Last observation known now.
    pub to: Observation,
}

/// The policy rate of the Banco Central minus the effective federal funds rate, percentage points.
pub const RATE_DIFFERENTIAL: &str = "tpm - fed_funds";

/// Unit in which a change is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeUnit {
    /// Prices and indices: in percent.
    Percent,
    /// Volatility indices: in points.
    Points,
    /// Interest rates, which are in percent: in percentage points.
    PercentagePoints,
}

/// Parts of the change in the median at the end of the horizon, in price units; `data`, `models` and `weights` add up
/// to the change from [`SinceLast::median`] to the present median.
#[derive(Debug, Clone, PartialEq)]
pub struct MedianChange {
    /// Change from the move of the pair itself.
    pub data: f64,
    /// Change from what the models expect from there on, at the earlier run's weights.
    pub models: f64,
    /// Change from the new weights, including models that joined or left.
    pub weights: f64,
    /// `models`, split by model.
    pub by_model: Vec<(String, f64)>,
    /// Models that joined the pool.
    pub joined: Vec<String>,
    /// Models that left the pool.
    pub left: Vec<String>,
}

/// Origin and state of one series.
#[derive(Debug, Clone)]
pub struct SourceView {
    /// Series name.
    pub series: String,
    /// Formula of a derived series, which has no observations of its own: "usdclp / usdeur".
    pub made_of: Option<String>,
    /// Provider: "embedded", "import" ...
    pub provider: String,
    /// Date of the last observation used; `None` for a series without data.
    pub last_date: Option<NaiveDate>,
    /// Business days from that date to today in the configured time zone.
    pub age_business_days: Option<i64>,
    /// Number of observations in the series.
    pub observations: usize,
    /// Number of observations repaired or rejected by the quality checks.
    pub repaired_or_refused: usize,
    /// Reason why the models could not use the series; `None` when they could.
    pub left_out: Option<SourceProblem>,
}

/// Reason to doubt the last value, or a condition of a series that the reader should know.
#[derive(Debug, Clone, PartialEq)]
pub enum Caution {
    /// The value is a market quote, a stand-in for the missing official rate.
    StandIn {
        /// Provider of the quote.
        provider: String,
    },
    /// The value jumps and no other provider confirms it.
    Unconfirmed {
        /// Name of the series.
        series: String,
        /// Provider of the value.
        provider: String,
        /// Date of the value.
        date: NaiveDate,
        /// The value.
        value: f64,
        /// The previous value.
        before: f64,
        /// Another provider with a different value, and that value.
        other_source: Option<(String, f64)>,
    },
    /// Newer rates were fetched but could not be stored.
    NotStored,
    /// A fact about the pair's series, one that it is computed from, or a regressor.
    Condition(SeriesCondition),
}

/// Resources used by a run.
#[derive(Debug, Clone, Copy)]
pub struct ResourcesView {
    /// Peak resident memory, MiB.
    pub peak_rss_mb: f64,
    /// Wall-clock seconds of the run up to the report.
    pub seconds_total: f64,
    /// Number of forecasts taken from the validation cache.
    pub cached_forecasts: usize,
    /// Number of forecasts computed in this run.
    pub computed_forecasts: usize,
    /// Number of CPU cores used.
    pub cores: usize,
}
