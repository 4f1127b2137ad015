//! Chronos checkpoints as configured: the available ones, and checks that a checkpoint is unchanged, loads, and
//! forecasts as it did when installed.

use crate::config::settings::Config;
use crate::failure::Failure;
use crate::forecast::chronos::{precision, session, store};
use forecaster_chronos::{Checkpoint, ChronosError, EMBEDDED, Installed, SelfTest, short};
use serde::Serialize;

/// A checkpoint that a command works on, or the error when it is missing.
pub(crate) struct SelectedCheckpoint {
    /// Name of the checkpoint.
    pub name: String,
    /// Location, or the error when it is missing.
    pub found: Result<Installed, ChronosError>,
}

/// Returns the checkpoint or folder called `name`; without a name, the embedded one, all in the store, and the
/// configured one.
///
/// # Errors
/// When there is no checkpoint of that name.
pub(crate) fn select_checkpoints(config: &Config, name: Option<&str>) -> Result<Vec<SelectedCheckpoint>, Failure> {
    let store = store(config);
    if let Some(name) = name {
        let found = store.find(name)?;
        return Ok(vec![SelectedCheckpoint { name: found.name.clone(), found: Ok(found) }]);
    }
    let mut all: Vec<SelectedCheckpoint> = store
        .list()
        .into_iter()
        .map(|found| SelectedCheckpoint { name: found.name.clone(), found: Ok(found) })
        .collect();
    let configured = &config.chronos.model;
    if !EMBEDDED.matches_name(configured) && all.iter().all(|one| one.name != *configured) {
        all.push(SelectedCheckpoint { name: configured.clone(), found: store.find(configured) });
    }
    Ok(all)
}

/// Share of neighbouring quantiles out of order above which a model is hardly a trained one.
const MANY_CROSSINGS: f64 = 0.05;

/// Findings about one checkpoint.
#[derive(Debug, Default, Serialize)]
pub(crate) struct CheckpointFinding {
    /// Name of the checkpoint.
    pub name: String,
    /// True when nothing is wrong with it.
    pub ok: bool,
    /// True when both files are unchanged since installation; null without a manifest.
    pub checksums_match: Option<bool>,
    /// True when the forecast of the fixed series is finite; null when there is no forecast.
    pub finite: Option<bool>,
    /// Largest difference from the stored forecast, in standard deviations of the series.
    pub difference: Option<f64>,
    /// Neighbouring quantiles out of order, and the number compared.
    pub crossings: Option<(usize, usize)>,
    /// Problems found.
    pub problems: Vec<String>,
    /// Warnings for the operator.
    pub warnings: Vec<String>,
}

/// True when so many neighbouring quantiles are out of order that the model is hardly a trained one.
pub(crate) fn crosses_much((crossed, places): (usize, usize)) -> bool {
    crossed as f64 > MANY_CROSSINGS * places as f64
}

/// Verifies the configured checkpoint.
///
/// # Errors
/// When there is no checkpoint of that name.
pub(crate) fn verify_configured(config: &Config) -> Result<CheckpointFinding, Failure> {
    let mut found = select_checkpoints(config, Some(&config.chronos.model))?;
    let one = found.pop().ok_or_else(|| Failure::NoCheckpoint(config.chronos.model.clone()))?;
    Ok(examine(config, one, None))
}

/// Examines one checkpoint; problems are reported in the finding.
pub(crate) fn examine(config: &Config, one: SelectedCheckpoint, free_ram_mb: Option<u64>) -> CheckpointFinding {
    let mut finding = CheckpointFinding { name: one.name, ..CheckpointFinding::default() };
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

/// Opens the checkpoint and compares its checksums with those recorded at installation.
fn check_files(
    installed: &Installed,
    config: &Config,
    free_ram_mb: Option<u64>,
    finding: &mut CheckpointFinding,
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
                "{}: sha256 is {}, but was {} when installed; pull or import the checkpoint again",
                installed.place.file(file).display(),
                short(now),
                short(then)
            )
        }));
    }
    // Same rule as in the pipeline: this much must be free before it loads.
    let needed_mb = checkpoint.needed_ram_mb(config.chronos.min_free_ram_mb);
    if let Some(free_mb) = free_ram_mb.filter(|free| *free < needed_mb) {
        finding.warnings.push(ChronosError::Memory { free_mb, needed_mb }.to_string());
    }
    Ok(())
}

/// Forecasts the fixed series with the checkpoint and compares the result with the stored forecast.
fn check_forecast(
    installed: &Installed,
    config: &Config,
    finding: &mut CheckpointFinding,
) -> Result<(), ChronosError> {
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
