//! Events for the guard's log in the ledger.

use chrono::{DateTime, Utc};
use forecaster_ledger::{GuardEvent, GuardState};

/// Builds an event about Chronos in the horizon of `state`.
pub(super) fn event_of(
    state: &GuardState,
    kind: &str,
    detail: &str,
    run_id: Option<&str>,
    now: DateTime<Utc>,
) -> GuardEvent {
    GuardEvent {
        at: now,
        horizon: state.horizon,
        kind: kind.to_owned(),
        run_id: run_id.map(str::to_owned),
        detail: detail.to_owned(),
    }
}
