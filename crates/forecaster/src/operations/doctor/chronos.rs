//! Checks of Chronos from the library to its weight in the ensemble, as a run would use it.

use super::check::{Check, with_temporary_data_dir};
use super::configuration::enabled;
use super::places::LEDGER_LOCK_TIMEOUT;
use crate::config::load::LoadedConfig;
use crate::config::settings::Config;
use crate::forecast::checkpoint::{CheckpointFinding, crosses_much, verify_configured};
use crate::forecast::chronos::{ChronosSource, session};
use crate::forecast::forecast;
use crate::guard::rollout::USUAL_WEIGHT;
use crate::guard::suspension_text;
use crate::host::clock::today;
use crate::market::Market;
use forecaster_chronos::{candidates, load_runtime};
use forecaster_domain::{Horizon, ModelId};
use forecaster_ensemble::NoCache;
use forecaster_ledger::{Ledger, copy_ledger};

/// Validation origins of the trial, enough for a weight.
const ORIGINS: usize = 4;

pub(super) fn chronos(loaded: &LoadedConfig) -> Vec<Check> {
    let config = &loaded.config;
    let horizons: Vec<Horizon> = enabled(config).filter(|h| config.horizons.get(*h).chronos.enabled).collect();
    let Some(first) = horizons.first() else {
        return vec![Check::skip("chronos.library", "Chronos is off in every horizon")];
    };
    let mut checks = suspensions(config, &horizons);
    checks.push(library(config));
    checks.extend(model(config));
    checks.extend(trial(config, *first));
    checks
}

fn library(config: &Config) -> Check {
    const ID: &str = "chronos.library";
    let configured = session(config).library;
    match load_runtime(configured.as_deref()) {
        Ok(runtime) => Check::ok(ID, format!("ONNX Runtime {}, {}", runtime.version(), runtime.path().display())),
        Err(error) => {
            let places = candidates(configured.as_deref()).len();
            let fix = format!(
                "pip download --no-deps onnxruntime, take libonnxruntime.so out of the wheel, and set chronos.onnxruntime to it ({places} places were looked at)"
            );
            Check::fail(ID, error.to_string(), fix)
        }
    }
}

fn model(config: &Config) -> Vec<Check> {
    const FIX: &str = "forecaster model pull NAME, or model = \"embedded\" under [chronos]";
    let CheckpointFinding { name, checksums_match, finite, difference, crossings, problems, .. } =
        match verify_configured(config) {
            Ok(verified) => verified,
            Err(failure) => return vec![Check::fail("chronos.model", failure.to_string(), FIX)],
        };
    let mut checks = Vec::new();
    checks.push(match (problems.first(), checksums_match) {
        (Some(problem), _) => Check::fail("chronos.model", problem, FIX),
        (None, Some(true)) => {
            let agrees = difference.map(|d| format!(", forecasts as it did when installed (within {d:.0e})"));
            Check::ok("chronos.model", format!("{name}: checksums unchanged{}", agrees.unwrap_or_default()))
        }
        (None, _) => Check::ok("chronos.model", format!("{name}: not in the store, so nothing to compare with")),
    });
    checks.push(match (finite, crossings) {
        (Some(true), Some((crossed, places))) if crosses_much((crossed, places)) => Check::warn(
            "chronos.forecast",
            format!("finite, but {crossed} of {places} neighbouring quantiles are out of order"),
            "is it a trained checkpoint? forecaster model verify",
        ),
        (Some(true), crossings) => {
            let crossed = crossings.map_or(0, |(crossed, _)| crossed);
            Check::ok("chronos.forecast", format!("finite; {crossed} quantiles out of order, which are sorted"))
        }
        (Some(false), _) => Check::fail("chronos.forecast", "the forecast of a fixed series is not finite", FIX),
        (None, _) => Check::skip("chronos.forecast", "it could not be tried"),
    });
    checks
}

/// Forecasts as a run does, with few origins and nothing kept.
fn trial(config: &Config, horizon: Horizon) -> Vec<Check> {
    const INCLUDED: &str = "chronos.ensemble";
    const MEMORY: &str = "chronos.memory";
    let mut config = config.clone();
    config.ensemble.origins = ORIGINS;
    let today = today(&config);
    let (market, _folder) = with_temporary_data_dir(&config);
    let market = match Market::load(&market, None, today) {
        Ok(market) => market,
        Err(error) => {
            return vec![Check::skip(INCLUDED, format!("there are no rates to try it on: {error}"))];
        }
    };
    let source = ChronosSource::guarded(&config);
    let forecast = forecast(&config, &market, horizon, &NoCache, &source, None);
    let worker = source.take_peak_rss_mb();
    source.release();
    let included = match &forecast {
        Err(error) => Check::fail(INCLUDED, error.to_string(), "forecaster rates check"),
        Ok(forecast) => {
            let seconds = forecast.chronos_seconds.unwrap_or_default();
            let weight = forecast.models.iter().find(|it| it.id == ModelId::Chronos).map(|it| it.weight);
            match (weight, forecast.why_left_out(ModelId::Chronos)) {
                (Some(weight), _) if weight > 0.0 => {
                    let finding = format!("{horizon}: weight {:.1} % in a trial, {seconds:.1} s", 100.0 * weight);
                    if USUAL_WEIGHT.contains(&weight) {
                        Check::ok(INCLUDED, finding)
                    } else {
                        Check::warn(
                            INCLUDED,
                            finding,
                            "10 to 40 % is usual; forecaster chronos status shows the weight in runs",
                        )
                    }
                }
                (_, reason) => Check::fail(
                    INCLUDED,
                    format!("{horizon}: Chronos is left out: {}", reason.unwrap_or("it has no weight")),
                    "the lines above say what is missing",
                ),
            }
        }
    };
    let left = workers();
    let memory = match (left, worker) {
        (1.., _) => Check::warn(MEMORY, "a process of Chronos is still there", "look with: ps -C chronos-worker"),
        (_, 0.0) => Check::skip(MEMORY, "it was not loaded"),
        _ => Check::ok(MEMORY, format!("its process took {worker:.0} MB, and has ended")),
    };
    vec![included, memory]
}

/// Counts the Chronos processes started by this process.
fn workers() -> usize {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let children = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let name = |id: &str| std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
    children
        .flat_map(|ids| ids.split_whitespace().map(name).collect::<Vec<_>>())
        .filter(|it| it.trim() == "chronos-worker")
        .count()
}

/// Guard suspensions of Chronos, horizon by horizon, read from a copy of the ledger.
fn suspensions(config: &Config, horizons: &[Horizon]) -> Vec<Check> {
    let path = config.service.data_dir.join("ledger.sqlite");
    let read = || -> Option<Vec<Check>> {
        let folder = tempfile::tempdir().ok()?;
        let copy = folder.path().join("ledger.sqlite");
        copy_ledger(&path, &copy, LEDGER_LOCK_TIMEOUT).ok()?;
        let ledger = Ledger::open(&copy).ok()?;
        let one = |horizon: &Horizon| {
            let id = format!("chronos.guard_{horizon}");
            Some(match ledger.guard(*horizon).ok()?.and_then(|state| state.suspension) {
                Some(it) => Check::warn(
                    &id,
                    suspension_text(&it, *horizon, config),
                    format!("forecaster chronos resume {horizon}"),
                ),
                None => Check::ok(&id, "not suspended"),
            })
        };
        horizons.iter().map(one).collect()
    };
    // Problems with the ledger are reported in its own group.
    if !path.exists() {
        return Vec::new();
    }
    read().unwrap_or_else(|| vec![Check::skip("chronos.guard", "the ledger could not be looked into")])
}
