//! `[guard]`: limits on the cost of Chronos; beyond them it is suspended.

use super::problem::{SettingProblem, problem};
use serde::{Deserialize, Serialize};

/// `[guard]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct GuardSettings {
    /// Failures in a row that are tolerated; the next one suspends Chronos.
    pub max_consecutive_failures: u32,
    /// Peak resident memory of a run, MiB; above it in two runs in a row, Chronos is suspended.
    pub max_peak_rss_mb: u64,
    /// Seconds that Chronos may add to a run; the run does not wait longer for its forecast.
    pub max_extra_seconds: u64,
}

impl Default for GuardSettings {
    fn default() -> Self {
        Self { max_consecutive_failures: 2, max_peak_rss_mb: 3500, max_extra_seconds: 20 }
    }
}

pub(super) fn check(guard: &GuardSettings) -> Result<(), SettingProblem> {
    let settings = [
        ("max_consecutive_failures", u64::from(guard.max_consecutive_failures), 0..=1000),
        ("max_peak_rss_mb", guard.max_peak_rss_mb, 1..=1 << 20),
        ("max_extra_seconds", guard.max_extra_seconds, 1..=3600),
    ];
    for (key, value, range) in settings {
        if !range.contains(&value) {
            return Err(problem(format!("guard.{key}"), value, format!("{} to {}", range.start(), range.end())));
        }
    }
    Ok(())
}
