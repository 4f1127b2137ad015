//! Pages.

use super::pulse::Pulse;
use super::state::DaemonState;
use crate::secret::Secret;
use forecaster_ledger::Ledger;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub(crate) struct Pages {
    pub state: watch::Receiver<Arc<DaemonState>>,
    pub pulse: Pulse,
    pub ledger: Arc<Ledger>,
    pub token: Option<Secret>,
}

pub(crate) async fn serve(
    listener: tokio::net::TcpListener,
    pages: Pages,
    stop: CancellationToken,
) -> std::io::Result<()> {
    drop((listener, pages));
    stop.cancelled().await;
    Ok(())
}
