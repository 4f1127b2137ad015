//! How the pair has moved of late, as each run tells it: in the log, as JSON (document, metrics, ledger) and in the report.
//!
//! In: the market. Out: a [`Drift`]. It changes no forecast: the pool's calibration answers to outcomes alone.

use crate::market::Market;
use crate::metrics::rounded;
use forecaster_ensemble::{
    DriftTest, DriftTests, NotEnough, RegimeKind, VolatilityRegime, drift_tests, volatility_regime,
};
use forecaster_report::{DriftTestKind, DriftTestView, DriftView, Regime, RegimeView};
use serde::Serialize;

/// The tests and the regime as of the market's last observation, or why there are none.
#[derive(Debug, Clone)]
pub(crate) struct Drift {
    tests: Result<DriftTests, NotEnough>,
    regime: Result<VolatilityRegime, NotEnough>,
}

/// As JSON.
#[derive(Debug, Serialize)]
pub(crate) struct DriftDocument {
    /// Null when nothing could be tested.
    drifted: Option<bool>,
    tests: Option<TestsDocument>,
    /// Why there are no tests.
    tests_missing: Option<String>,
    regime: Option<RegimeDocument>,
    /// Why there is no regime.
    regime_missing: Option<String>,
}

#[derive(Debug, Serialize)]
struct TestsDocument {
    distribution: TestDocument,
    spread: TestDocument,
    autocorrelation: TestDocument,
}

#[derive(Debug, Serialize)]
struct TestDocument {
    statistic: f64,
    p: f64,
    adjusted: f64,
}

impl From<DriftTest> for TestDocument {
    fn from(test: DriftTest) -> Self {
        Self { statistic: test.statistic, p: test.p, adjusted: test.adjusted }
    }
}

#[derive(Debug, Serialize)]
struct RegimeDocument {
    kind: &'static str,
    volatility: f64,
    percentile: f64,
    windows: usize,
}

impl Drift {
    /// Tests the pair as of its last observation.
    pub(crate) fn of(market: &Market) -> Self {
        let pair = market.history.pair();
        Self { tests: drift_tests(pair), regime: volatility_regime(pair) }
    }

    /// As JSON has it.
    pub(crate) fn document(&self) -> DriftDocument {
        let missing = |why: NotEnough| why.to_string();
        DriftDocument {
            drifted: self.tests.ok().map(|tests| tests.drifted()),
            tests: self.tests.ok().map(|tests| TestsDocument {
                distribution: tests.distribution.into(),
                spread: tests.spread.into(),
                autocorrelation: tests.autocorrelation.into(),
            }),
            tests_missing: self.tests.err().map(missing),
            regime: self.regime.ok().map(|regime| RegimeDocument {
                kind: regime.kind.as_str(),
                volatility: regime.volatility,
                percentile: regime.percentile,
                windows: regime.windows,
            }),
            regime_missing: self.regime.err().map(missing),
        }
    }

    /// As the report has it.
    pub(crate) fn view(&self) -> DriftView {
        let tests = self.tests.ok().map(|tests| named(&tests).map(|(kind, test)| test_view(kind, test)).to_vec());
        let regime = self.regime.ok().map(|regime| RegimeView {
            volatility: regime.volatility,
            percentile: regime.percentile,
            windows: regime.windows,
            regime: match regime.kind {
                RegimeKind::Calm => Regime::Calm,
                RegimeKind::Usual => Regime::Usual,
                RegimeKind::Elevated => Regime::Elevated,
                RegimeKind::Extreme => Regime::Extreme,
            },
        });
        DriftView { tests: tests.unwrap_or_default(), regime }
    }

    /// One line when drift is found.
    pub(crate) fn log(&self) {
        let Some(tests) = self.tests.ok().filter(DriftTests::drifted) else { return };
        let found = named(&tests).into_iter().filter(|(_, test)| test.finds());
        let found: Vec<&str> = found.map(|(kind, _)| word(kind)).collect();
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

fn named(tests: &DriftTests) -> [(DriftTestKind, DriftTest); 3] {
    [
        (DriftTestKind::Distribution, tests.distribution),
        (DriftTestKind::Spread, tests.spread),
        (DriftTestKind::Autocorrelation, tests.autocorrelation),
    ]
}

fn test_view(kind: DriftTestKind, test: DriftTest) -> DriftTestView {
    DriftTestView { kind, statistic: test.statistic, p: test.p, adjusted: test.adjusted, found: test.finds() }
}

fn word(kind: DriftTestKind) -> &'static str {
    match kind {
        DriftTestKind::Distribution => "distribution",
        DriftTestKind::Spread => "spread",
        DriftTestKind::Autocorrelation => "autocorrelation",
    }
}
