//! Everything a run needs besides its assignment, and the lock on its output.

use crate::config::settings::Config;
use crate::forecast::chronos::ChronosSource;
use crate::market::Market;
use forecaster_ledger::Ledger;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Everything a run needs besides its assignment.
pub(crate) struct RunContext<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The market data known to the run.
    pub market: &'a Market,
    /// The ledger that records the run.
    pub ledger: &'a Ledger,
    /// Source of the Chronos model.
    pub chronos: &'a ChronosSource,
    /// True when Chronos is released after the forecast.
    pub release: bool,
    /// True when the result is mailed.
    pub email: bool,
}

/// Lock held while files, ledger and metrics are written. To end the process, take it first: that waits for a write
/// in progress and prevents any later one.
#[derive(Debug, Default)]
pub(crate) struct PublishLock(Mutex<()>);

impl PublishLock {
    /// Waits until nothing is being written; nothing is written while the guard is held.
    pub(crate) fn hold(&self) -> MutexGuard<'_, ()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
