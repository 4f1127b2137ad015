//! Dispatch of a parsed command line to the function that carries out the command.

use crate::cli::args::{ChronosCommand, Cli, Command, ConfigCommand, MailCommand, ModelCommand, RatesCommand};
use crate::cli::commands;
use crate::config::load;
use crate::config::settings::LogSettings;
use crate::daemon;
use crate::failure::{CommandOutcome, Failure};
use crate::forecast::chronos;
use crate::host::{logging, owner};
use clap::CommandFactory;

/// Runs a parsed command line.
///
/// # Errors
/// When the command fails; the failure carries the exit code and a hint.
pub fn execute(cli: &Cli) -> Result<CommandOutcome, Failure> {
    let of_parent = matches!(cli.command, Command::ChronosWorker | Command::RunWorker);
    if of_parent {
        // Workers get everything from their parent; a configuration edited in the meantime must not stop them.
        start_logging(cli, &LogSettings::default())?;
    }
    match &cli.command {
        Command::ChronosWorker => return chronos::serve(),
        Command::RunWorker => return daemon::runner::run_worker(),
        // These two must work while the configuration is broken.
        Command::Config { command: ConfigCommand::History } => {
            return commands::config::history(cli.config.as_deref());
        }
        Command::Config { command: ConfigCommand::Rollback { number } } => {
            return commands::config::rollback(cli.config.as_deref(), *number);
        }
        // These load the configuration themselves, or there is none yet.
        Command::Doctor { json } => {
            start_logging(cli, &LogSettings { level: "error".to_owned(), ..LogSettings::default() })?;
            return commands::doctor::doctor(cli.config.as_deref(), *json);
        }
        Command::Restore { file } => {
            start_logging(cli, &LogSettings::default())?;
            return commands::backup::restore(file, cli.config.as_deref());
        }
        // A package does not depend on the configuration of the machine that builds it.
        Command::Generate { directory } => {
            start_logging(cli, &LogSettings::default())?;
            return commands::generate::generate(directory, &Cli::command());
        }
        _ => {}
    }
    let loaded = load::load(cli.config.as_deref())?;
    start_logging(cli, &loaded.config.service.log)?;
    if writes(&cli.command) {
        owner::check(&loaded.config)?;
    }
    match &cli.command {
        Command::Run(args) => commands::run::run(args, &loaded.config),
        Command::Backtest(args) => commands::backtest::backtest(args, &loaded.config),
        Command::Rates { command } => commands::rates::rates(command, &loaded.config),
        Command::Model { command } => commands::model::model(command, &loaded.config),
        Command::Config { command } => commands::config::config(command, &loaded),
        Command::Mail { command } => commands::mail::mail(command, &loaded.config),
        Command::Chronos { command } => commands::chronos::chronos(command, &loaded.config),
        Command::Review(args) => commands::review::review(args, &loaded.config),
        Command::Backup { file } => commands::backup::backup(file, &loaded),
        Command::Serve => daemon::serve::serve(loaded, cli.config.as_deref(), cli.log.is_some()),
        Command::Healthcheck => daemon::http::probe::healthcheck(&loaded.config),
        Command::ChronosWorker
        | Command::RunWorker
        | Command::Generate { .. }
        | Command::Doctor { .. }
        | Command::Restore { .. } => Ok(CommandOutcome::Done),
    }
}

/// True when a command writes files to the state directory.
fn writes(command: &Command) -> bool {
    match command {
        Command::Run(_) | Command::Serve | Command::Backtest(_) => true,
        Command::Rates { command } => matches!(
            command,
            RatesCommand::Import { .. } | RatesCommand::Sync { .. } | RatesCommand::Remove { dry_run: false, .. }
        ),
        Command::Model { command } => matches!(command, ModelCommand::Pull { .. } | ModelCommand::Import { .. }),
        Command::ChronosWorker | Command::RunWorker | Command::Healthcheck => false,
        Command::Mail { command } => matches!(command, MailCommand::Flush),
        Command::Chronos { command } => !matches!(command, ChronosCommand::Status { .. }),
        // A review stores the scores that were missing.
        Command::Review(_) => true,
        Command::Config { .. } | Command::Generate { .. } => false,
        Command::Doctor { .. } | Command::Backup { .. } | Command::Restore { .. } => false,
    }
}

/// Starts logging with the command line's level and format, or else the configured ones.
fn start_logging(cli: &Cli, configured: &LogSettings) -> Result<(), Failure> {
    let filter = cli.log.as_deref().unwrap_or(&configured.level);
    logging::start(filter, cli.log_format.unwrap_or(configured.format))
}
