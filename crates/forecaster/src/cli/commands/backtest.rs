//! `forecaster backtest`: scores of replayed forecasts, as tables or JSON.

use crate::cli::args::BacktestArgs;
use crate::cli::output::{print, print_json, selected_horizons};
use crate::config::parsed::model_names;
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use crate::forecast::backtest::{HorizonScores, Period, backtest as replay};
use crate::forecast::cache::LedgerCache;
use crate::forecast::chronos::ChronosSource;
use crate::forecast::left_out::LeftOut;
use crate::host::clock::today;
use crate::market::Market;
use crate::market::conditions::ConditionDocument;
use crate::publish::document::ScoresDocument;
use crate::run::ledger::open_ledger;
use chrono::{Days, NaiveDate};
use forecaster_domain::{Horizon, ModelId, PriceFormat, decimals_of_small};
use forecaster_ensemble::{Evaluation, Skill};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

#[derive(Serialize)]
struct BacktestDocument {
    pair: String,
    from: NaiveDate,
    to: NaiveDate,
    every: u32,
    conditions: Vec<ConditionDocument>,
    horizons: BTreeMap<&'static str, HorizonDocument>,
}

#[derive(Serialize)]
struct HorizonDocument {
    origins: usize,
    models: BTreeMap<String, ScoresDocument>,
    left_out: Vec<LeftOut>,
}

impl From<&HorizonScores> for HorizonDocument {
    fn from(scores: &HorizonScores) -> Self {
        Self {
            origins: scores.origins,
            models: scores.models.iter().map(|(name, judged)| (name.clone(), Some(*judged).into())).collect(),
            left_out: scores.left_out.clone(),
        }
    }
}

/// Replays the requested horizons and prints their scores.
pub(crate) fn backtest(args: &BacktestArgs, config: &Config) -> Result<CommandOutcome, Failure> {
    let models = models_of(args)?;
    let horizons = selected_horizons(args.horizon, config)?;
    let market = Market::load(config, None, today(config))?;
    // Unless requested, no forecast is scored against quotes that stand in for official rates.
    let to = args.to.unwrap_or_else(|| market.last_official());
    let from = args.from.unwrap_or_else(|| to - Days::new(730));
    if from > to {
        return Err(Failure::FromAfterTo { from, to });
    }
    let ledger = open_ledger(config)?;
    let cache = LedgerCache { ledger: &ledger, today: today(config) };
    let period = Period { from, to, every: args.every as usize };
    let chronos = ChronosSource::default();
    let mut scores = Vec::new();
    for horizon in horizons {
        scores.push((horizon, replay(config, &market, horizon, &period, models.as_deref(), &cache, &chronos)?));
    }
    chronos.release();
    if args.json {
        print_json(&BacktestDocument {
            pair: market.pair.to_string(),
            from,
            to,
            every: args.every,
            conditions: market.conditions.documents(),
            horizons: scores.iter().map(|(horizon, scores)| (horizon.key(), scores.into())).collect(),
        })?;
    } else {
        let told: String = market.conditions.iter().map(|condition| format!("{condition}\n")).collect();
        let format = PriceFormat::of(market.history.pair().last_value());
        let title = format!("{} from {from} to {to}, every {}", market.pair, args.every);
        print(&format!("{title}\n{told}{}", table(&scores, format)))?;
    }
    let complete = scores.iter().all(|(_, scores)| scores.left_out.is_empty());
    Ok(if complete { CommandOutcome::Done } else { CommandOutcome::Degraded })
}

/// Models of `--models`; `None` when it was not given.
fn models_of(args: &BacktestArgs) -> Result<Option<Vec<ModelId>>, Failure> {
    let Some(names) = &args.models else { return Ok(None) };
    let parse = |name: &String| {
        let known = || format!("{}, {}", model_names(), ModelId::Chronos);
        name.parse::<ModelId>().map_err(|_| Failure::NoSuchModel { name: name.clone(), known: known() })
    };
    let models = names.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    match (1..models.len()).find(|i| models[..*i].contains(&models[*i])) {
        Some(index) => Err(Failure::ModelTwice(models[index].as_str())),
        None => Ok(Some(models)),
    }
}

