//! The machine: its clock, files, locks, log lines, secrets and resources. Nothing here is about forecasting.

pub(crate) mod clock;
pub(crate) mod files;
pub(crate) mod lock;
pub(crate) mod logging;
pub(crate) mod owner;
pub(crate) mod progress;
pub(crate) mod resources;
pub(crate) mod secret;
