//! Notifications to systemd, by sd_notify(3): readiness, a status line, signs of life. Without
//! systemd, nothing happens.

use super::pulse::LivenessProbe;
use sd_notify::NotifyState;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Channel to systemd.
#[derive(Debug, Default)]
pub(crate) struct Systemd {
    last_status: Mutex<String>,
}

impl Systemd {
    /// Reports that the service is up, or has reloaded.
    pub(crate) fn ready(&self) {
        send(&[NotifyState::Ready]);
    }

    /// Reports that a reload has started; [`Systemd::ready`] ends it.
    pub(crate) fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => send(&[NotifyState::Reloading, now]),
            Err(error) => tracing::debug!("no reload told to systemd: {error}"),
        }
    }

    /// Reports that the service is stopping.
    pub(crate) fn stopping(&self) {
        send(&[NotifyState::Stopping]);
    }

    /// Requests this much more time for stopping.
    pub(crate) fn extend_timeout(&self, by: Duration) {
        send(&[NotifyState::ExtendTimeoutUsec(u32::try_from(by.as_micros()).unwrap_or(u32::MAX))]);
    }

    /// Sends the line that `systemctl status` shows, only when it has changed.
    pub(crate) fn status(&self, line: &str) {
        let mut told = self.last_status.lock().unwrap_or_else(PoisonError::into_inner);
        if *told != line {
            line.clone_into(&mut told);
            send(&[NotifyState::Status(&line.replace('\n', " "))]);
        }
    }
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("systemd was not told: {error}");
    }
}

/// Notifies systemd's watchdog as long as the supervisor answers: the loop that runs the schedule must be alive, not
/// just this task. Ends with `stop`.
pub(crate) async fn watchdog(pulse: LivenessProbe, stop: CancellationToken) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    // Three times within the limit: one answer may be late.
    let pause = limit / 3;
    let mut interval = tokio::time::interval(pause);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = interval.tick() => {}
        }
        let beat = tokio::select! {
            () = stop.cancelled() => return,
            beat = pulse.check(pause) => beat,
        };
        match beat {
            Ok(()) => send(&[NotifyState::Watchdog]),
            Err(reason) => tracing::error!("no sign of life for the watchdog: {reason}"),
        }
    }
}
