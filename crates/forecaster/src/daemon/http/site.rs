//! What the pages are made of, and what every handler is given.

use crate::daemon::http::answer::text;
use crate::daemon::http::connections::Limits;
use crate::daemon::pulse::Pulse;
use crate::daemon::state::DaemonState;
use crate::host::secret::Secret;
use axum::http::StatusCode;
use axum::response::Response;
use forecaster_ledger::Ledger;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};

/// What the pages are made of.
#[derive(Debug)]
pub(crate) struct Pages {
    /// What the daemon says of itself.
    pub state: watch::Receiver<Arc<DaemonState>>,
    /// Whether the supervisor is alive.
    pub pulse: Pulse,
    /// The runs.
    pub ledger: Arc<Ledger>,
    /// What requests must bring; `None`: nothing.
    pub token: Option<Secret>,
}

/// What every handler is given.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) pages: Pages,
    pub(super) readers: Arc<Semaphore>,
    pub(super) limits: Limits,
}

impl Site {
    /// What the daemon says of itself now.
    pub(super) fn state(&self) -> Arc<DaemonState> {
        Arc::clone(&self.pages.state.borrow())
    }

    /// Does `work`, which may wait for the disk, on a thread of its own.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Response> {
        let failed =
            || text(StatusCode::INTERNAL_SERVER_ERROR, "the page could not be made; the daemon's log says why");
        let reader = Arc::clone(&self.readers).acquire_owned().await.map_err(|_| failed())?;
        let work = move || {
            // Held by the work and not by the request: one that is given up goes on for a while.
            let _reader = reader;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!("a page could not be made: {error}");
            failed()
        })
    }
}