/// A skill in per cent with its standard error: "+1.23 +- 0.45".
fn with_error(skill: Option<Skill>) -> String {
    let Some(Skill { value, error }) = skill.filter(|skill| skill.value.is_finite()) else { return "-".to_owned() };
    let error = error.map_or_else(|| "-".to_owned(), |error| format!("{:.2}", 100.0 * error));
    format!("{:+.2} +- {error}", 100.0 * value)
}

/// A score that does not exist, since the rate does not vary, is a dash.
fn figure(value: f64, shown: impl Fn(f64) -> String) -> String {
    if value.is_finite() { shown(value) } else { "-".to_owned() }
}

fn table(horizons: &[(Horizon, HorizonScores)], format: PriceFormat) -> String {
    let rmse = 9.max(format.difference_decimals() + 7);
    let mut text = String::new();
    for (horizon, scores) in horizons {
        let _ = writeln!(text, "\n{horizon}, {} origins", scores.origins);
        let _ = writeln!(
            text,
            "{:<26}{:>5}{:>10}{:>rmse$}{:>8}{:>8}{:>8}{:>8}{:>9}{:>7}{:>16}{:>16}",
            "", "n", "WQL", "RMSE", "MAPE %", "MASE", "80 %", "95 %", "skill %", "+-", "first date", "last date"
        );
        let mut models: Vec<_> = scores.models.iter().collect();
        models.sort_by(|a, b| a.1.scores.wql.total_cmp(&b.1.scores.wql));
        for (model, judged) in models {
            let Evaluation { scores: s, skill, .. } = judged;
            let _ = writeln!(
                text,
                "{model:<26}{:>5}{:>10.6}{:>rmse$}{:>8}{:>8}{:>8.1}{:>8.1}{:>9}{:>7}{:>16}{:>16}",
                s.n,
                s.wql,
                format.difference(s.rmse),
                figure(s.mape, |value| format!("{value:.*}", decimals_of_small(value, 2))),
                figure(s.mase, |value| format!("{value:.2}")),
                100.0 * s.coverage80,
                100.0 * s.coverage95,
                figure(*skill, |value| format!("{:+.2}", 100.0 * value)),
                judged.skill_error.map_or_else(|| "-".to_owned(), |error| format!("{:.2}", 100.0 * error)),
                with_error(judged.first),
                with_error(judged.last)
            );
        }
        for left_out in &scores.left_out {
            let _ = writeln!(text, "left out: {}: {}", left_out.model, left_out.reason);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use forecaster_domain::scores::Scores;

    /// The table's row of a random walk with this error, in a pair with this last value.
    fn row(last: f64, rmse: f64, skill: f64) -> Vec<String> {
        let scores = Scores { n: 60, wql: 0.0042, rmse, mape: 0.62, mase: 1.1, coverage80: 0.8, coverage95: 0.95 };
        let endless = Skill { value: f64::NEG_INFINITY, error: None };
        let evaluation = Evaluation { scores, skill, skill_error: None, first: None, last: Some(endless) };
        let models = [("random_walk".to_owned(), evaluation)].into();
        let horizon = HorizonScores { origins: 60, models, left_out: Vec::new() };
        let text = table(&[(Horizon::D7, horizon)], PriceFormat::of(last));
        let line = text.lines().find(|line| line.starts_with("random_walk")).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn an_error_shows_the_digits_of_its_pair() {
        assert_eq!(row(1011.82, 8.254, 0.0123)[1..5], ["60", "0.004200", "8.25", "0.62"]);
        assert_eq!(row(0.3075, 0.000_875, 0.0123)[3], "0.00088");
        assert_eq!(row(0.001012, 0.000_007_9, 0.0123)[3], "0.0000079");
    }

    #[test]
    fn a_skill_that_is_no_number_is_a_dash() {
        assert_eq!(row(1011.82, 8.254, 0.0123)[8], "+1.23");
        for odd in [f64::NEG_INFINITY, f64::NAN] {
            let row = row(3.6725, 0.0, odd);
            assert_eq!((row[3].as_str(), row[8].as_str()), ("0.0000", "-"));
            assert!(!row.join(" ").contains("inf"), "{row:?}");
        }
    }
}
