//! Life of the HTTP server: bound before the daemon is ready, bound again when the configuration changes.

use super::http;
use super::http::site::Pages;
use super::pulse::LivenessProbe;
use super::state::DaemonState;
use crate::config::settings::HttpSettings;
use crate::failure::Failure;
use crate::host::secret::Secret;
use forecaster_ledger::Ledger;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Data sources of every server.
#[derive(Clone)]
pub(crate) struct Sources {
    /// State of the daemon.
    pub state: watch::Receiver<Arc<DaemonState>>,
    /// Liveness check of the supervisor.
    pub pulse: LivenessProbe,
    /// Ledger of the runs.
    pub ledger: Arc<Ledger>,
}

/// Server that is bound, or none.
pub(crate) struct Server {
    sources: Sources,
    bound: Option<BoundServer>,
}

struct BoundServer {
    wanted: HttpBinding,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// Address to listen on, and the token that requests need.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HttpBinding {
    listen: String,
    token: Option<Secret>,
}

impl HttpBinding {
    fn new(settings: &HttpSettings) -> Result<Option<Self>, Failure> {
        if settings.listen.is_empty() {
            return Ok(None);
        }
        let token = (!settings.token.is_empty()).then(|| Secret::read(&settings.token, "service.http.token"));
        let token = token.transpose().map_err(Failure::Secret)?;
        Ok(Some(Self { listen: settings.listen.clone(), token }))
    }
}

impl Server {
    /// Creates a server that is not bound yet.
    pub(crate) fn new(sources: Sources) -> Self {
        Self { sources, bound: None }
    }

    /// Serves as `settings` say. The token is read again each time.
    ///
    /// # Errors
    /// When the token cannot be read or the address cannot be bound; the previous server then continues.
    pub(crate) async fn follow(&mut self, settings: &HttpSettings) -> Result<(), Failure> {
        let wanted = HttpBinding::new(settings)?;
        if self.bound.as_ref().map(|bound| &bound.wanted) == wanted.as_ref() {
            return Ok(());
        }
        // Stop the old one first: the new one may need the same port.
        let old = self.stop().await;
        let Some(wanted) = wanted else { return Ok(()) };
        let bound = self.bind(wanted).await;
        if bound.is_err()
            && let Some(old) = old
            && let Err(error) = self.bind(old).await
        {
            tracing::error!("the HTTP server could not be bound again: {error}");
        }
        bound
    }

    async fn bind(&mut self, wanted: HttpBinding) -> Result<(), Failure> {
        let listener = TcpListener::bind(&wanted.listen)
            .await
            .map_err(|source| Failure::Listen { listen: wanted.listen.clone(), source })?;
        let address = listener.local_addr();
        let Sources { state, pulse, ledger } = self.sources.clone();
        let pages = Pages { state, pulse, ledger, token: wanted.token.clone() };
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            if let Err(error) = http::serve(listener, pages, stopped).await {
                tracing::error!("the HTTP server ended: {error}");
            }
        });
        if let Ok(address) = address {
            tracing::info!("pages on http://{address}/");
        }
        self.bound = Some(BoundServer { wanted, stop, task });
        Ok(())
    }

    /// Stops serving; returns what was served.
    pub(crate) async fn stop(&mut self) -> Option<HttpBinding> {
        let BoundServer { wanted, stop, task } = self.bound.take()?;
        stop.cancel();
        // The server itself limits how long this takes.
        let _ = task.await;
        Some(wanted)
    }
}
