//! Whether the supervisor is alive: asked by the watchdog and by /healthz, answered by the supervisor's own loop.

use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// One question; the answer is `Err` when something is wrong that the supervisor can tell.
pub(crate) type Beat = oneshot::Sender<Result<(), String>>;

/// The asking end.
#[derive(Debug, Clone)]
pub(crate) struct Pulse(mpsc::Sender<Beat>);

impl Pulse {
    /// Both ends: the supervisor answers what comes out of the receiver.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Beat>) {
        let (sender, receiver) = mpsc::channel(16);
        (Self(sender), receiver)
    }

    /// Asks, and waits no longer than `patience` for the answer.
    ///
    /// # Errors
    /// When there is none in time, or it is that something is wrong.
    pub(crate) async fn beat(&self, patience: Duration) -> Result<(), String> {
        let ask = async {
            let (answer, answered) = oneshot::channel();
            self.0.send(answer).await.map_err(|_| "the supervisor has ended".to_owned())?;
            answered.await.map_err(|_| "the supervisor has ended".to_owned())?
        };
        tokio::time::timeout(patience, ask)
            .await
            .unwrap_or_else(|_| Err(format!("the supervisor gave no answer in {} s", patience.as_secs_f32())))
    }
}
