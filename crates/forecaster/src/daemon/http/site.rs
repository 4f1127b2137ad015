//! Data behind the pages, and the context of every handler.

use crate::daemon::http::answer::text;
use crate::daemon::http::connections::ConnectionLimits;
use crate::daemon::pulse::LivenessProbe;
use crate::daemon::state::DaemonState;
use crate::host::secret::Secret;
use axum::http::StatusCode;
use axum::response::Response;
use forecaster_ledger::Ledger;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};

/// Data behind the pages.
#[derive(Debug)]
pub(crate) struct Pages {
    /// State of the daemon.
    pub state: watch::Receiver<Arc<DaemonState>>,
    /// Liveness check of the supervisor.
    pub pulse: LivenessProbe,
    /// Ledger of the runs.
    pub ledger: Arc<Ledger>,
    /// Token that requests must carry; `None` when they need none.
    pub token: Option<Secret>,
}

/// Context of every handler.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) pages: Pages,
    pub(super) readers: Arc<Semaphore>,
    pub(super) limits: ConnectionLimits,
}

impl Site {
    /// Returns the current state of the daemon.
    pub(super) fn state(&self) -> Arc<DaemonState> {
        Arc::clone(&self.pages.state.borrow())
    }

    /// Runs `work`, which may wait for the disk, on a thread of its own.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Response> {
        let failed =
            || text(StatusCode::INTERNAL_SERVER_ERROR, "the page could not be made; the daemon's log says why");
        let reader = Arc::clone(&self.readers).acquire_owned().await.map_err(|_| failed())?;
        let work = move || {
            // Held by the work and not by the request: work of an abandoned request continues for a while.
            let _reader = reader;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!("a page could not be made: {error}");
            failed()
        })
    }
}
