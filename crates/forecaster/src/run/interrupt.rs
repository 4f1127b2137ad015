//! Ctrl+C and other termination signals in a run by hand: the process ends only when nothing is half written, and the
//! guard over Chronos records no failure.

use crate::failure::Failure;
use crate::guard;
use crate::run::context::PublishLock;
use forecaster_ledger::Ledger;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::signal::unix::{SignalKind, signal};

/// Identifier of the run in progress.
#[derive(Debug, Clone, Default)]
pub(crate) struct InProgress(Arc<Mutex<Option<String>>>);

impl InProgress {
    /// Sets the run in progress.
    pub(crate) fn set(&self, run_id: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(run_id.to_owned());
    }

    fn run_id(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Waits in a thread of its own for SIGINT, SIGTERM or SIGHUP, then ends the process with 128 plus the signal's
/// number.
///
/// # Errors
/// When the system refuses.
pub(crate) fn watch(publishing: &Arc<PublishLock>, ledger: &Arc<Ledger>) -> Result<InProgress, Failure> {
    let failed = |source: std::io::Error| Failure::System { what: "signals cannot be listened for", source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(failed)?;
    let in_progress = InProgress::default();
    // A weak reference: the ledger is closed when the run is over.
    let (publishing, ledger, run) = (publishing.clone(), Arc::downgrade(ledger), in_progress.clone());
    let [mut interrupt, mut terminate, mut hangup] = {
        let _entered = runtime.enter();
        let listen = |kind| signal(kind).map_err(failed);
        [listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?]
    };
    let wait = move || {
        let number = runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => 2,
                _ = terminate.recv() => 15,
                _ = hangup.recv() => 1,
            }
        });
        let _nothing_is_written = publishing.hold();
        if let Some((run_id, ledger)) = run.run_id().zip(ledger.upgrade()) {
            guard::clear_mark(&ledger, &run_id);
        }
        tracing::warn!("interrupted: nothing of the run in progress was kept");
        std::process::exit(128 + number)
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map_err(failed)?;
    Ok(in_progress)
}
