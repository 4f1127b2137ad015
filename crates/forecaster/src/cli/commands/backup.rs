//! `forecaster backup` and `forecaster restore`: run the operation and print a summary.

use crate::cli::output::print;
use crate::config::load::LoadedConfig;
use crate::failure::{CommandOutcome, Failure};
use crate::operations::backup::restore::{self, Restored};
use crate::operations::backup::write::{self, WrittenArchive};
use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

/// Makes a backup and prints what is in it and what is not.
pub(crate) fn backup(file: &Path, loaded: &LoadedConfig) -> Result<CommandOutcome, Failure> {
    let begin = Instant::now();
    let WrittenArchive { bytes, members, has_ledger } = write::write(file, loaded)?;
    let (size, seconds) = (bytes as f64 / 1e6, begin.elapsed().as_secs_f64());
    let mut said = format!("{}: {members} files, {size:.1} MB, {seconds:.1} s\n", file.display());
    if !has_ledger {
        let _ = writeln!(said, "there is no ledger yet in {}", loaded.config.service.data_dir.display());
    }
    said.push_str("not in it: reports, checkpoints, passwords\n");
    print(&said)?;
    Ok(CommandOutcome::Done)
}

/// Restores a backup and prints what to look at next.
pub(crate) fn restore(file: &Path, config: Option<&Path>) -> Result<CommandOutcome, Failure> {
    let restored = restore::restore(file, config)?;
    print(&restore_summary(&restored))?;
    Ok(CommandOutcome::Done)
}

fn restore_summary(restored: &Restored) -> String {
    let Restored { created_at, data_dir, configuration, metrics_beside, runs, mails_waiting, model } = restored;
    let mut text = format!("restored to {}: the backup of {created_at}, {runs} runs\n", data_dir.display());
    match configuration {
        Some((path, false)) => _ = writeln!(text, "configuration: {}", path.display()),
        Some((path, true)) => {
            _ = writeln!(
                text,
                "the existing configuration stays in force; the backup's was written beside it: {}",
                path.display()
            );
        }
        None => {}
    }
    if let Some(path) = metrics_beside {
        let _ = writeln!(
            text,
            "the existing metrics were kept; the backup's were written beside them: {}",
            path.display()
        );
    }
    if *mails_waiting > 0 {
        let _ = writeln!(
            text,
            "mail is waiting for {mails_waiting} recipients, but may have been sent since the backup was made: \
             check with forecaster mail queue before the daemon starts"
        );
    }
    if model != "embedded" {
        let _ = writeln!(text, "checkpoints are not in a backup: forecaster model pull {model}");
    }
    text
}
