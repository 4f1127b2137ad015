//! Printing for commands, and the list of horizons a command covers. Results go to stdout, everything else to stderr.

use crate::cli::args::HorizonChoice;
use crate::config::settings::Config;
use crate::failure::Failure;
use forecaster_domain::Horizon;
use std::io::Write;

pub(crate) fn selected_horizons(choice: HorizonChoice, config: &Config) -> Result<Vec<Horizon>, Failure> {
    match choice {
        HorizonChoice::One(horizon) => Ok(vec![horizon]),
        HorizonChoice::All => {
            let enabled: Vec<Horizon> =
                Horizon::ALL.into_iter().filter(|h| config.horizons.get(*h).enabled).collect();
            if enabled.is_empty() {
                return Err(Failure::NoHorizon);
            }
            Ok(enabled)
        }
    }
}

/// Prints `text` to stdout. A closed pipe is not an error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

pub(crate) fn print_json(document: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(document)?;
    print(&(text + "\n"))
}
