//! Comparisons of two models on the runs in which both forecast. In: scored forecasts by model. Out: a verdict for
//! each comparison and, while it is undecided, the number of further runs it takes.

use super::figures::{ByModel, parts};
use chrono::NaiveDate;
use forecaster_domain::scores::{pool, skill};
use forecaster_domain::{ENSEMBLE, ENSEMBLE_WITHOUT_CHRONOS, ModelId};
use forecaster_ensemble::{EqualAccuracy, SIGNIFICANCE, Skill, diebold_mariano, overlap};
use forecaster_ledger::ScoredForecast;
use serde::Serialize;
use std::collections::BTreeMap;

/// Fewest forecasts for a verdict, however small the p-value: with fewer, a single week decides it.
pub(crate) const LEAST_FORECASTS: usize = 8;
/// Most further runs worth waiting for, 19 years of weeks: a difference that takes more will never matter.
const MOST_RUNS: f64 = 1000.0;

/// The benchmark of every model.
const RANDOM_WALK: &str = ModelId::RandomWalk.as_str();
const CHRONOS: &str = ModelId::Chronos.as_str();

/// Model, the model it is compared with, and the name of the comparison.
const CONTESTS: [(&str, &str, &str); 5] = [
    (CHRONOS, ModelId::ArimaGarch.as_str(), "Chronos against ARIMA"),
    (CHRONOS, ModelId::Var.as_str(), "Chronos against VAR"),
    (CHRONOS, RANDOM_WALK, "Chronos against the random walk"),
    (ENSEMBLE, ENSEMBLE_WITHOUT_CHRONOS, "Ensemble with Chronos against without"),
    (ENSEMBLE, RANDOM_WALK, "Ensemble against the random walk"),
];

/// Result of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ComparisonVerdict {
    /// The model loses less, and not by chance.
    Better,
    /// The model loses more, and not by chance.
    Worse,
    /// The difference may be chance.
    CannotTellYet,
}

/// Comparison of one model with another.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Comparison {
    /// The model that is judged.
    pub model: &'static str,
    /// The model it is compared with.
    pub against: &'static str,
    /// Scored forecasts that both have, in the same runs.
    pub n: usize,
    /// WQL of the judged model on these forecasts.
    pub wql: Option<f64>,
    /// WQL of the other model.
    pub wql_against: Option<f64>,
    /// 1 - WQL / WQL of the other model.
    pub skill: Option<f64>,
    /// Standard error of the skill, overlap of the forecasts accounted for; null with fewer than two, or when they do
    /// not differ.
    pub skill_se: Option<f64>,
    /// Two-sided p-value; null with fewer than [`LEAST_FORECASTS`], or when the losses do not differ.
    pub p_value: Option<f64>,
    /// Autocovariances in the test: the most forecasts issued before an earlier one matured.
    pub lag: Option<usize>,
    /// Result of the test.
    pub verdict: ComparisonVerdict,
    /// Further runs until a difference of this size can be told from chance with 80 % probability; 0 with a verdict,
    /// null above 1000.
    pub more_runs_needed: Option<u64>,
    /// The comparison in one sentence.
    pub sentence: String,
}

/// Makes every comparison.
pub(super) fn all(by_model: &ByModel<'_>) -> Vec<Comparison> {
    CONTESTS.iter().map(|(model, against, words)| comparison(model, against, words, by_model)).collect()
}

fn comparison(model: &'static str, against: &'static str, words: &str, by_model: &ByModel<'_>) -> Comparison {
    let contest = pair_scores(model, against, by_model);
    let (verdict, more_runs_needed) = verdict(contest.n, contest.test.as_ref());
    let sentence = format!("{words}: {}", result_in_words(&contest, verdict, more_runs_needed));
    Comparison {
        model,
        against,
        n: contest.n,
        wql: contest.wql.map(|(own, _)| own),
        wql_against: contest.wql.map(|(_, other)| other),
        skill: contest.skill,
        skill_se: contest.skill_error,
        p_value: contest.p_value,
        lag: contest.test.map(|test| test.lag),
        verdict,
        more_runs_needed,
        sentence,
    }
}

