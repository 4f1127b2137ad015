//! Recent movement of the pair, reported by each run: in the log, and by `publish` as JSON and in the report.
//!
//! In: the market. Out: a [`Drift`]. It changes no forecast: the pool's calibration depends on outcomes alone.

use crate::host::logging::rounded;
use crate::market::Market;
use forecaster_ensemble::{DriftTests, MissingDrift, VolatilityRegime, drift_tests, volatility_regime};

/// Drift tests and volatility regime as of the market's last observation, or the reasons they are missing.
#[derive(Debug, Clone)]
pub(crate) struct Drift {
    /// The tests.
    pub(crate) tests: Result<DriftTests, MissingDrift>,
    /// The volatility regime.
    pub(crate) regime: Result<VolatilityRegime, MissingDrift>,
}

impl Drift {
    /// Tests the pair as of its last observation.
    pub(crate) fn of(market: &Market) -> Self {
        let history = market.history.modelled(market.history.pair().len());
        let pair = history.pair();
        Self { tests: drift_tests(pair), regime: volatility_regime(pair) }
    }

    /// Logs one line when drift is found.
    pub(crate) fn log(&self) {
        let Some(tests) = self.tests.ok().filter(DriftTests::any_significant) else { return };
        let named = [
            ("distribution", tests.distribution),
            ("spread", tests.spread),
            ("autocorrelation", tests.autocorrelation),
        ];
        let found: Vec<&str> =
            named.into_iter().filter(|(_, test)| test.is_significant()).map(|(word, _)| word).collect();
        tracing::info!(
            adjusted_distribution = rounded(tests.distribution.adjusted),
            adjusted_spread = rounded(tests.spread.adjusted),
            adjusted_autocorrelation = rounded(tests.autocorrelation.adjusted),
            regime = self.regime.ok().map(|regime| regime.kind.as_str()),
            "Drift found: the last 30 daily returns differ from the 90 before in {}",
            found.join(" and ")
        );
    }
}
