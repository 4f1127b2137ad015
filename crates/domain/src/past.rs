//! Weights and losses of the pool at earlier origins, and probabilities of round prices: figures that the pool
//! produces and a report shows.

use chrono::NaiveDate;

/// Probabilities of one round price level.
#[derive(Debug, Clone, Copy)]
pub struct RoundLevel {
    /// The price.
    pub price: f64,
    /// Probability that the last target date ends above it.
    pub above_at_end: f64,
    /// Probability that some target date up to the last reaches it, starting from the last observation.
    pub touched: f64,
}

/// Weights of the models at one as-of date.
#[derive(Debug, Clone, PartialEq)]
pub struct PastWeights {
    /// As-of date.
    pub as_of: NaiveDate,
    /// True when a run issued them; false when a replay computed what a run would have used.
    pub issued: bool,
    /// Model and weight, 0-1.
    pub weights: Vec<(String, f64)>,
}

/// Losses of one validation origin: the sum of pinball losses over the nine deciles and all its target dates, in
/// price units. The skill over several origins is 1 - sum of ensemble / sum of random walk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OriginLoss {
    /// As-of date.
    pub origin: NaiveDate,
    /// Last target date.
    pub matured: NaiveDate,
    /// Loss of the ensemble.
    pub ensemble: f64,
    /// Loss of the random walk.
    pub random_walk: f64,
}
