//! The assignment of a run, and the identity of the run in everything that it writes.

use crate::config::settings::Config;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forecaster_domain::Horizon;
use forecaster_ledger::RunStatus;
use serde::{Deserialize, Serialize};

/// A run to be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Assignment {
    /// The horizon.
    #[serde(with = "horizon_key")]
    pub horizon: Horizon,
    /// A UUID, version 7: sorts by time.
    pub run_id: String,
    /// The scheduled instant that the run serves; `None` for a run by hand.
    pub scheduled_for: Option<DateTime<Utc>>,
}

impl Assignment {
    /// Returns the assignment of an unscheduled run.
    pub(crate) fn by_hand(horizon: Horizon) -> Self {
        Self { horizon, run_id: new_run_id(), scheduled_for: None }
    }

    /// Returns the run's identity as far as it is known before the run ends.
    pub(crate) fn identity(&self, config: &Config, status: RunStatus) -> RunIdentity {
        RunIdentity {
            run_id: self.run_id.clone(),
            scheduled_for: self.scheduled_for,
            generated_at: Utc::now().with_timezone(&config.zone()),
            stale: false,
            status,
        }
    }
}

/// A horizon in JSON, such as `7d`.
mod horizon_key {
    use forecaster_domain::Horizon;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(horizon: &Horizon, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(horizon.key())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Horizon, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Returns a new UUID, version 7: sorts by time.
pub(crate) fn new_run_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// The identity of a run.
#[derive(Debug, Clone)]
pub(crate) struct RunIdentity {
    /// A UUID, version 7: sorts by time.
    pub run_id: String,
    /// The scheduled instant that the run serves; `None` for a run by hand.
    pub scheduled_for: Option<DateTime<Utc>>,
    /// Instant at which the run was made, in the configured zone.
    pub generated_at: DateTime<Tz>,
    /// True when the data is stale.
    pub stale: bool,
    /// ok, degraded or failed.
    pub status: RunStatus,
}
