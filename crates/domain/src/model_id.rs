//! Names of the models. Code that treats each model separately matches on [`ModelId`] without a wildcard, so that the
//! compiler reports every place that a new model needs.

use crate::error::DomainError;
use std::{fmt, str::FromStr};

macro_rules! model_ids {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)+) => {
        /// A forecasting model.
        ///
        /// ```
        /// use forecaster_domain::ModelId;
        /// assert_eq!("var".parse(), Ok(ModelId::Var));
        /// assert_eq!(ModelId::ArimaGarch.as_str(), "arima_garch");
        /// assert!("vra".parse::<ModelId>().is_err());
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ModelId {
            $($(#[$doc])* $variant,)+
        }

        impl ModelId {
            /// Every model.
            pub const ALL: &'static [ModelId] = &[$(ModelId::$variant,)+];

            /// Name in configuration, JSON, log lines and the ledger.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(ModelId::$variant => $name,)+
                }
            }
        }
    };
}

model_ids! {
    /// The random walk from the last value: the benchmark of every skill.
    RandomWalk = "random_walk",
    /// The random walk from the market's quote.
    MarketWalk = "market_walk",
    /// The walk whose spread follows the latest returns.
    EwmaWalk = "ewma_walk",
    /// ARMA for the mean, GARCH for the variance.
    ArimaGarch = "arima_garch",
    /// Vector autoregression of the pair and its regressors.
    Var = "var",
    /// Quantile regression forest.
    RandomForest = "random_forest",
    /// The transformer Chronos-Bolt, which has its own switch in each horizon.
    Chronos = "chronos",
}

impl ModelId {
    /// Models that `horizons.X.models` can list: all but Chronos.
    pub fn listed() -> impl Iterator<Item = ModelId> {
        Self::ALL.iter().copied().filter(|id| *id != ModelId::Chronos)
    }
}

/// Name of the pool of all members, wherever models are identified by name.
pub const ENSEMBLE: &str = "ensemble";
/// Name of the pool without Chronos.
pub const ENSEMBLE_WITHOUT_CHRONOS: &str = "ensemble_without_chronos";

impl FromStr for ModelId {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().copied().find(|id| id.as_str() == text);
        known.ok_or_else(|| DomainError::BadModel(text.to_owned()))
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_is_found_by_its_own_name_and_by_no_other() {
        for id in ModelId::ALL {
            assert_eq!(id.as_str().parse(), Ok(*id));
            assert_eq!(format!("{id:>14}").trim(), id.as_str());
        }
        for text in ["", "Var", "var ", "ensemble", "random-walk"] {
            assert_eq!(text.parse::<ModelId>(), Err(DomainError::BadModel(text.to_owned())));
        }
        assert!(
            ModelId::listed().count() + 1 == ModelId::ALL.len() && ModelId::listed().all(|id| id != ModelId::Chronos)
        );
    }
}
