//! Messages to the supervisor from the rest of the daemon.

use crate::config::settings::Config;
use crate::daemon::pulse::LivenessCheck;
use crate::failure::Failure;
use std::path::PathBuf;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Request to the supervisor.
pub(crate) enum Message {
    /// Configuration to adopt, and its file; the reply is the result.
    Adopt(Box<Config>, Option<PathBuf>, oneshot::Sender<Result<(), Failure>>),
    /// Reason why a configuration was refused; answered once the state shows it.
    Refused(String, oneshot::Sender<()>),
}

/// Everything the supervisor listens to.
pub(crate) struct Inbox {
    /// Requests.
    pub messages: mpsc::Receiver<Message>,
    /// Liveness checks.
    pub beats: mpsc::Receiver<LivenessCheck>,
    /// Cancelled to stop after the run in progress.
    pub stop: CancellationToken,
    /// Cancelled to stop at once.
    pub stop_now: CancellationToken,
}
