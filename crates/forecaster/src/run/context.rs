//! Everything a run needs besides its assignment, and the lock on what it writes.

use crate::config::settings::Config;
use crate::forecast::chronos::ChronosSource;
use crate::market::Market;
use forecaster_ledger::Ledger;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Everything a run needs besides its assignment.
pub(crate) struct Workplace<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// What is known.
    pub market: &'a Market,
    /// Where it is recorded.
    pub ledger: &'a Ledger,
    /// Where Chronos comes from.
    pub chronos: &'a ChronosSource,
    /// Whether Chronos is released afterwards.
    pub release: bool,
    /// Whether the run is told of by mail.
    pub email: bool,
}

/// Held while files, ledger and metrics are written: who wants to end the process waits for it, or takes it and nothing
/// is written any more.
#[derive(Debug, Default)]
pub(crate) struct Publishing(Mutex<()>);

impl Publishing {
    /// Waits until nothing is being written, and keeps it so.
    pub(crate) fn hold(&self) -> MutexGuard<'_, ()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
