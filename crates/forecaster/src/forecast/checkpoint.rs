//! Checkpoints of Chronos as configured: which are at hand, and whether one is as it came, loads, and forecasts what it
//! did.

use crate::config::settings::Config;
use crate::failure::Failure;
use crate::forecast::chronos::{precision, session, store};
use forecaster_chronos::{Checkpoint, ChronosError, EMBEDDED, Installed, SelfTest, short};
use serde::Serialize;

/// A checkpoint that a command is about, or why it is not there.
pub(crate) struct Chosen {
    /// Its name.
    pub name: String,
    /// Where it is, or why it is not there.
    pub found: Result<Installed, ChronosError>,
}

/// The checkpoint or folder called `name`; without a name the one in the program, all of the store, and the configured one.
///
/// # Errors
/// When there is none of that name.
pub(crate) fn chosen(config: &Config, name: Option<&str>) -> Result<Vec<Chosen>, Failure> {
    let store = store(config);
    if let Some(name) = name {
        let found = store.find(name)?;
        return Ok(vec![Chosen { name: found.name.clone(), found: Ok(found) }]);
    }
    let mut all: Vec<Chosen> =
        store.list().into_iter().map(|found| Chosen { name: found.name.clone(), found: Ok(found) }).collect();
    let configured = &config.chronos.model;
    if !EMBEDDED.answers_to(configured) && all.iter().all(|one| one.name != *configured) {
        all.push(Chosen { name: configured.clone(), found: store.find(configured) });
    }
    Ok(all)
}

/// Share of neighbouring quantiles out of order from which on a model is hardly a trained one.
const MANY_CROSSINGS: f64 = 0.05;

/// What was found of one checkpoint.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Finding {
    /// Its name.
    pub name: String,
    /// Whether nothing is wrong with it.
    pub ok: bool,
    /// Whether both files are as they came; null where no manifest tells.
    pub checksums_match: Option<bool>,
    /// Whether the forecast of the fixed series is finite; null where there is none.
    pub finite: Option<bool>,
    /// Largest difference from the forecast kept with it, in standard deviations of the series.
    pub difference: Option<f64>,
    /// Neighbouring quantiles out of order, of how many.
    pub crossings: Option<(usize, usize)>,
    /// What is wrong with it.
    pub problems: Vec<String>,
    /// What somebody should know.
    pub warnings: Vec<String>,
}

/// Whether so many of the places are out of order that the model is hardly a trained one.
pub(crate) fn crosses_much((crossed, places): (usize, usize)) -> bool {
    crossed as f64 > MANY_CROSSINGS * places as f64
}

/// Verifies the configured checkpoint.
///
/// # Errors
/// When there is none of that name.
pub(crate) fn verify_configured(config: &Config) -> Result<Finding, Failure> {
    let mut found = chosen(config, Some(&config.chronos.model))?;
    let one = found.pop().ok_or_else(|| Failure::NoCheckpoint(config.chronos.model.clone()))?;
    Ok(examine(config, one, None))
}

/// Looks at one; what is wrong is told in the finding.
pub(crate) fn examine(config: &Config, one: Chosen, free_ram_mb: Option<u64>) -> Finding {
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
