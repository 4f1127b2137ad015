//! Conditions of the series behind a forecast: which of them concern it, which values of a regressor no model may use,
//! and their form in JSON.

use crate::config::settings::Config;
use chrono::{Days, NaiveDate};
use forecaster_domain::{Horizon, Series, SeriesCondition, SeriesFact};
use forecaster_rates::{CheckedSeries, Doubt};
use serde::Serialize;

/// Conditions of the series behind a forecast.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Conditions {
    /// Those of the pair's series, and of the series that it is computed from.
    pub of_pair: Vec<SeriesCondition>,
    /// Those of the regressors.
    pub of_regressors: Vec<SeriesCondition>,
}

impl Conditions {
    /// Returns all conditions, those of the pair first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &SeriesCondition> {
        self.of_pair.iter().chain(&self.of_regressors)
    }

    /// True when a forecast must be marked degraded.
    pub(crate) fn is_degraded(&self) -> bool {
        self.iter().any(SeriesCondition::is_degrading)
    }

    /// True when the pair's last value may be wrong, or is not news: the report is held back. A regressor's is not
    /// used, which leaves the forecast right.
    pub(crate) fn holds_back(&self) -> bool {
        self.of_pair.iter().any(|condition| condition.fact.holds_back())
    }

    /// True when the pair does not vary.
    pub(crate) fn is_constant(&self) -> bool {
        self.of_pair.iter().any(|condition| matches!(condition.fact, SeriesFact::Constant { .. }))
    }

    /// Adds the conditions of a regressor; a series that the pair is computed from has said them already.
    pub(crate) fn add_regressor(&mut self, conditions: Vec<SeriesCondition>) {
        let new: Vec<_> = conditions.into_iter().filter(|one| !self.of_pair.contains(one)).collect();
        self.of_regressors.extend(new);
    }

    /// Removes the conditions that concern nothing from `first` on.
    pub(crate) fn since(mut self, first: NaiveDate) -> Self {
        self.of_pair.retain(|condition| condition.fact.last_date() >= first);
        self.of_regressors.retain(|condition| condition.fact.last_date() >= first);
        self
    }

    /// Removes the pair's unconfirmed jump when `doubt` is about the same series: it is told once.
    pub(crate) fn without_doubted(mut self, doubt: &Doubt) -> Self {
        let is_told = |one: &SeriesCondition| {
            one.series == doubt.series && matches!(one.fact, SeriesFact::UnconfirmedJump { .. })
        };
        self.of_pair.retain(|one| !is_told(one));
        self
    }

    /// Logs each condition: a warning when it degrades the forecast.
    pub(crate) fn log(&self) {
        for condition in self.iter() {
            if condition.is_degrading() {
                tracing::warn!("{condition}");
            } else {
                tracing::info!("{condition}");
            }
        }
    }

    /// Returns the conditions as JSON documents.
    pub(crate) fn documents(&self) -> Vec<ConditionDocument> {
        self.iter().map(Into::into).collect()
    }
}

/// A condition in JSON.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ConditionDocument {
    series: String,
    kind: &'static str,
    sentence: String,
    degrades: bool,
}

impl std::fmt::Display for ConditionDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl From<&SeriesCondition> for ConditionDocument {
    fn from(condition: &SeriesCondition) -> Self {
        Self {
            series: condition.series.clone(),
            kind: condition.fact.kind(),
            sentence: condition.to_string(),
            degrades: condition.is_degrading(),
        }
    }
}

/// Returns the first date of the pair that a run of `horizon` looks at: the window before the oldest validation origin.
pub(crate) fn first_used(config: &Config, horizon: Horizon, pair: &Series) -> NaiveDate {
    let used = config.horizons.get(horizon).lookback + config.ensemble.origins * config.ensemble.stride;
    pair.last(used).first_date()
}

/// Returns the part of a regressor that models may use at `as_of`, and its conditions. A value that jumps and that
/// nothing confirms, and values of a feed that stands still, are left out; so is one that a sync doubts. Values that
/// become known after `as_of` do not matter.
pub(crate) fn usable_regressor(
    checked: CheckedSeries,
    doubts: &[Doubt],
    lag_days: u16,
    as_of: NaiveDate,
) -> (Series, Vec<SeriesCondition>) {
    let CheckedSeries { mut series, mut conditions, .. } = checked;
    let doubted = doubts.iter().find(|doubt| {
        doubt.series == series.name() && doubt.is_jump() && series.value_on(doubt.date) == Some(doubt.value)
    });
    let newest = |doubt: &&Doubt| series.last_date() == doubt.date;
    conditions.extend(doubted.filter(newest).map(|doubt| SeriesCondition {
        series: doubt.series.clone(),
        fact: SeriesFact::UnconfirmedJump {
            date: doubt.date,
            before: doubt.before,
            value: doubt.value,
            is_used: true,
        },
    }));
    let known = as_of - Days::new(u64::from(lag_days));
    conditions.retain(|one| !matches!(one.fact, SeriesFact::UnconfirmedJump { date, .. } if date > known));
    for condition in &mut conditions {
        let from = match &mut condition.fact {
            SeriesFact::UnconfirmedJump { date, is_used, .. } => {
                *is_used = false;
                date.pred_opt()
            }
            SeriesFact::StandsStill { since, .. } => Some(*since),
            _ => None,
        };
        if let Some(cut) = from.and_then(|last| series.until_known(last, NaiveDate::MAX)) {
            series = cut;
        }
    }
    (series, conditions)
}

#[cfg(test)]
mod tests;
