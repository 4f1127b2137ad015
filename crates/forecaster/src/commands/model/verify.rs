//! `forecaster model verify`: whether checkpoints are as they came, load, and forecast what they did.

use super::{Chosen, chosen, ended};
use crate::chronos::{precision, session};
use crate::commands::{print, print_json};
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use forecaster_chronos::{Checkpoint, ChronosError, Installed, SelfTest, memory, short};
use serde::Serialize;
use std::fmt::Write;

/// Share of neighbouring quantiles out of order from which on a model is hardly a trained one.
const MANY_CROSSINGS: f64 = 0.05;

#[derive(Serialize)]
struct VerifyDocument {
    ok: bool,
    precision: &'static str,
    free_ram_mb: Option<u64>,
    min_free_ram_mb: u64,
    checkpoints: Vec<Finding>,
}

/// What was found of one checkpoint.
#[derive(Serialize, Default)]
struct Finding {
    name: String,
    ok: bool,
    /// Whether both files are as they came; null where no manifest tells.
    checksums_match: Option<bool>,
    /// Whether the forecast of the fixed series is finite; null where there is none.
    finite: Option<bool>,
    /// Largest difference from the forecast kept with it, in standard deviations of the series.
    difference: Option<f64>,
    /// Neighbouring quantiles out of order, of how many.
    crossings: Option<(usize, usize)>,
    problems: Vec<String>,
    warnings: Vec<String>,
}

/// Verifies one checkpoint or all at hand; each is tried, whatever became of those before.
pub(super) fn verify(config: &Config, name: Option<&str>, json: bool) -> Result<Outcome, Failure> {
    let free_ram_mb = memory::free_mb();
    let checkpoints: Vec<Finding> =
        chosen(config, name)?.into_iter().map(|one| examine(config, one, free_ram_mb)).collect();
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
    ended(failed, of)
}

/// Whether so many of the places are out of order that the model is hardly a trained one.
pub(crate) fn crosses_much((crossed, places): (usize, usize)) -> bool {
    crossed as f64 > MANY_CROSSINGS * places as f64
}

/// What the doctor wants to know of the configured checkpoint.
pub(crate) struct Verified {
    /// Its name.
    pub name: String,
    /// Whether both files are as they came; `None` where no manifest tells.
    pub checksums_match: Option<bool>,
    /// Whether the forecast of the fixed series is finite; `None` where there is none.
    pub finite: Option<bool>,
    /// Largest difference from the forecast kept with it, in standard deviations of the series.
    pub difference: Option<f64>,
    /// Neighbouring quantiles out of order, of how many.
    pub crossings: Option<(usize, usize)>,
    /// What is wrong with it.
    pub problems: Vec<String>,
}

/// Verifies the configured checkpoint.
///
/// # Errors
/// When there is none of that name.
pub(crate) fn verify_configured(config: &Config) -> Result<Verified, Failure> {
    let mut found = chosen(config, Some(&config.chronos.model))?;
    let one = found.pop().ok_or_else(|| Failure::failed(format!("there is no {}", config.chronos.model)))?;
    let Finding { name, checksums_match, finite, difference, crossings, problems, .. } = examine(config, one, None);
    Ok(Verified { name, checksums_match, finite, difference, crossings, problems })
}

fn examine(config: &Config, one: Chosen, free_ram_mb: Option<u64>) -> Finding {
    let mut finding = Finding { name: one.name, ..Finding::default() };
    match one.found {
        Ok(installed) => {
            if let Err(error) = check_files(&installed, config, free_ram_mb, &mut finding) {
                finding.problems.push(error.to_string());
            } else if let Err(error) = check_forecast(&installed, config, &mut finding) {
                finding.problems.push(error.to_string());
            }
        }
        Err(error) => finding.problems.push(error.to_string()),
    }
    finding.ok = finding.problems.is_empty();
    finding
}

/// Opens the checkpoint and compares its checksums with those it came with.
fn check_files(
    installed: &Installed,
    config: &Config,
    free_ram_mb: Option<u64>,
    finding: &mut Finding,
) -> Result<(), ChronosError> {
    let checkpoint = Checkpoint::open(&installed.place)?;
    if let Some(manifest) = &installed.manifest {
        let (config_sha256, weights_sha256) = (checkpoint.config_sha256().to_owned(), checkpoint.weights_sha256()?);
        let files = [
            ("config.json", config_sha256, &manifest.config_sha256),
            ("model.safetensors", weights_sha256, &manifest.weights_sha256),
        ];
        let changed: Vec<_> = files.iter().filter(|(_, now, then)| now != *then).collect();
        finding.checksums_match = Some(changed.is_empty());
        finding.problems.extend(changed.into_iter().map(|(file, now, then)| {
            format!(
                "{}: sha256 {}, and {} when it came; pull or import the checkpoint again",
                installed.place.file(file).display(),
                short(now),
                short(then)
            )
        }));
    }
    // As the pipeline has it: so much must be free before it loads.
    let needed_mb = checkpoint.needed_ram_mb(config.chronos.min_free_ram_mb);
    if let Some(free_mb) = free_ram_mb.filter(|free| *free < needed_mb) {
        finding.warnings.push(ChronosError::Memory { free_mb, needed_mb }.to_string());
    }
    Ok(())
}

/// Has the checkpoint forecast the fixed series and compares.
fn check_forecast(installed: &Installed, config: &Config, finding: &mut Finding) -> Result<(), ChronosError> {
    let precision = precision(config);
    let test = SelfTest::run(&installed.place, precision, &session(config));
    finding.finite = match &test {
        Ok(_) => Some(true),
        Err(ChronosError::Answer(_)) => Some(false),
        Err(_) => None,
    };
    let test = test?;
    let kept = installed.manifest.as_ref().map(|manifest| &manifest.self_test);
    let verified = test.compare(kept, precision)?;
    let (crossed, places) = verified.crossings;
    if crosses_much(verified.crossings) {
        let warning = format!("quantiles cross in {crossed} of {places} places: a trained model has few");
        finding.warnings.push(warning);
    }
    finding.crossings = Some(verified.crossings);
    finding.difference = verified.difference;
    Ok(())
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
                    format!("at most {difference:.1e} standard deviations from the one kept with it")
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
