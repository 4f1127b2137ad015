//! `forecaster model bench`: load time, latency and memory of checkpoints as configured.
//!
//! Measured as in a run, with the model in its own process. That process times the load and the latency itself, so
//! they do not include the pipe.

use super::listing::{outcome_of, width};
use crate::cli::output::{print, print_json};
use crate::config::settings::{ChronosDevice, Config};
use crate::failure::{CommandOutcome, Failure};
use crate::forecast::checkpoint::{SelectedCheckpoint, select_checkpoints};
use crate::forecast::chronos::{pipeline_settings, precision, worker};
use forecaster_chronos::{Checkpoint, ChronosError, Installed, Pipeline, memory};
use serde::Serialize;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Largest daily batch: roughly the origins of a run's pseudo-validation.
const BATCH: usize = 60;
/// Time for the repetitions of one measurement.
const BUDGET: Duration = Duration::from_secs(2);
/// Repetitions of one measurement: the minimum (however long they take) and the maximum.
const REPETITIONS: (usize, usize) = (3, 200);

#[derive(Serialize)]
struct BenchDocument {
    precision: &'static str,
    device: ChronosDevice,
    /// Configured threads; 0 means one per core.
    threads: usize,
    checkpoints: Vec<BenchRow>,
}

#[derive(Serialize)]
struct BenchRow {
    name: String,
    #[serde(flatten)]
    figures: Option<Figures>,
    /// Reason for missing figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct Figures {
    /// Values per context, at most the model's context length.
    context: usize,
    /// Forecast steps: the most that the model returns at once.
    steps: usize,
    /// Time from nothing loaded to the first forecast of one context, including process start and library.
    first_forecast_ms: f64,
    /// Memory of this process and the model's together.
    rss_mb: MemoryUse,
    /// Load time, including ONNX Runtime's library, without the start of the process.
    load_ms: f64,
    batch_1_ms: Latency,
    batch_60_ms: Latency,
}

/// Resident memory, MiB.
#[derive(Serialize)]
struct MemoryUse {
    before: f64,
    /// Peak with single contexts.
    peak_1: f64,
    /// Peak with batches of 60.
    peak: f64,
    /// Memory after the release.
    after: f64,
}

#[derive(Serialize)]
struct Latency {
    median: f64,
    best: f64,
    repetitions: usize,
}

/// Benchmarks one checkpoint, or every available one, with contexts of `context` values.
pub(super) fn bench(
    config: &Config,
    name: Option<&str>,
    context: usize,
    json: bool,
) -> Result<CommandOutcome, Failure> {
    let chosen = select_checkpoints(config, name)?;
    let row = |one: &SelectedCheckpoint| {
        let (figures, error) = match measured(config, one, context) {
            Ok(figures) => (Some(figures), None),
            Err(error) => (None, Some(error)),
        };
        BenchRow { name: one.name.clone(), figures, error }
    };
    let document = BenchDocument {
        precision: precision(config).name(),
        device: config.chronos.device,
        threads: config.chronos.threads,
        checkpoints: chosen.iter().map(row).collect(),
    };
    let failed = document.checkpoints.iter().filter(|row| row.error.is_some()).count();
    if json {
        print_json(&document)?
    } else {
        print(&table(&document))?
    }
    outcome_of(failed, document.checkpoints.len())
}

