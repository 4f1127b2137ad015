//! Random quotes of all kinds, with random effects on the skill.

use crate::{
    tests::synthetic::{self, Dice},
    view::*,
};
use chrono::{DateTime, TimeDelta};
use forecaster_domain::{ExclusionReason, SourceFault, scores::Scores};

/// Adds to `view` a quote or the reason why there is none, and scores of ensemble and market walk.
pub(super) fn add(dice: &mut Dice, view: &mut ReportView) {
    let last = view.observations.last().map_or(900.0, |o| o.value);
    let away = if dice.chance(0.2) { 0.0002 } else { 0.004 };
    let known_at = DateTime::parse_from_rfc3339("2025-01-13T08:15:00-03:00").unwrap();
    view.quote = dice.chance(0.7).then(|| QuoteView {
        value: if dice.chance(0.02) { dice.odd(last) } else { last * (away * dice.normal()).exp() },
        source: ["nbp", "yahoo", "currency-api"][dice.below(3)].to_owned(),
        known_at: known_at + TimeDelta::minutes(dice.below(100_000) as i64),
    });
    if dice.chance(0.1) {
        view.cautions = vec![Caution::StandIn { provider: "nbp".to_owned() }];
    }
    if dice.chance(0.2) {
        view.models.iter_mut().filter(|model| model.name != "random_walk").for_each(|model| model.weight = 0.0);
    }
    sources(dice, view);
    let size = [0.0, 0.003, 0.01, 0.02, 0.03, 0.05][dice.below(6)];
    let (given, beyond) = (size * dice.normal(), 0.6 * size * dice.normal());
    if dice.chance(0.9) {
        view.models.iter_mut().filter(|m| m.name == "market_walk").for_each(|m| m.scores = scores(dice, given));
        view.ensemble_scores = scores(dice, given + beyond);
    }
    view.beyond_quote_error = dice.chance(0.6).then(|| 0.004 * dice.uniform());
}

fn sources(dice: &mut Dice, view: &mut ReportView) {
    view.sources.retain(|source| source.series != "usdclp_spot" || !dice.chance(0.3));
    let (last, date) = (synthetic::day("2025-01-06"), synthetic::day("2025-01-10"));
    let gaps = [
        SourceProblem::Dates(ExclusionReason::Ended { last, as_of: date }),
        SourceProblem::Dates(ExclusionReason::TooFew { known: 4, needed: 10 }),
        SourceProblem::Dates(ExclusionReason::Broken { date }),
        SourceProblem::Dates(ExclusionReason::Repeated { date }),
        SourceProblem::Dates(ExclusionReason::StandsIn { date }),
        SourceProblem::Unavailable { fault: SourceFault::NeverFetched, message: "no such series.".to_owned() },
    ];
    let gap = gaps[dice.below(gaps.len())].clone();
    let is_missing = view.quote.is_none() && !dice.chance(0.2);
    for source in view.sources.iter_mut().filter(|source| source.series == "usdclp_spot") {
        source.left_out = is_missing.then(|| gap.clone());
    }
}

fn scores(dice: &mut Dice, skill: f64) -> Option<ScoreView> {
    let sound = synthetic::scores(9.0, 0.0042, 0.8, skill);
    let end = |dice: &mut Dice, times: f64| {
        let value = times * skill * (0.5 * dice.normal()).exp() + 0.002 * dice.normal();
        let error = dice.chance(0.9).then(|| 0.02 * dice.uniform());
        dice.chance(0.9).then_some(SkillView { value: if dice.chance(0.02) { f64::NAN } else { value }, error })
    };
    let (first, last) = (end(dice, 3.0), end(dice, 0.5));
    let skill_error = (skill != 0.0 && dice.chance(0.9)).then(|| 0.008 * dice.uniform());
    let n = if dice.chance(0.05) { 12 } else { 60 };
    let skill = if dice.chance(0.03) { f64::NAN } else { skill };
    let scored = ScoreView { skill, skill_error, first, last, scores: Scores { n, ..sound.scores } };
    (!dice.chance(0.05)).then_some(scored)
}
