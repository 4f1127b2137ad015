//! `forecaster serve`: the schedule, the runs, notifications to systemd, the journal, and the pages over HTTP.
//!
//! One [`supervisor::Supervisor`] owns the [`agenda::Agenda`] and the one run that may be in progress;
//! everything else sends it messages or reads the [`state::DaemonState`] it publishes. Each run is a
//! process of its own ([`runner`]).

mod agenda;
mod alarms;
pub(crate) mod clock;
mod directories;
pub(crate) mod http;
mod mailer;
mod message;
mod pulse;
mod reload;
pub(crate) mod runner;
pub(crate) mod schedule;
pub(crate) mod serve;
mod server;
mod state;
mod supervisor;
mod systemd;
#[cfg(test)]
mod test_run;
