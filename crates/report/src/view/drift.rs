//! How the pair has moved of late, as plain values.

/// The last 30 daily returns against the 90 before, and the regime of volatility.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DriftView {
    /// One entry a test; empty when history is too short, has a hole or does not vary.
    pub tests: Vec<DriftTestView>,
    /// `None` for the same reasons, or with less than about a year of history.
    pub regime: Option<RegimeView>,
}

/// One test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DriftTestView {
    /// What it looks at.
    pub kind: DriftTestKind,
    /// Its statistic, on the test's own scale.
    pub statistic: f64,
    /// Its p-value, 0-1.
    pub p: f64,
    /// The p-value adjusted for the number of tests, 0-1.
    pub adjusted: f64,
    /// Whether it finds a difference: the adjusted p-value is below 0.05.
    pub found: bool,
}

/// What a test looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftTestKind {
    /// The distribution of the returns: Kolmogorov-Smirnov.
    Distribution,
    /// Their spread: Levene about the medians.
    Spread,
    /// Whether the last ones hang together: Ljung-Box.
    Autocorrelation,
}

/// Volatility of the last 30 returns among that of the last five years.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegimeView {
    /// A share a year: 0.1 is 10 %.
    pub volatility: f64,
    /// Its percentile, 0-1.
    pub percentile: f64,
    /// Windows of 30 returns that it is ranked among.
    pub windows: usize,
    /// What that makes it.
    pub regime: Regime,
}

/// A regime of volatility.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Regime {
    /// Below the 20th percentile.
    Calm,
    /// Between.
    Usual,
    /// From the 80th percentile on.
    Elevated,
    /// From the 95th percentile on.
    Extreme,
}
