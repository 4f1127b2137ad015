//! A plausible made-up report view, for the sample and the tests: a seeded random walk of 300 business days about 900
//! to 1000 CLP per USD, and forecasts with its volatility.

// For sample and tests only: all values here are known to be valid.
#![allow(clippy::expect_used)]

use chrono::{DateTime, Days, NaiveDate};
use forecaster_domain::{
    BusinessCalendar, ExclusionReason, Horizon, LEVELS, LeftOutReason, Observation, QuantileForecast,
    SuspensionCause, paths, scores::Scores, standard_normal_quantile,
};
use forecaster_report::*;
use ndarray::Array2;

#[path = "more.rs"]
pub(crate) mod more;
#[path = "pairs.rs"]
pub(crate) mod pairs;

pub(crate) const DAILY_VOLATILITY: f64 = 0.0062;

/// Uniform random numbers from the generator of Knuth's MMIX.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        standard_normal_quantile(self.uniform())
    }
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// A forecast whose median drifts by `drift` a day and whose spread is `width` times that of a random walk.
pub(crate) fn forecast(
    as_of: NaiveDate,
    dates: Vec<NaiveDate>,
    start: f64,
    drift: f64,
    width: f64,
) -> QuantileForecast {
    let values = Array2::from_shape_fn((dates.len(), LEVELS.len()), |(step, level)| {
        let time = (step + 1) as f64;
        let score = standard_normal_quantile(LEVELS[level]);
        start * (drift * time + width * DAILY_VOLATILITY * time.sqrt() * score).exp()
    });
    QuantileForecast::new(as_of, dates, values).expect("a valid forecast")
}

fn observations(count: usize) -> Vec<Observation> {
    let mut dice = Dice(20_250_113);
    let chile = BusinessCalendar::chile();
    let mut dates: Vec<NaiveDate> = Vec::new();
    let mut date = day("2025-01-13");
    while dates.len() < count {
        if chile.is_business_day(date) {
            dates.push(date);
        }
        date = date - Days::new(1);
    }
    dates.reverse();
    let mut price: f64 = 931.0;
    let mut walk = |date| {
        price *= (DAILY_VOLATILITY * dice.normal() + 0.012 * (955.0 / price).ln()).exp();
        Observation { date, value: (price * 100.0).round() / 100.0 }
    };
    dates.into_iter().map(&mut walk).collect()
}

/// Scores with an error of about half the skill, and a larger one for a single date.
pub(crate) fn scores(rmse: f64, wql: f64, coverage80: f64, skill: f64) -> ScoreView {
    let coverage95 = (coverage80 + 0.155).min(0.99);
    let scores = Scores { n: 60, wql, rmse, mape: rmse / 12.4, mase: rmse / 6.0, coverage80, coverage95 };
    let ends = |value: f64, error: f64| (skill != 0.0).then_some(SkillView { value, error: Some(error) });
    ScoreView {
        scores,
        skill,
        skill_error: (skill != 0.0).then_some(0.0068),
        first: ends(4.1 * skill, 0.0214),
        last: ends(0.3 * skill, 0.0093),
    }
}

fn past(observations: &[Observation], steps: usize) -> Vec<PastForecast> {
    let ends = (0..60).map(|k| observations.len() - 1 - 3 * (59 - k));
    ends.filter(|end| *end >= steps)
        .map(|end| {
            let start = observations[end - steps];
            let sigma = 0.92 * DAILY_VOLATILITY * (steps as f64).sqrt();
            let at = |score: f64| start.value * (sigma * score).exp();
            PastForecast {
                origin: start.date,
                date: observations[end].date,
                median: start.value,
                interval80: (at(-1.2816), at(1.2816)),
                interval95: (at(-1.96), at(1.96)),
                actual: (end % 29 != 3).then_some(observations[end].value),
            }
        })
        .collect()
}

fn model(
    name: &str,
    weight: f64,
    forecast: QuantileForecast,
    scores: ScoreView,
    details: &[(&str, &str)],
) -> ModelView {
    ModelView {
        trained_here: None,
        name: name.to_owned(),
        weight,
        forecast,
        scores: Some(scores),
        details: details.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        quote_left_out: None,
        suspended_now: None,
        seconds: 0.4 + 12.0 * weight,
    }
}

fn models(as_of: NaiveDate, dates: &[NaiveDate], last: f64) -> Vec<ModelView> {
    let make = |drift, width| forecast(as_of, dates.to_vec(), last, drift, width);
    vec![
        model(
            "random_walk",
            0.05,
            make(0.0, 1.0),
            scores(9.21, 0.00431, 0.823, 0.0),
            &[("window", "250"), ("daily volatility", "0.62 %")],
        ),
        model(
            "market_walk",
            0.16,
            forecast(as_of, dates.to_vec(), last * 1.0024, 0.0, 0.96),
            scores(9.08, 0.00423, 0.818, 0.0188),
            &[("window", "250"), ("spot quote", "usdclp_spot, 2025-01-10"), ("gap of the spot quote", "+0.29 %")],
        ),
        model(
            "ewma_walk",
            0.14,
            forecast(as_of, dates.to_vec(), last * 1.0024, 0.0, 0.93),
            scores(9.08, 0.00422, 0.807, 0.0207),
            &[("daily volatility", "0.58 %"), ("correction of the width at the end", "1.02")],
        ),
        model(
            "arima_garch",
            0.21,
            make(0.0002, 0.97),
            scores(9.12, 0.00425, 0.807, 0.0139),
            &[
                ("order", "ARIMA(1,1,0)"),
                ("GARCH alpha", "0.061"),
                ("GARCH beta", "0.907"),
                ("Student-t degrees of freedom", "6.4"),
                ("annual volatility now", "10.3 %"),
            ],
        ),
        model(
            "var",
            0.14,
            make(-0.0004, 1.04),
            scores(9.48, 0.00443, 0.836, -0.0278),
            &[("lags (BIC)", "2"), ("regressors", "copper, dxy, usdbrl")],
        ),
        model(
            "random_forest",
            0.12,
            make(0.0007, 1.12),
            scores(9.77, 0.00459, 0.771, -0.065),
            &[
                ("trees", "300"),
                ("features", "returns 1-3, returns 5-63, volatility ratios, distance from mean, dxy"),
            ],
        ),
        model(
            "chronos",
            0.18,
            make(0.0004, 0.9),
            scores(9.30, 0.00428, 0.752, 0.007),
            &[("checkpoint", "amazon/chronos-bolt-small"), ("context", "180")],
        ),
    ]
}

