//! `forecaster config`: checks, shows and rolls back the configuration, and lists its versions.

use crate::cli::args::ConfigCommand;
use crate::cli::output::print;
use crate::config::changes::changes;
use crate::config::load::LoadedConfig;
use crate::config::load::{self};
use crate::config::settings::Config;
use crate::config::snapshots;
use crate::daemon::schedule::Schedule;
use crate::failure::{CommandOutcome, Failure};
use crate::host::clock::now;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forecaster_domain::Horizon;
use std::fmt::Write;
use std::io::ErrorKind;
use std::path::Path;

/// Checks or shows the configuration, which is known to be valid at this point.
pub(crate) fn config(command: &ConfigCommand, loaded: &LoadedConfig) -> Result<CommandOutcome, Failure> {
    match command {
        ConfigCommand::Check => print(&check(loaded))?,
        ConfigCommand::Show => print(&toml::to_string_pretty(&loaded.config).map_err(Failure::Toml)?)?,
        // Carried out without a valid configuration: see `history` and `rollback`.
        ConfigCommand::History | ConfigCommand::Rollback { .. } => {}
    }
    Ok(CommandOutcome::Done)
}

/// Lists the versions that the daemon has applied. The file may be broken.
pub(crate) fn history(named: Option<&Path>) -> Result<CommandOutcome, Failure> {
    let file = load::find_file(named);
    let data_dir = load::data_dir(file.as_deref());
    let snapshots = snapshots::list(&data_dir)?;
    let current = file.as_deref().and_then(|file| std::fs::read_to_string(file).ok());
    let mut text = String::new();
    if snapshots.is_empty() {
        let _ = writeln!(text, "no version has been taken over yet in {}", data_dir.display());
    }
    let mut before: Option<Config> = None;
    for (index, snapshot) in snapshots.iter().enumerate() {
        let kept = load::load(Some(&snapshot.path)).map(|loaded| loaded.config);
        let is_current = index + 1 == snapshots.len() && current.as_ref() == snapshot.text().ok().as_ref();
        let zone = kept.as_ref().map_or(Tz::UTC, Config::zone);
        let at = snapshot.at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %Z");
        let _ = writeln!(text, "{:>4}  {at}{}", snapshot.number, if is_current { "  the file as it is" } else { "" });
        match (&kept, &before) {
            (Ok(kept), Some(before)) => {
                let changed = changes(before, kept);
                for change in &changed {
                    let _ = writeln!(text, "      {change}");
                }
                if changed.is_empty() {
                    let _ = writeln!(text, "      comments and spacing only");
                }
            }
            (Err(error), _) => {
                let _ = writeln!(text, "      no longer valid: {error}");
            }
            (Ok(_), None) => {}
        }
        before = kept.ok().or(before);
    }
    if current.is_some() && !text.contains("the file as it is") && !snapshots.is_empty() {
        let _ = writeln!(text, "      the file has been edited since; to apply it: systemctl reload forecaster");
    }
    print(&text)?;
    Ok(CommandOutcome::Done)
}

/// Writes an earlier version back to the file. The replaced text, even a broken one, is kept beside it.
pub(crate) fn rollback(named: Option<&Path>, number: Option<u32>) -> Result<CommandOutcome, Failure> {
    // A named file may be missing.
    let Some(file) = load::find_file(named) else {
        return Err(Failure::NothingToRollBack);
    };
    let data_dir = load::data_dir(Some(&file));
    let snapshots = snapshots::list(&data_dir)?;
    let current = match std::fs::read(&file) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(Failure::file("read", &file, error)),
        found => found.unwrap_or_default(),
    };
    let wanted = match number {
        Some(number) => snapshots.iter().find(|it| it.number == number),
        None => snapshots.iter().rev().find(|it| it.text().is_ok_and(|text| text.as_bytes() != current)),
    };
    let Some(wanted) = wanted else {
        return Err(match number {
            Some(number) => Failure::NoSuchVersion { number, data_dir },
            None => Failure::NoOtherVersion { data_dir, file },
        });
    };
    let text = wanted.text()?;
    load::load(Some(&wanted.path))?;
    let beside = file.with_extension("toml.before-rollback");
    let write = |path: &Path, text: &[u8]| {
        snapshots::replace(path, text).map_err(|error| Failure::file("write", path, error))
    };
    write(&beside, &current)?;
    write(&file, text.as_bytes())?;
    print(&format!(
        "{}: version {} restored; the previous text is in {}\nto apply it: systemctl reload forecaster\n",
        file.display(),
        wanted.number,
        beside.display()
    ))?;
    Ok(CommandOutcome::Done)
}

fn check(loaded: &LoadedConfig) -> String {
    let place = loaded.file.as_ref().map_or_else(|| "built-in defaults".to_owned(), |f| f.display().to_string());
    let mut text = format!("{place}: ok\n");
    for horizon in Horizon::ALL {
        let settings = loaded.config.horizons.get(horizon);
        let schedule = Schedule::of(&loaded.config, horizon).ok();
        let next = schedule.and_then(|schedule| schedule.next_after(now(&loaded.config).to_utc()));
        let local = |instant: DateTime<Utc>| instant.with_timezone(&loaded.config.zone()).format("%Y-%m-%d %H:%M %Z");
        let when = match next {
            Some(instant) if settings.enabled => format!("next {}", local(instant)),
            Some(_) => "disabled".to_owned(),
            None => "never due".to_owned(),
        };
        let models: Vec<&str> = settings.models.iter().map(|id| id.as_str()).collect();
        let _ = writeln!(text, "  {horizon:<4} {:<16} {when}; {}", settings.schedule, models.join(", "));
    }
    text
}
