//! What reaches the supervisor from the rest of the daemon.

use crate::config::settings::Config;
use crate::daemon::pulse::Beat;
use crate::failure::Failure;
use std::path::PathBuf;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// A request to the supervisor.
pub(crate) enum Message {
    /// A configuration to take over, and its file; the answer is whether it could be.
    Adopt(Box<Config>, Option<PathBuf>, oneshot::Sender<Result<(), Failure>>),
    /// A configuration was refused, and why; answered when the state tells it.
    Refused(String, oneshot::Sender<()>),
}

/// Everything the supervisor listens to.
pub(crate) struct Inbox {
    /// Messages.
    pub messages: mpsc::Receiver<Message>,
    /// Questions whether it lives.
    pub beats: mpsc::Receiver<Beat>,
    /// It shall stop when the run in progress has ended.
    pub stop: CancellationToken,
    /// It shall stop at once.
    pub stop_now: CancellationToken,
}