/// Figures of a comparison.
pub(super) struct PairedScores {
    n: usize,
    wql: Option<(f64, f64)>,
    /// 1 - WQL / WQL of the other model.
    pub skill: Option<f64>,
    /// Standard error of the skill.
    pub skill_error: Option<f64>,
    /// P-value; `None` with fewer than [`LEAST_FORECASTS`], or when the losses do not differ.
    pub p_value: Option<f64>,
    test: Option<EqualAccuracy>,
}

/// Compares a model with the random walk.
pub(super) fn against_random_walk(model: &str, by_model: &ByModel<'_>) -> PairedScores {
    pair_scores(model, RANDOM_WALK, by_model)
}

fn pair_scores(model: &str, against: &str, by_model: &ByModel<'_>) -> PairedScores {
    let of = |name: &str| by_model.get(name).map_or(&[][..], Vec::as_slice);
    let other: BTreeMap<&str, &ScoredForecast> = of(against).iter().map(|f| (f.run_id.as_str(), *f)).collect();
    let both = of(model).iter().filter_map(|own| Some((*own, *other.get(own.run_id.as_str())?)));
    let (own, other): (Vec<&ScoredForecast>, Vec<&ScoredForecast>) = both.unzip();
    let wql = pool(parts(&own)).zip(pool(parts(&other))).map(|(own, other)| (own.wql, other.wql));
    let differentials: Vec<f64> = own.iter().zip(&other).map(|(a, b)| a.parts.wql() - b.parts.wql()).collect();
    let lag = overlap(&spans(&own));
    let test = (own.len() >= LEAST_FORECASTS).then(|| diebold_mariano(&differentials, lag)).flatten();
    let losses: Vec<(f64, f64)> = own.iter().zip(&other).map(|(a, b)| (a.parts.loss, b.parts.loss)).collect();
    PairedScores {
        n: own.len(),
        wql,
        skill: wql.map(|(own, other)| skill(own, other)),
        skill_error: Skill::new(&losses, lag).and_then(|skill| skill.error),
        p_value: test.map(|test| test.p_value),
        test,
    }
}

/// Date of issue and last target date of each of `forecasts`.
fn spans(forecasts: &[&ScoredForecast]) -> Vec<(NaiveDate, NaiveDate)> {
    forecasts.iter().map(|forecast| (forecast.as_of, forecast.end_date)).collect()
}

/// Returns the verdict, and the further runs until there is one.
fn verdict(n: usize, test: Option<&EqualAccuracy>) -> (ComparisonVerdict, Option<u64>) {
    if n < LEAST_FORECASTS {
        return (ComparisonVerdict::CannotTellYet, Some((LEAST_FORECASTS - n) as u64));
    }
    match test {
        Some(test) if test.p_value < SIGNIFICANCE => {
            (if test.mean < 0.0 { ComparisonVerdict::Better } else { ComparisonVerdict::Worse }, Some(0))
        }
        Some(test) => {
            let more = (test.forecasts_needed().ceil() - n as f64).max(1.0);
            (ComparisonVerdict::CannotTellYet, (more <= MOST_RUNS).then_some(more as u64))
        }
        None => (ComparisonVerdict::CannotTellYet, None),
    }
}

