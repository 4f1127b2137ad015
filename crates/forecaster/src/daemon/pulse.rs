//! Liveness of the supervisor: checked by the watchdog and /healthz, answered by the supervisor's own loop.

use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// One liveness check; the answer is `Err` when the supervisor knows that something is wrong.
pub(crate) type LivenessCheck = oneshot::Sender<Result<(), String>>;

/// Asking end of the liveness checks.
#[derive(Debug, Clone)]
pub(crate) struct LivenessProbe(mpsc::Sender<LivenessCheck>);

impl LivenessProbe {
    /// Creates both ends: the supervisor answers the checks that come out of the receiver.
    pub(crate) fn new() -> (Self, mpsc::Receiver<LivenessCheck>) {
        let (sender, receiver) = mpsc::channel(16);
        (Self(sender), receiver)
    }

    /// Asks, and waits no longer than `patience` for the answer.
    ///
    /// # Errors
    /// When there is no answer in time, or the answer reports a problem.
    pub(crate) async fn check(&self, patience: Duration) -> Result<(), String> {
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
