//! `forecaster model verify`: checks that checkpoints are unchanged, load, and forecast as they did when installed.

use super::listing::outcome_of;
use crate::cli::output::{print, print_json};
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use crate::forecast::checkpoint::{CheckpointFinding, examine, select_checkpoints};
use crate::forecast::chronos::precision;
use forecaster_chronos::memory;
use serde::Serialize;
use std::fmt::Write;

#[derive(Serialize)]
struct VerifyDocument {
    ok: bool,
    precision: &'static str,
    free_ram_mb: Option<u64>,
    min_free_ram_mb: u64,
    checkpoints: Vec<CheckpointFinding>,
}

/// Verifies one checkpoint, or every available one; a failure does not stop the others.
pub(super) fn verify(config: &Config, name: Option<&str>, json: bool) -> Result<CommandOutcome, Failure> {
    let free_ram_mb = memory::free_mb();
    let checkpoints: Vec<CheckpointFinding> =
        select_checkpoints(config, name)?.into_iter().map(|one| examine(config, one, free_ram_mb)).collect();
    let (failed, of) = (checkpoints.iter().filter(|finding| !finding.ok).count(), checkpoints.len());
    let document = VerifyDocument {
        ok: failed == 0,
        precision: precision(config).name(),
        free_ram_mb,
        min_free_ram_mb: config.chronos.min_free_ram_mb,
        checkpoints,
    };
    if json {
        print_json(&document)?
    } else {
        print(&text(&document))?
    }
    outcome_of(failed, of)
}

fn text(document: &VerifyDocument) -> String {
    let mut text = String::new();
    for finding in &document.checkpoints {
        let _ = writeln!(text, "{}: {}", finding.name, if finding.ok { "ok" } else { "failed" });
        let mut line = |what: &str, said: &str| {
            let _ = writeln!(text, "  {what:<11}{said}");
        };
        match finding.checksums_match {
            Some(true) => line("checksums", "unchanged"),
            Some(false) => line("checksums", "changed"),
            None if finding.finite.is_some() => line("checksums", "nothing to compare with: not in the store"),
            None => {}
        }
        if finding.finite == Some(true) {
            let agrees = match finding.difference {
                Some(difference) => {
                    format!("at most {difference:.1e} standard deviations from the forecast recorded at installation")
                }
                None => "nothing to compare with".to_owned(),
            };
            line("forecast", &format!("finite in {}; {agrees}", document.precision));
        }
        if let Some((crossed, places)) = finding.crossings {
            line("quantiles", &format!("{crossed} of {places} places cross"));
        }
        finding.warnings.iter().for_each(|warning| line("warning", warning));
        finding.problems.iter().for_each(|problem| line("problem", problem));
    }
    let free = document.free_ram_mb.map_or("not known".to_owned(), |mb| format!("{mb} MB free"));
    let _ = writeln!(text, "memory: {free}; chronos.min_free_ram_mb = {}", document.min_free_ram_mb);
    text
}
