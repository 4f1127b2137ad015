//! From the names in the configuration to the models.

use forecaster_chronos::Chronos;
use forecaster_domain::{History, Horizon, Model, ModelError, ModelForecast, Target};
use forecaster_models::{
    ArimaGarch, ArimaGarchSettings, RandomForest, RandomForestSettings, RandomWalk, SpotAhead, Var, VarSettings,
};
use tracing::Span;

/// The models of a horizon. The random walk always takes part in the validation and stands first; it is a member of
/// the pool only when it is listed. Chronos, when it takes part, stands last.
pub(crate) struct Lineup {
    models: Vec<Box<dyn Model>>,
    /// Positions of the pool's members.
    pub members: Vec<usize>,
    /// Position of Chronos, when it takes part.
    pub chronos: Option<usize>,
}

/// Position of the random walk, the benchmark.
pub(crate) const BENCHMARK: usize = 0;

impl Lineup {
    /// The models called `names`, which were checked with the configuration, and `chronos`.
    pub(crate) fn new(horizon: Horizon, names: &[String], chronos: Option<Chronos>) -> Self {
        let mut models: Vec<Box<dyn Model>> = vec![InSpan::boxed(RandomWalk::new())];
        let mut members = Vec::new();
        for name in names {
            let model: Box<dyn Model> = match name.as_str() {
                "arima_garch" => informed(ArimaGarch::new(ArimaGarchSettings::for_horizon(horizon))),
                "var" => informed(Var::new(VarSettings::default())),
                "random_forest" => informed(RandomForest::new(RandomForestSettings::default())),
                _ => {
                    members.push(BENCHMARK);
                    continue;
                }
            };
            members.push(models.len());
            models.push(model);
        }
        let position = models.len();
        let chronos = chronos.map(|chronos| {
            members.push(position);
            models.push(informed(chronos));
            position
        });
        Self { models, members, chronos }
    }

    /// `members` without Chronos; `None` when it is not among them or nothing else is.
    pub(crate) fn without_chronos(&self, members: &[usize]) -> Option<Vec<usize>> {
        let chronos = self.chronos.filter(|position| members.contains(position))?;
        let others: Vec<usize> = members.iter().copied().filter(|member| *member != chronos).collect();
        (!others.is_empty()).then_some(others)
    }

    /// The models, the random walk first.
    pub(crate) fn models(&self) -> Vec<&dyn Model> {
        self.models.iter().map(Box::as_ref).collect()
    }

    /// Their names.
    pub(crate) fn names(&self) -> Vec<String> {
        self.models.iter().map(|m| m.name().to_owned()).collect()
    }
}

/// A model that knows the market's quotes too. The random walk does not: it is the benchmark.
fn informed(model: impl Model + 'static) -> Box<dyn Model> {
    InSpan::boxed(SpotAhead::new(model))
}

/// A model whose log lines carry its name and the run's span, on whatever thread it is asked.
struct InSpan<M> {
    model: M,
    span: Span,
}

impl<M: Model + 'static> InSpan<M> {
    fn boxed(model: M) -> Box<dyn Model> {
        let span = tracing::info_span!("model", model = model.name());
        Box::new(Self { model, span })
    }
}

impl<M: Model> Model for InSpan<M> {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn fingerprint(&self) -> String {
        self.model.fingerprint()
    }

    fn forecast(&self, history: &History, target: &Target) -> Result<ModelForecast, ModelError> {
        self.span.in_scope(|| self.model.forecast(history, target))
    }

    fn prefers_batches(&self) -> bool {
        self.model.prefers_batches()
    }

    fn forecast_batch(&self, requests: &[(&History, &Target)]) -> Vec<Result<ModelForecast, ModelError>> {
        self.span.in_scope(|| self.model.forecast_batch(requests))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forecaster_chronos::ChronosSettings;
    use forecaster_domain::BusinessCalendar;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_random_walk_is_judged_even_when_it_is_not_in_the_pool() {
        let lineup = Lineup::new(Horizon::D7, &names(&["var", "arima_garch"]), None);
        assert_eq!(lineup.names(), ["random_walk", "var", "arima_garch"]);
        assert_eq!(lineup.members, [1, 2]);
        let lineup = Lineup::new(Horizon::D7, &names(&["var", "random_walk"]), None);
        assert_eq!((lineup.names(), lineup.members), (names(&["random_walk", "var"]), vec![1, 0]));
    }

    #[test]
    fn chronos_comes_last_and_the_pool_can_do_without_it() {
        let chronos = || {
            let settings = ChronosSettings { context_length: 180, temperature: 1.0 };
            Some(Chronos::unavailable("none".into(), settings, BusinessCalendar::chile()))
        };
        let lineup = Lineup::new(Horizon::D7, &names(&["var", "random_walk"]), chronos());
        assert_eq!(lineup.names(), ["random_walk", "var", "chronos"]);
        assert_eq!((lineup.members.as_slice(), lineup.chronos), ([1, 0, 2].as_slice(), Some(2)));
        assert_eq!(lineup.without_chronos(&lineup.members), Some(vec![1, 0]));
        assert_eq!(lineup.without_chronos(&[1, 0]), None, "Chronos was left out: there is nothing to compare");
        let alone = Lineup::new(Horizon::D7, &[], chronos());
        assert_eq!(alone.without_chronos(&alone.members), None);
    }
}
