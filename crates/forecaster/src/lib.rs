//! The composition root: configuration, pipeline, command line. The rooms meet here and nowhere else.

mod backtest;
mod backup;
mod cache;
mod chronos;
pub mod cli;
mod commands;
mod config;
mod daemon;
mod doctor;
mod document;
mod drift;
mod earlier;
pub mod failure;
mod fetch;
mod guard;
mod interrupt;
mod lock;
mod logging;
mod market;
mod metrics;
mod models;
mod owner;
mod pipeline;
mod post;
mod present;
mod progress;
mod publish;
mod resources;
mod review;
mod run;
mod scoring;
mod secret;
mod track_record;
#[cfg(test)]
mod worlds;

use clap::CommandFactory;
use cli::{ChronosCommand, Cli, Command, ConfigCommand, MailCommand, ModelCommand, RatesCommand};
use config::LogSettings;
use failure::{Failure, Outcome};

/// Runs a parsed command line.
///
/// # Errors
/// When it cannot be done; the failure carries the exit code and a hint.
pub fn execute(cli: &Cli) -> Result<Outcome, Failure> {
    let of_parent = matches!(cli.command, Command::ChronosWorker | Command::RunWorker);
    if of_parent {
        // All they need to know comes from their parent, and a configuration edited meanwhile must not stop them.
        start_logging(cli, &LogSettings::default())?;
    }
    match &cli.command {
        Command::ChronosWorker => return chronos::serve(),
        Command::RunWorker => return daemon::run_worker(),
        // They are for when the configuration is broken.
        Command::Config { command: ConfigCommand::History } => return commands::history(cli.config.as_deref()),
        Command::Config { command: ConfigCommand::Rollback { number } } => {
            return commands::rollback(cli.config.as_deref(), *number);
        }
        // They look at the configuration themselves, or there is none yet.
        Command::Doctor { json } => {
            start_logging(cli, &LogSettings { level: "error".to_owned(), ..LogSettings::default() })?;
            return commands::doctor(cli.config.as_deref(), *json);
        }
        Command::Restore { file } => {
            start_logging(cli, &LogSettings::default())?;
            return commands::restore(file, cli.config.as_deref());
        }
        // A package does not depend on the configuration of the machine that makes it.
        Command::Generate { directory } => {
            start_logging(cli, &LogSettings::default())?;
            return commands::generate(directory, &Cli::command());
        }
        _ => {}
    }
    let loaded = config::load(cli.config.as_deref()).map_err(Failure::from_config)?;
    start_logging(cli, &loaded.config.service.log)?;
    if writes(&cli.command) {
        owner::check(&loaded.config)?;
    }
    match &cli.command {
        Command::Run(args) => commands::run(args, &loaded.config),
        Command::Backtest(args) => commands::backtest(args, &loaded.config),
        Command::Rates { command } => commands::rates(command, &loaded.config),
        Command::Model { command } => commands::model(command, &loaded.config),
        Command::Config { command } => commands::config(command, &loaded),
        Command::Mail { command } => commands::mail(command, &loaded.config),
        Command::Chronos { command } => commands::chronos(command, &loaded.config),
        Command::Review(args) => commands::review(args, &loaded.config),
        Command::Backup { file } => commands::backup(file, &loaded),
        Command::Serve => daemon::serve(loaded, cli.config.as_deref(), cli.log.is_some()),
        Command::Healthcheck => daemon::healthcheck(&loaded.config),
        Command::ChronosWorker
        | Command::RunWorker
        | Command::Generate { .. }
        | Command::Doctor { .. }
        | Command::Restore { .. } => Ok(Outcome::Done),
    }
}

/// Whether a command leaves files in the state directory.
fn writes(command: &Command) -> bool {
    match command {
        Command::Run(_) | Command::Serve | Command::Backtest(_) => true,
        Command::Rates { command } => matches!(command, RatesCommand::Import { .. } | RatesCommand::Sync { .. }),
        Command::Model { command } => matches!(command, ModelCommand::Pull { .. } | ModelCommand::Import { .. }),
        Command::ChronosWorker | Command::RunWorker | Command::Healthcheck => false,
        Command::Mail { command } => matches!(command, MailCommand::Flush),
        Command::Chronos { command } => !matches!(command, ChronosCommand::Status { .. }),
        // It keeps the scores that it finds missing.
        Command::Review(_) => true,
        Command::Config { .. } | Command::Generate { .. } => false,
        Command::Doctor { .. } | Command::Backup { .. } | Command::Restore { .. } => false,
    }
}

/// As the command line says, else as configured.
fn start_logging(cli: &Cli, configured: &LogSettings) -> Result<(), Failure> {
    let filter = cli.log.as_deref().unwrap_or(&configured.level);
    logging::start(filter, cli.log_format.unwrap_or(configured.format))
}
