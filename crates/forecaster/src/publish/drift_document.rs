//! Drift as JSON (document, metrics, ledger) and as a view for the report.

use crate::forecast::drift::Drift;
use forecaster_ensemble::{DriftTest, MissingDrift, RegimeKind};
use forecaster_report::{DriftTestKind, DriftTestView, DriftView, Regime, RegimeView};
use serde::Serialize;

/// Drift as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct DriftDocument {
    /// Null when nothing could be tested.
    drifted: Option<bool>,
    tests: Option<TestsDocument>,
    /// Reason there are no tests.
    tests_missing: Option<String>,
    regime: Option<RegimeDocument>,
    /// Reason there is no regime.
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

impl From<&Drift> for DriftDocument {
    fn from(drift: &Drift) -> Self {
        let missing = |why: MissingDrift| why.to_string();
        Self {
            drifted: drift.tests.ok().map(|tests| tests.any_significant()),
            tests: drift.tests.ok().map(|tests| TestsDocument {
                distribution: tests.distribution.into(),
                spread: tests.spread.into(),
                autocorrelation: tests.autocorrelation.into(),
            }),
            tests_missing: drift.tests.err().map(missing),
            regime: drift.regime.ok().map(|regime| RegimeDocument {
                kind: regime.kind.as_str(),
                volatility: regime.volatility,
                percentile: regime.percentile,
                windows: regime.windows,
            }),
            regime_missing: drift.regime.err().map(missing),
        }
    }
}

/// Builds the report's view of drift.
pub(crate) fn view(drift: &Drift) -> DriftView {
    let tests = drift.tests.ok().map(|tests| {
        vec![
            test_view(DriftTestKind::Distribution, tests.distribution),
            test_view(DriftTestKind::Spread, tests.spread),
            test_view(DriftTestKind::Autocorrelation, tests.autocorrelation),
        ]
    });
    let regime = drift.regime.ok().map(|regime| RegimeView {
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

fn test_view(kind: DriftTestKind, test: DriftTest) -> DriftTestView {
    DriftTestView {
        kind,
        statistic: test.statistic,
        p: test.p,
        adjusted: test.adjusted,
        found: test.is_significant(),
    }
}