fn measured(config: &Config, one: &SelectedCheckpoint, context: usize) -> Result<Figures, String> {
    match &one.found {
        Ok(installed) => figures(config, installed, context).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// Synthetic prices with drift and oscillation; each context starts one step after the one before.
fn contexts(count: usize, length: usize) -> Vec<Vec<f64>> {
    let price = |t: f64| 900.0 + 0.05 * t + 25.0 * (t / 40.0).sin() + 6.0 * (t * 1.7).cos() + 3.0 * (t * t).sin();
    (0..count).map(|first| (first..first + length).map(|t| price(t as f64)).collect()).collect()
}

/// Context length and forecast steps for this checkpoint.
fn extent(installed: &Installed, context: usize) -> Result<(usize, usize), ChronosError> {
    let checkpoint = Checkpoint::open(&installed.place)?;
    Ok((context.min(checkpoint.config().context_length), checkpoint.config().prediction_length))
}

fn figures(config: &Config, installed: &Installed, context: usize) -> Result<Figures, ChronosError> {
    let (length, steps) = extent(installed, context)?;
    let (one, sixty) = (contexts(1, length), contexts(BATCH, length));
    let pipeline = Pipeline::new(pipeline_settings(config, installed, Some(worker(None))));
    // The very first load may have to convert the checkpoint.
    pipeline.predict(&one, steps)?;
    pipeline.release();
    pipeline.take_peak_rss_mb();
    let before = memory::rss_mb();
    let start = Instant::now();
    pipeline.predict(&one, steps)?;
    let first_forecast_ms = milliseconds(start);
    let load_ms = 1e3 * pipeline.load_seconds().unwrap_or(f64::NAN);
    let batch_1_ms = latency(&pipeline, &one, steps)?;
    let peak_1 = memory::rss_mb() + pipeline.take_peak_rss_mb();
    let batch_60_ms = latency(&pipeline, &sixty, steps)?;
    let peak = memory::rss_mb() + pipeline.take_peak_rss_mb();
    pipeline.release();
    let rss_mb = MemoryUse { before, peak_1, peak, after: memory::rss_mb() };
    Ok(Figures { context: length, steps, first_forecast_ms, rss_mb, load_ms, batch_1_ms, batch_60_ms })
}

/// Measures the latency of forecasts after the first one, which allocates.
fn latency(pipeline: &Pipeline, contexts: &[Vec<f64>], steps: usize) -> Result<Latency, ChronosError> {
    pipeline.predict(contexts, steps)?;
    let begin = Instant::now();
    let mut times = Vec::new();
    while times.len() < REPETITIONS.0 || (times.len() < REPETITIONS.1 && begin.elapsed() < BUDGET) {
        times.push(1e3 * pipeline.predict(contexts, steps)?.seconds);
    }
    times.sort_by(f64::total_cmp);
    Ok(Latency { median: times[times.len() / 2], best: times[0], repetitions: times.len() })
}

fn milliseconds(start: Instant) -> f64 {
    1e3 * start.elapsed().as_secs_f64()
}

fn table(document: &BenchDocument) -> String {
    let names = width("checkpoint", document.checkpoints.iter().map(|row| row.name.as_str()));
    let threads = if document.threads == 0 { "all".to_owned() } else { document.threads.to_string() };
    let mut text = format!(
        "{:<names$}{:>10}{:>9}{:>9}{:>9}{:>12}{:>18}{:>18}{:>9}{:>9}{:>9}\n",
        "checkpoint",
        "precision",
        "threads",
        "context",
        "load ms",
        "1st fc. ms",
        "batch 1 ms",
        format!("batch {BATCH} ms"),
        "RSS MiB",
        "peak",
        "after"
    );
    for row in &document.checkpoints {
        let Some(figures) = &row.figures else {
            let _ = writeln!(text, "{:<names$}  failed: {}", row.name, row.error.as_deref().unwrap_or_default());
            continue;
        };
        let both = |latency: &Latency| format!("{:.2} ({:.2})", latency.median, latency.best);
        let _ = writeln!(
            text,
            "{:<names$}{:>10}{threads:>9}{:>9}{:>9.1}{:>12.1}{:>18}{:>18}{:>9.1}{:>9.1}{:>9.1}",
            row.name,
            document.precision,
            figures.context,
            figures.load_ms,
            figures.first_forecast_ms,
            both(&figures.batch_1_ms),
            both(&figures.batch_60_ms),
            figures.rss_mb.before,
            figures.rss_mb.peak,
            figures.rss_mb.after
        );
    }
    text.push_str(
        "Batches: median (best). The first forecast starts a process and loads the model into it. Memory: of both \
         processes.\n",
    );
    text
}