fn sources(as_of: NaiveDate) -> Vec<SourceView> {
    let source = |series: &str, provider: &str, age: i64, observations, repaired, left_out: Option<SourceProblem>| {
        SourceView {
            series: series.to_owned(),
            made_of: None,
            provider: provider.to_owned(),
            last_date: Some(as_of - Days::new(age.unsigned_abs())),
            age_business_days: Some(age),
            observations,
            repaired_or_refused: repaired,
            left_out,
        }
    };
    vec![
        source("usdclp", "embedded", 0, 5218, 2, None),
        source("usdclp_spot", "nbp", 3, 4961, 0, None),
        source("usdbrl", "embedded", 1, 5194, 0, None),
        source("dxy", "fred", 1, 5120, 3, None),
        source(
            "copper",
            "import",
            21,
            1904,
            0,
            Some(SourceProblem::Dates(ExclusionReason::Ended { last: as_of - Days::new(21), as_of })),
        ),
    ]
}

/// Builds the report of a fresh run with five models.
pub(crate) fn view(language: Language, horizon: Horizon) -> ReportView {
    let observations = observations(300);
    let last = observations[observations.len() - 1];
    let dates = BusinessCalendar::chile().target_dates(last.date, horizon);
    let ensemble = forecast(last.date, dates.clone(), last.value, 0.0002, 0.98);
    let draws = paths::sample(&ensemble, 2000, 7);
    let end = ensemble.last_step();
    let (low, high) = ensemble.interval95(end);
    let round = |k: i32| 10.0 * f64::from(k);
    let step = if high - low > 120.0 { 2 } else { 1 };
    let prices = ((low / 10.0) as i32..=(high / 10.0) as i32 + 1).filter(|k| k % step == 0).map(round);
    let round_levels = prices.map(|price| RoundLevel {
        price,
        above_at_end: ensemble.probability_above(end, price),
        touched: paths::touch_probability(&draws, last.value, price),
    });
    ReportView {
        language,
        pair: "USD/CLP".parse().expect("a pair"),
        horizon,
        run_id: "01946a3c-7d7e-7c31-9f0a-52b1d8e6c0f4".to_owned(),
        generated_at: DateTime::parse_from_rfc3339("2025-01-13T19:02:41-03:00").expect("an instant"),
        zone: "America/Santiago".to_owned(),
        version: "0.1.0".to_owned(),
        stale: None,
        round_levels: round_levels.collect(),
        weights: more::weights(&observations, &models(last.date, &dates, last.value)),
        losses: more::losses(&observations, dates.len()),
        issued: past(&observations, dates.len()).into_iter().rev().step_by(3).take(14).rev().collect(),
        regressors: more::regressors(&observations),
        volatility: Some(more::volatility(&observations, &dates)),
        drift: more::drift(),
        track_record: Some(more::track_record(last.date)),
        since_last: Some(more::since_last(&observations, &ensemble, 0.6)),
        ensemble_scores: Some(scores(9.05, 0.00421, 0.793, 0.0232)),
        ensemble_without_chronos_scores: Some(scores(9.10, 0.00423, 0.801, 0.0186)),
        models: models(last.date, &dates, last.value),
        left_out: vec![],
        validation: ValidationView {
            origins: 60,
            stride: 3,
            span: Some((day("2024-04-23"), day("2025-01-06"))),
            lookback: 750,
            half_life: 20.0,
            shrinkage: 0.5,
            weight_bounds: (0.05, 0.6),
            spread_deciles: 1.04,
            spread_tails: 1.09,
        },
        past: past(&observations, dates.len()),
        reliability: LEVELS
            .map(|level| (level, (level + 0.09 * level * (1.0 - level) - 0.012).clamp(0.0, 1.0)))
            .to_vec(),
        quote: Some(more::quote(last.value * 1.0031)),
        beyond_quote_error: Some(0.0029),
        sources: sources(last.date),
        failed_providers: vec![("fred".to_owned(), vec!["dxy".to_owned()])],
        cautions: Vec::new(),
        resources: ResourcesView {
            peak_rss_mb: 842.4,
            seconds_total: 11.3,
            cached_forecasts: 295,
            computed_forecasts: 5,
            cores: 4,
        },
        ensemble,
        observations,
    }
}

/// Turns `view` into the same run eight business days later, with one model left out.
pub(crate) fn make_stale(view: &mut ReportView) {
    view.stale = Some(Staleness { age_business_days: 8, max_age_business_days: 4, today: day("2025-01-23") });
    view.models.retain(|model| model.name != "chronos");
    view.ensemble_without_chronos_scores = None;
    view.ensemble_scores = Some(scores(9.44, 0.00438, 0.741, -0.0162));
    let reason = LeftOutReason::Suspended { since: day("2025-01-14"), cause: SuspensionCause::Failures };
    view.left_out = vec![LeftOutView { model: "chronos".to_owned(), reason, suspended_now: None }];
}