fn result_in_words(contest: &PairedScores, verdict: ComparisonVerdict, more: Option<u64>) -> String {
    let n = contest.n;
    if n < LEAST_FORECASTS {
        return match n {
            0 => format!("cannot tell yet, no forecast scored, at least {LEAST_FORECASTS} are needed"),
            1 => format!("cannot tell yet, 1 forecast scored, at least {LEAST_FORECASTS} are needed"),
            _ => format!("cannot tell yet, {n} forecasts scored, at least {LEAST_FORECASTS} are needed"),
        };
    }
    let (Some(skill), Some(p_value)) = (contest.skill, contest.p_value) else {
        return format!("cannot tell yet, both lose the same in {n} forecasts");
    };
    let amount = if skill >= 0.0 { "less" } else { "more" };
    let seen = format!("{:.1} % {amount} loss over {n} forecasts (p {p_value:.3})", 100.0 * skill.abs());
    match (verdict, more) {
        (ComparisonVerdict::Better, _) => format!("better, {seen}"),
        (ComparisonVerdict::Worse, _) => format!("worse, {seen}"),
        (ComparisonVerdict::CannotTellYet, Some(more)) => {
            format!("cannot tell yet, {seen}; about {more} more would tell")
        }
        (ComparisonVerdict::CannotTellYet, None) => {
            format!("cannot tell yet, {seen}; the difference is too small to ever matter")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::figures::by_model;
    use chrono::{Days, NaiveDate, Utc};
    use forecaster_domain::scores::ScoreSums;

    /// A weekly forecast of 7 days with the given loss.
    fn scored(model: &str, week: u64, loss: f64) -> ScoredForecast {
        let as_of = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(7 * week);
        ScoredForecast {
            run_id: week.to_string(),
            model: model.into(),
            as_of,
            finished_at: Utc::now(),
            end_date: as_of + Days::new(7),
            parts: ScoreSums { dates: 5, loss, scale: 4500.0, inside80: 4, inside95: 5, end: Some((900.0, 1.0)) },
        }
    }

    /// Compares an ensemble of the given losses with a random walk that loses 100 each week.
    fn judged(losses: &[f64]) -> Comparison {
        let of = |(week, loss): (usize, &f64)| {
            [scored("ensemble", week as u64, *loss), scored("random_walk", week as u64, 100.0)]
        };
        let all: Vec<ScoredForecast> = losses.iter().enumerate().flat_map(of).collect();
        let comparisons = super::all(&by_model(&all));
        comparisons.into_iter().find(|c| (c.model, c.against) == ("ensemble", "random_walk")).unwrap()
    }

    #[test]
    fn fewer_than_eight_forecasts_tell_nothing_however_clear_they_seem() {
        let comparison = judged(&[1.0, 1.1, 1.2]);
        assert_eq!((comparison.verdict, comparison.more_runs_needed), (ComparisonVerdict::CannotTellYet, Some(5)));
        let said = "Ensemble against the random walk: cannot tell yet, 3 forecasts scored, at least 8 are needed";
        assert_eq!((comparison.sentence.as_str(), comparison.p_value), (said, None));
        assert!(judged(&[]).sentence.ends_with("no forecast scored, at least 8 are needed"));
    }

    #[test]
    fn who_loses_less_nearly_always_is_better_and_who_loses_more_is_worse() {
        let (low, high) = ([90.0, 91.0, 88.0, 93.0, 90.0, 89.0, 101.0, 90.0], [110.0, 109.0, 111.0, 99.0]);
        let better = judged(&low);
        assert_eq!(
            (better.verdict, better.more_runs_needed, better.lag),
            (ComparisonVerdict::Better, Some(0), Some(0))
        );
        assert!(better.sentence.contains("better, 8.5 % less loss over 8 forecasts (p 0.00"), "{}", better.sentence);
        assert_eq!(judged(&[high, high, high].concat()).verdict, ComparisonVerdict::Worse);
    }

    #[test]
    fn a_small_difference_asks_for_more_runs_and_a_tiny_one_for_none() {
        let small = judged(&[90.0, 112.0, 85.0, 100.0, 93.0, 105.0, 88.0, 110.0, 92.0, 100.0]);
        assert_eq!(small.verdict, ComparisonVerdict::CannotTellYet);
        let more = small.more_runs_needed.unwrap();
        assert!(more > 1 && small.sentence.ends_with(&format!("about {more} more would tell")), "{}", small.sentence);
        let tiny = judged(&[90.0, 110.0, 90.0, 110.01, 90.0, 110.0, 90.0, 110.0]);
        assert_eq!((tiny.verdict, tiny.more_runs_needed), (ComparisonVerdict::CannotTellYet, None));
        assert!(tiny.sentence.ends_with("the difference is too small to ever matter"), "{}", tiny.sentence);
        let same = judged(&[100.0; 9]);
        assert!(same.sentence.ends_with("both lose the same in 9 forecasts"), "{}", same.sentence);
    }

    #[test]
    fn forecasts_overlap_when_one_is_issued_before_an_earlier_one_has_matured() {
        let mut weekly: Vec<ScoredForecast> = (0..9).map(|week| scored("ensemble", week, 1.0)).collect();
        let lag = |forecasts: &[ScoredForecast]| overlap(&spans(&forecasts.iter().collect::<Vec<_>>()));
        assert_eq!(lag(&weekly), 0);
        weekly.iter_mut().for_each(|forecast| forecast.end_date = forecast.as_of + Days::new(30));
        assert_eq!(lag(&weekly), 4);
        assert_eq!(lag(&[]), 0);
    }
}
