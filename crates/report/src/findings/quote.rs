//! Findings on the market quote and its share of the skill, decided by rule.
//!
//! In: the quote, the scores of the ensemble and of the market walk, which is the random walk started from the quote.
//! Out: figures in tenths of a point, as printed, whose parts add up, each marked when it may be chance.

use super::{Direction, ON_PAR_SKILL, UNCHANGED_PERCENT, direction, is_chance};
use crate::{
    page::Page,
    view::{Caution, ModelView, QuoteView, ReportView, ScoreView, SkillView, SourceProblem},
};
use forecaster_domain::ModelId;

/// Random walk started from the quote: its skill is the quote's contribution.
const MARKET_WALK: &str = ModelId::MarketWalk.as_str();
/// The only model that does not use the quote.
const RANDOM_WALK: &str = ModelId::RandomWalk.as_str();
/// Horizon from which on a quote hardly matters, calendar days.
const LONG: u64 = 90;

/// State of the market quote in a report.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum QuoteStatus<'a> {
    /// A quote that some model with a weight uses.
    Used(&'a QuoteView, Option<QuoteGap>),
    /// A quote that no model with a weight uses.
    Unused(&'a QuoteView, Option<QuoteGap>),
    /// No quote: the series of quotes and the reason why it could not be used, if known.
    Missing(Option<(&'a str, &'a SourceProblem)>),
}

/// Difference between a quote and the pair's last value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct QuoteGap {
    pub(crate) direction: Direction,
    /// Percent, signed.
    pub(crate) percent: f64,
    /// True when the last value is the official rate and not a stand-in.
    pub(crate) official: bool,
}

/// Returns the state of the quote; `None` when there is no quote, no series of quotes and no market walk.
pub(crate) fn quote_status<'a>(page: &Page<'a>) -> Option<QuoteStatus<'a>> {
    let view = page.view;
    if let Some(quote) = &view.quote {
        let gap = gap(page, quote);
        let used = view.models.iter().any(|model| model.name != RANDOM_WALK && model.weight > 0.0);
        return Some(if used { QuoteStatus::Used(quote, gap) } else { QuoteStatus::Unused(quote, gap) });
    }
    let series = format!("{}_spot", view.pair.series_name());
    let source = view.sources.iter().find(|source| source.series == series);
    let reason = source.and_then(|source| Some((source.series.as_str(), source.left_out.as_ref()?)));
    (source.is_some() || market_walk(view).is_some()).then_some(QuoteStatus::Missing(reason))
}

fn gap(page: &Page<'_>, quote: &QuoteView) -> Option<QuoteGap> {
    let percent = page.change(quote.value);
    let official = !page.view.cautions.iter().any(|caution| matches!(caution, Caution::StandIn { .. }));
    direction(percent).map(|direction| QuoteGap { direction, percent, official })
}

/// True when the quote has moved the forecast: a model uses it, and the market walk's median on the first target date
/// differs from the last value by 0.05 % or more.
pub(crate) fn quote_moved_forecast(page: &Page<'_>) -> bool {
    let first = market_walk(page.view).map(|walk| page.change(walk.forecast.median(0)));
    matches!(quote_status(page), Some(QuoteStatus::Used(..)))
        && first.is_some_and(|change| change.abs() >= UNCHANGED_PERCENT)
}

fn market_walk(view: &ReportView) -> Option<&ModelView> {
    view.models.iter().find(|model| model.name == MARKET_WALK)
}

/// A skill as printed, in tenths of a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SkillPoints {
    pub(crate) tenths: i64,
    /// True when the skill may be chance; false when its error is not known.
    pub(crate) chance: bool,
    /// Standard error, points.
    pub(crate) error: Option<f64>,
}

impl SkillPoints {
    fn new(skill: f64, error: Option<f64>) -> Option<Self> {
        let error = error.filter(|error| error.is_finite());
        let points = SkillPoints {
            tenths: tenths(skill),
            chance: is_chance(skill, error),
            error: error.map(|error| 100.0 * error),
        };
        skill.is_finite().then_some(points)
    }

    fn of(skill: Option<SkillView>) -> Option<Self> {
        skill.and_then(|skill| Self::new(skill.value, skill.error))
    }

