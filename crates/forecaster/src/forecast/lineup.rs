//! Construction of the models that the configuration lists.

use forecaster_chronos::Chronos;
use forecaster_domain::{History, Horizon, Model, ModelError, ModelForecast, ModelId, Target};
use forecaster_ensemble::Roles;
use forecaster_models::{
    ArimaGarch, ArimaGarchSettings, EwmaWalk, MarketWalk, RandomForest, RandomForestSettings, RandomWalk, Robust,
    SpotAhead, Var, VarSettings,
};
use tracing::Span;

/// The models of a horizon. The random walk and the market walk always take part in the validation and come first;
/// they are members of the pool only when they are listed. Chronos, when it takes part, comes last.
pub(crate) struct Lineup {
    models: Vec<(ModelId, Box<dyn Model>)>,
    /// Members of the pool, and the simple ones among them.
    pub roles: Roles,
    /// Position of Chronos, when it takes part.
    pub chronos: Option<usize>,
}

/// Position of the random walk, the benchmark.
pub(crate) const BENCHMARK: usize = 0;
/// Position of the market walk: the random walk from the market's quote.
pub(crate) const MARKET_WALK: usize = 1;
impl Lineup {
    /// Builds the models `listed` for the pool, and `chronos`. `has_quotes` is true when there are market quotes of
    /// the pair.
    pub(crate) fn new(horizon: Horizon, listed: &[ModelId], chronos: Option<Chronos>, has_quotes: bool) -> Self {
        let mut models: Vec<(ModelId, Box<dyn Model>)> = vec![
            (ModelId::RandomWalk, InSpan::boxed(RandomWalk::new())),
            (ModelId::MarketWalk, InSpan::boxed(MarketWalk::new())),
        ];
        let mut members = Vec::new();
        for id in listed {
            let model = match id {
                ModelId::RandomWalk => {
                    members.push(BENCHMARK);
                    continue;
                }
                ModelId::MarketWalk => {
                    members.push(MARKET_WALK);
                    continue;
                }
                // Passed as `chronos`.
                ModelId::Chronos => continue,
                ModelId::EwmaWalk => InSpan::boxed(SpotAhead::walk(Robust::new(EwmaWalk::new()))),
                ModelId::ArimaGarch => informed(ArimaGarch::new(ArimaGarchSettings::for_horizon(horizon))),
                ModelId::Var => informed(Var::new(VarSettings::default())),
                ModelId::RandomForest => informed(RandomForest::new(RandomForestSettings::default())),
            };
            members.push(models.len());
            models.push((*id, model));
        }
        let position = models.len();
        let chronos = chronos.map(|chronos| {
            members.push(position);
            models.push((ModelId::Chronos, informed(chronos)));
            position
        });
        let roles = Roles { simple: simple(&models, &members, has_quotes), members, benchmark: BENCHMARK };
        Self { models, roles, chronos }
    }

    /// Returns `roles` without Chronos; `None` when it is not among the members or is the only one.
    pub(crate) fn without_chronos(&self, roles: &Roles) -> Option<Roles> {
        let chronos = self.chronos.filter(|position| roles.members.contains(position))?;
        Some(roles.retain(|member| member != chronos)).filter(|others| !others.members.is_empty())
    }

    /// The models, the random walk first.
    pub(crate) fn models(&self) -> Vec<&dyn Model> {
        self.models.iter().map(|(_, model)| model.as_ref()).collect()
    }

    /// The models' ids, in the same order.
    pub(crate) fn ids(&self) -> Vec<ModelId> {
        self.models.iter().map(|(id, _)| *id).collect()
    }
}

/// The simple models among `members`: the walks from the market's quote or, when neither is listed and there are no
/// quotes, the random walk. When there are quotes, weights are not shrunk towards a random walk that ignores them.
fn simple(models: &[(ModelId, Box<dyn Model>)], members: &[usize], has_quotes: bool) -> Vec<usize> {
    let of = |ids: &[ModelId]| -> Vec<usize> {
        members.iter().copied().filter(|member| ids.contains(&models[*member].0)).collect()
    };
    let walks = of(&[ModelId::MarketWalk, ModelId::EwmaWalk]);
    if walks.is_empty() && !has_quotes { of(&[ModelId::RandomWalk]) } else { walks }
}

/// Wraps a model so that no single giant return dominates it, and so that it uses the market's quotes too. The random
/// walk does neither: it is the benchmark.
fn informed(model: impl Model + 'static) -> Box<dyn Model> {
    InSpan::boxed(SpotAhead::new(Robust::new(model)))
}

/// A model whose log lines carry its name and the run's span, on whichever thread it runs.
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
    use forecaster_domain::ModelId::{ArimaGarch, Chronos as ChronosId, EwmaWalk, MarketWalk, RandomWalk, Var};

    #[test]
    fn the_random_walk_is_judged_even_when_it_is_not_in_the_pool() {
        let lineup = Lineup::new(Horizon::D7, &[Var, ArimaGarch], None, false);
        assert_eq!(lineup.ids(), [RandomWalk, MarketWalk, Var, ArimaGarch]);
        assert_eq!(lineup.roles, Roles::without_simple(&[2, 3], BENCHMARK));
        let lineup = Lineup::new(Horizon::D7, &[Var, RandomWalk], None, false);
        assert_eq!(lineup.ids(), [RandomWalk, MarketWalk, Var]);
        assert_eq!(lineup.roles, Roles { members: vec![2, 0], simple: vec![0], benchmark: BENCHMARK });
        let lineup = Lineup::new(Horizon::D7, &[Var, RandomWalk], None, true);
        assert_eq!(lineup.roles, Roles::without_simple(&[2, 0], BENCHMARK), "it knows nothing of the quotes");
    }

    #[test]
    fn weights_are_shrunk_towards_the_walks_from_the_quote_where_they_are_listed() {
        let lineup = Lineup::new(Horizon::D7, &[RandomWalk, MarketWalk, Var, EwmaWalk], None, true);
        assert_eq!(lineup.ids(), [RandomWalk, MarketWalk, Var, EwmaWalk]);
        assert_eq!(lineup.roles, Roles { members: vec![0, 1, 2, 3], simple: vec![1, 3], benchmark: BENCHMARK });
    }

    #[test]
    fn chronos_comes_last_and_the_pool_can_do_without_it() {
        let chronos = || {
            let settings = ChronosSettings { context_length: 180, temperature: 1.0 };
            Some(Chronos::unavailable(ModelError::Panicked, settings, BusinessCalendar::chile()))
        };
        let lineup = Lineup::new(Horizon::D7, &[Var, RandomWalk], chronos(), false);
        assert_eq!(lineup.ids(), [RandomWalk, MarketWalk, Var, ChronosId]);
        assert_eq!((lineup.roles.members.as_slice(), lineup.chronos), ([2, 0, 3].as_slice(), Some(3)));
        let without = lineup.without_chronos(&lineup.roles).unwrap();
        assert_eq!((without.members.as_slice(), without.simple.as_slice()), ([2, 0].as_slice(), [0].as_slice()));
        assert_eq!(lineup.without_chronos(&without), None, "Chronos was left out: there is nothing to compare");
        let alone = Lineup::new(Horizon::D7, &[], chronos(), false);
        assert_eq!(alone.without_chronos(&alone.roles), None);
    }
}
