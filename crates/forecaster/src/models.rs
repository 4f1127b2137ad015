//! From the names in the configuration to the models.

use crate::config::HorizonSettings;
use forecaster_domain::{Horizon, Model};
use forecaster_models::{
    ArimaGarch, ArimaGarchSettings, RandomForest, RandomForestSettings, RandomWalk, Var, VarSettings,
};

/// The models of a horizon. The random walk always takes part in the validation and stands first; it is a member of
/// the pool only when it is listed.
pub(crate) struct Lineup {
    models: Vec<Box<dyn Model>>,
    /// Positions of the pool's members.
    pub members: Vec<usize>,
}

/// Position of the random walk, the benchmark.
pub(crate) const BENCHMARK: usize = 0;

impl Lineup {
    /// The models listed for `horizon`; names were checked with the configuration.
    pub(crate) fn new(horizon: Horizon, settings: &HorizonSettings) -> Self {
        let mut models: Vec<Box<dyn Model>> = vec![Box::new(RandomWalk::new())];
        let mut members = Vec::new();
        for name in &settings.models {
            let model: Box<dyn Model> = match name.as_str() {
                "arima_garch" => Box::new(ArimaGarch::new(ArimaGarchSettings::for_horizon(horizon))),
                "var" => Box::new(Var::new(VarSettings::default())),
                "random_forest" => Box::new(RandomForest::new(RandomForestSettings::default())),
                _ => {
                    members.push(BENCHMARK);
                    continue;
                }
            };
            members.push(models.len());
            models.push(model);
        }
        Self { models, members }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_random_walk_is_judged_even_when_it_is_not_in_the_pool() {
        let mut settings = Config::default().horizons.d7;
        settings.models = vec!["var".into(), "arima_garch".into()];
        let lineup = Lineup::new(Horizon::D7, &settings);
        assert_eq!(lineup.names(), ["random_walk", "var", "arima_garch"]);
        assert_eq!(lineup.members, [1, 2]);
        settings.models = vec!["var".into(), "random_walk".into()];
        let lineup = Lineup::new(Horizon::D7, &settings);
        assert_eq!((lineup.names(), lineup.members), (vec!["random_walk".into(), "var".into()], vec![1, 0]));
    }
}
