//! Mailer: sends the outbox when a run has ended, when a waiting mail is due, and when the configuration has changed.
//!
//! It has its own thread, runtime and connection to the ledger: a slow mail server delays neither runs nor pages. In:
//! a [`Notify`] that signals possible mail, the configuration in force. Out: a [`MailState`].

use crate::config::settings::Config;
use crate::failure::Failure;
use crate::notify::delivery::{self, DeliveryRound};
use chrono::Utc;
use forecaster_ledger::Ledger;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// Delay of the next round after one that was not possible (no password, a locked ledger, another sender).
const AGAIN: Duration = Duration::from_secs(60);
/// Time for a mail in transit to arrive when the daemon is to stop.
const LAST_MAIL: Duration = Duration::from_secs(10);

/// Published state of the mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MailState {
    /// Number of recipients that wait.
    pub waiting: u64,
    /// Reason why they wait.
    pub reason: Option<String>,
}

/// Handle to the mailer.
#[derive(Debug, Clone)]
pub(crate) struct Mailbox {
    /// Signal that there may be something to send.
    pub wake: Arc<Notify>,
    /// Configuration in force.
    pub config: Arc<watch::Sender<Config>>,
    /// State that the mailer publishes.
    pub state: watch::Receiver<MailState>,
}

/// Sender of the outbox, on a thread of its own.
pub(crate) struct Mailer {
    ledger: Arc<Ledger>,
    wake: Arc<Notify>,
    config: watch::Receiver<Config>,
    state: watch::Sender<MailState>,
}

impl Mailer {
    /// Creates a mailer for the configuration in force, and the handle to it.
    pub(crate) fn new(ledger: Arc<Ledger>, config: Config) -> (Self, Mailbox) {
        let (configs, config) = watch::channel(config);
        let (state, seen) = watch::channel(MailState::default());
        let wake = Arc::new(Notify::new());
        let mailbox = Mailbox { wake: wake.clone(), config: Arc::new(configs), state: seen };
        (Self { ledger, wake, config, state }, mailbox)
    }

    /// Sends until `stop`, and gives a mail in transit a little longer.
    ///
    /// # Errors
    /// When the thread or the runtime cannot be created.
    pub(crate) fn start(self, stop: CancellationToken) -> Result<std::thread::JoinHandle<()>, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::System { what: "no runtime for the mail", source: error })?;
        let live = move || {
            runtime.block_on(self.run_loop(stop));
            // Do not wait for a name server that does not answer.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("mail".to_owned()).spawn(live);
        thread.map_err(|error| Failure::System { what: "no thread for the mail", source: error })
    }

    async fn run_loop(mut self, stop: CancellationToken) {
        loop {
            let wait = tokio::select! {
                wait = self.round() => wait,
                () = overdue(&stop) => {
                    tracing::warn!("a mail was on its way when the daemon stopped: it may be sent again, as the same one");
                    return;
                }
            };
            let next = async {
                match wait {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                changed = self.config.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.send_waiting_now();
                }
                () = next => {}
            }
        }
    }

    /// Makes waiting mail due at once: the change of the configuration may have removed the obstacle.
    fn send_waiting_now(&self) {
        if let Err(error) = self.ledger.make_mail_due(Utc::now()) {
            tracing::warn!("mail that waits is not hurried: {error}");
        }
    }

    /// Sends due mail; returns the time until the next round, `None` when nothing waits.
    async fn round(&mut self) -> Option<Duration> {
        let config = self.config.borrow_and_update().clone();
        let sent = if config.mail.is_on() {
            delivery::deliver_due(&self.ledger, &config).await
        } else {
            Ok(DeliveryRound::default())
        };
        let (failed, busy) = match sent {
            Ok(round) => (None, round.busy),
            Err(error) => (Some(error.to_string()), false),
        };
        self.publish_state(&config, failed.clone());
        if failed.is_some() || busy {
            return Some(AGAIN);
        }
        if !config.mail.is_on() {
            return None;
        }
        match self.ledger.next_mail() {
            Ok(Some(next)) => Some((next.due - Utc::now()).to_std().unwrap_or(AGAIN).max(Duration::from_secs(1))),
            Ok(None) => None,
            Err(_) => Some(AGAIN),
        }
    }

    /// Publishes the number of waiting recipients and the reason, and logs a new reason.
    fn publish_state(&self, config: &Config, failed: Option<String>) {
        let Ok(counts) = self.ledger.outbox_counts() else { return };
        let waits = || self.ledger.next_mail().ok().flatten().and_then(|next| next.reason);
        let reason = match counts.waiting {
            0 => None,
            _ if !config.mail.is_on() => Some("mail.smtp is empty".to_owned()),
            _ => failed.or_else(waits),
        };
        let state = MailState { waiting: counts.waiting, reason };
        let told = self.state.borrow().reason == state.reason;
        if let Some(reason) = state.reason.as_ref().filter(|_| !told) {
            tracing::warn!("{} mails wait: {reason}", counts.waiting);
        }
        self.state.send_if_modified(|old| std::mem::replace(old, state.clone()) != state);
    }
}

/// Completes when a round that is still in progress is to be dropped.
async fn overdue(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(LAST_MAIL).await;
}
