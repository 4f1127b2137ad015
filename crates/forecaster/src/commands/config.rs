//! `forecaster config`.

use super::{now, print};
use crate::cli::ConfigCommand;
use crate::config::Loaded;
use crate::failure::{Failure, Outcome};
use croner::Cron;
use forecaster_domain::Horizon;
use std::fmt::Write;
use std::str::FromStr;

/// Checks or shows the configuration, which is valid when this is reached.
pub(crate) fn config(command: &ConfigCommand, loaded: &Loaded) -> Result<Outcome, Failure> {
    match command {
        ConfigCommand::Check => print(&check(loaded))?,
        ConfigCommand::Show => print(&toml::to_string_pretty(&loaded.config).map_err(Failure::failed)?)?,
    }
    Ok(Outcome::Done)
}

fn check(loaded: &Loaded) -> String {
    let place = loaded.file.as_ref().map_or_else(|| "built-in defaults".to_owned(), |f| f.display().to_string());
    let mut text = format!("{place}: ok\n");
    for horizon in Horizon::ALL {
        let settings = loaded.config.horizons.get(horizon);
        let next = Cron::from_str(&settings.schedule)
            .ok()
            .and_then(|cron| cron.find_next_occurrence(&now(&loaded.config), false).ok());
        let when = match next {
            Some(instant) if settings.enabled => format!("next {}", instant.format("%Y-%m-%d %H:%M %Z")),
            Some(_) => "disabled".to_owned(),
            None => "never due".to_owned(),
        };
        let _ = writeln!(text, "  {horizon:<4} {:<16} {when}; {}", settings.schedule, settings.models.join(", "));
    }
    text
}
