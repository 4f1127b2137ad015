//! Recent movement of the pair, as plain values.

/// Comparison of the last 30 daily returns with the 90 before them, and the volatility regime.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DriftView {
    /// One entry per test; empty when the history is too short, has a gap or does not vary.
    pub tests: Vec<DriftTestView>,
    /// Volatility regime; `None` for the same reasons, or with less than about a year of history.
    pub regime: Option<RegimeView>,
}

/// Result of one test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DriftTestView {
    /// Subject of the test.
    pub kind: DriftTestKind,
    /// Test statistic, on the test's own scale.
    pub statistic: f64,
    /// P-value, 0-1.
    pub p: f64,
    /// P-value adjusted for the number of tests, 0-1.
    pub adjusted: f64,
    /// True when the test finds a difference: the adjusted p-value is below 0.05.
    pub found: bool,
}

/// Subject of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftTestKind {
    /// Distribution of the returns: Kolmogorov-Smirnov.
    Distribution,
    /// Spread of the returns: Levene's test about the medians.
    Spread,
    /// Dependence of the last returns on one another: Ljung-Box.
    Autocorrelation,
}

/// Volatility of the last 30 returns, ranked among the volatilities of the last five years.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegimeView {
    /// Volatility as a fraction per year: 0.1 is 10 %.
    pub volatility: f64,
    /// Percentile of that volatility, 0-1.
    pub percentile: f64,
    /// Number of 30-return windows in the ranking.
    pub windows: usize,
    /// Regime given by the percentile.
    pub regime: Regime,
}

/// A volatility regime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Regime {
    /// Below the 20th percentile.
    Calm,
    /// From the 20th to below the 80th percentile.
    Usual,
    /// From the 80th to below the 95th percentile.
    Elevated,
    /// From the 95th percentile on.
    Extreme,
}
