//! `forecaster serve`: the schedule, the runs, what systemd and the journal are told, and the pages over HTTP.
//!
//! One supervisor owns the agenda and the one run that may be in progress; everything else sends it messages or reads the
//! [`state::DaemonState`] it publishes. Runs are processes of their own.

#[allow(dead_code)] // until the supervisor serves it
mod http;
mod pulse;
mod state;

pub(crate) use http::healthcheck;

use crate::config::Loaded;
use crate::failure::{Failure, Outcome};
use std::path::Path;

pub(crate) fn serve(_loaded: Loaded, _named: Option<&Path>, _level_is_fixed: bool) -> Result<Outcome, Failure> {
    Ok(Outcome::Done)
}

pub(crate) fn run_worker() -> Result<Outcome, Failure> {
    Ok(Outcome::Done)
}
