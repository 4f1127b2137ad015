//! What the pool was and lost at earlier origins, and the round prices that a forecast is told by: figures that the pool
//! leaves and that a report shows.

use chrono::NaiveDate;

/// Probabilities of one round price level.
#[derive(Debug, Clone, Copy)]
pub struct RoundLevel {
    /// The price.
    pub price: f64,
    /// Probability that the last target date ends above it.
    pub above_at_end: f64,
    /// Probability that some target date up to the last reaches it, coming from the last observation.
    pub touched: f64,
}

/// The weights of one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct PastWeights {
    /// As-of date.
    pub as_of: NaiveDate,
    /// Whether a run issued them; else they are what a run would have used, replayed.
    pub issued: bool,
    /// Model and weight, 0-1.
    pub weights: Vec<(String, f64)>,
}

/// Losses of one validation origin: the sum of pinball losses over the nine deciles and all its target dates, in price units.
/// Their sums over some origins give the skill there: 1 - ensemble / random walk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OriginLoss {
    /// As-of date.
    pub origin: NaiveDate,
    /// Its last target date.
    pub matured: NaiveDate,
    /// The ensemble's loss.
    pub ensemble: f64,
    /// The random walk's.
    pub random_walk: f64,
}