    pub(crate) fn value(self) -> f64 {
        self.tenths as f64 / 10.0
    }

    /// True when the skill is positive and more than chance explains.
    fn is_gain(self) -> bool {
        self.tenths > 0 && !self.chance
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a skill is at most 1; what is beyond any integer saturates")]
fn tenths(skill: f64) -> i64 {
    (1000.0 * skill).round() as i64
}

/// Contribution of the quote according to the validation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum QuoteContribution {
    /// No quote at any validation origin: the market walk was the random walk.
    NoQuotes,
    /// Skill of the ensemble, and its parts, which add up to it as printed.
    Parts(SkillSplit),
}

/// A skill split by its sources.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SkillSplit {
    pub(crate) total: SkillPoints,
    pub(crate) quote: SkillPoints,
    /// Contribution of the models beyond the quote.
    pub(crate) models: SkillPoints,
    /// True when the error of the models' part is only an upper bound: the sum of the other two.
    pub(crate) bounded: bool,
}

/// Returns the quote's contribution; `None` without scores of ensemble and market walk over the same origins.
pub(crate) fn quote_contribution(view: &ReportView) -> Option<QuoteContribution> {
    let (ensemble, walk) = (view.ensemble_scores?, market_walk(view)?.scores?);
    if ensemble.scores.n != walk.scores.n || ensemble.scores.n == 0 {
        return None;
    }
    if walk.skill == 0.0 && walk.skill_error.is_none() {
        return Some(QuoteContribution::NoQuotes);
    }
    let total = SkillPoints::new(ensemble.skill, ensemble.skill_error)?;
    let quote = SkillPoints::new(walk.skill, walk.skill_error)?;
    let (error, bounded) = beyond_error(view, &ensemble, &walk);
    let models =
        SkillPoints { tenths: total.tenths - quote.tenths, ..SkillPoints::new(ensemble.skill - walk.skill, error)? };
    Some(QuoteContribution::Parts(SkillSplit { total, quote, models, bounded }))
}

/// Returns the standard error of the difference of the two skills, and true when it is only an upper bound: the
/// standard deviation of a difference never exceeds the sum of the two standard deviations.
fn beyond_error(view: &ReportView, ensemble: &ScoreView, walk: &ScoreView) -> (Option<f64>, bool) {
    match view.beyond_quote_error {
        Some(error) => (Some(error), false),
        None => (ensemble.skill_error.zip(walk.skill_error).map(|(a, b)| a + b), true),
    }
}

/// Change of the ensemble's skill from the first target date to the last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum SkillTrajectory {
    /// A gain on the first date; on the last, no more than chance explains.
    Gone,
    /// A gain on both dates, the last at most half of the first.
    Falls,
    /// Anything else.
    Other,
}

/// Returns the ensemble's skill on the first and the last target date; `None` when there is only one date, or when
/// either score is missing.
pub(crate) fn skill_trajectory(view: &ReportView) -> Option<(SkillTrajectory, SkillPoints, SkillPoints)> {
    let scores = view.ensemble_scores.filter(|_| view.ensemble.steps() > 1)?;
    let (first, last) = (SkillPoints::of(scores.first)?, SkillPoints::of(scores.last)?);
    let course = match (first.is_gain(), last.is_gain()) {
        (true, false) if last.chance => SkillTrajectory::Gone,
        (true, true) if 2 * last.tenths <= first.tenths => SkillTrajectory::Falls,
        _ => SkillTrajectory::Other,
    };
    Some((course, first, last))
}

/// Horizon over which the quote helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QuoteReach {
    /// Helps in the first days.
    Short,
    /// Hardly helps at this horizon: its part is below 0.5 points or may be chance.
    Hardly,
}

/// Returns the reach of the quote at the view's horizon; `None` for a long horizon when the validation shows a larger
/// part or has no result.
pub(crate) fn quote_reach(view: &ReportView) -> Option<QuoteReach> {
    if view.horizon.days() < LONG {
        return Some(QuoteReach::Short);
    }
    let Some(QuoteContribution::Parts(parts)) = quote_contribution(view) else { return None };
    let small = parts.quote.chance || parts.quote.value().abs() < 100.0 * ON_PAR_SKILL;
    small.then_some(QuoteReach::Hardly)
}
