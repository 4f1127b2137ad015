//! `forecaster serve`: the schedule, the runs, what systemd and the journal are told, and the pages over HTTP.
//!
//! One [`supervisor::Supervisor`] owns the [`agenda::Agenda`] and the one run that may be in progress; everything else sends it
//! messages or reads the [`state::DaemonState`] it publishes. Runs are processes of their own ([`runner`]).

mod agenda;
mod alarms;
mod clock;
mod http;
mod mailer;
mod pulse;
mod reload;
mod runner;
mod schedule;
mod serve;
mod server;
mod state;
mod supervisor;
mod systemd;
#[cfg(test)]
mod test_run;

pub(crate) use clock::is_set as clock_is_set;
pub(crate) use http::healthcheck;
pub(crate) use runner::run_worker;
pub(crate) use schedule::Schedule;
pub(crate) use serve::serve;
