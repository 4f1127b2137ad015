//! A doubt about the newest value of a series. A sync raises it when it compares answers, memory keeps it from one
//! sync to the next, and a report shows it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A newest value that was taken but not confirmed: a jump that no other source has seen, or a value that differs
/// from another source's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Doubt {
    /// The series.
    pub series: String,
    /// Provider of the value.
    pub provider: String,
    /// Date of the value.
    pub date: NaiveDate,
    /// The value in doubt.
    pub value: f64,
    /// The value before it.
    pub before: f64,
    /// Other source and its different value; `None` when no other source confirms the jump.
    pub instead: Option<(String, f64)>,
}

impl Doubt {
    /// Relative move below which a doubt is about a difference between sources, not about a jump: the difference that
    /// is usually tolerated.
    const JUMP: f64 = 0.02;

    /// True when the value jumps and no other source has seen at least half of the jump.
    pub fn is_jump(&self) -> bool {
        let size = (self.value / self.before).ln();
        let seen = self.instead.as_ref().map_or(0.0, |(_, instead)| (instead / self.before).ln() / size);
        size.abs() > Self::JUMP && seen < 0.5
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { series, provider, date, value, before, instead } = self;
        write!(f, "{series}: {provider} has {value} on {date}, after {before}, ")?;
        match instead {
            Some((other, instead)) => write!(f, "but {other} has {instead}: check which is right"),
            None => f.write_str("a jump that no other source confirms: check it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubt_is_about_a_jump_unless_the_difference_is_small_or_another_source_saw_most_of_it() {
        let doubt = |value: f64, instead: Option<f64>| Doubt {
            series: "usdclp".into(),
            provider: "mindicador".into(),
            date: "2025-01-02".parse().unwrap(),
            value,
            before: 100.0,
            instead: instead.map(|value| ("yahoo".into(), value)),
        };
        assert!(doubt(120.0, None).is_jump() && doubt(80.0, Some(100.2)).is_jump());
        assert!(!doubt(100.4, Some(100.0)).is_jump() && !doubt(120.0, Some(115.0)).is_jump());
    }
}
