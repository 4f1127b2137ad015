//! `forecaster model bench`: time to load, latency and memory of checkpoints as configured.
//!
//! Memory and the time to the first forecast are measured as a run has them, with the model in a process of its own;
//! time to load and latency within this process, so that no pipe is part of them.

use super::{Chosen, chosen, ended, width};
use crate::chronos::{pipeline_settings, precision, session, worker};
use crate::commands::{print, print_json};
use crate::config::{ChronosDevice, Config};
use crate::failure::{Failure, Outcome};
use forecaster_chronos::{Checkpoint, ChronosError, Installed, Pipeline, Predictor, memory, runtime};
use serde::Serialize;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// The origins of a run's pseudo-validation, near enough: the greatest batch that is asked for every day.
const BATCH: usize = 60;
/// Time for the repetitions of one measurement.
const BUDGET: Duration = Duration::from_secs(2);
/// Repetitions of one measurement, however long they take, and at most.
const REPETITIONS: (usize, usize) = (3, 200);

#[derive(Serialize)]
struct BenchDocument {
    precision: &'static str,
    device: ChronosDevice,
    /// As configured: 0 is one a core.
    threads: usize,
    checkpoints: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    #[serde(flatten)]
    figures: Option<Figures>,
    /// Why there are no figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct Figures {
    /// Values in a context, as many as the model takes.
    context: usize,
    /// Steps forecast: as many as the model gives at once.
    steps: usize,
    /// From nothing to the first forecast of one context, process and library included.
    first_forecast_ms: f64,
    /// This process and the model's, together.
    rss_mb: Memory,
    /// Loading within this process, the library being there.
    load_ms: f64,
    /// What loading within this process has added.
    load_rss_mb: f64,
    batch_1_ms: Latency,
    batch_60_ms: Latency,
}

/// Resident memory, MiB.
#[derive(Serialize)]
struct Memory {
    before: f64,
    /// With a batch of 60.
    peak: f64,
    /// After the release.
    after: f64,
}

#[derive(Serialize)]
struct Latency {
    median: f64,
    best: f64,
    repetitions: usize,
}

/// What is measured in a process of its own.
struct Apart {
    first_forecast_ms: f64,
    rss_mb: Memory,
}

/// Measures one checkpoint or all at hand, with contexts of `context` values.
pub(super) fn bench(config: &Config, name: Option<&str>, context: usize, json: bool) -> Result<Outcome, Failure> {
    let chosen = chosen(config, name)?;
    // All of these first: what the later ones leave in this process would be counted with the next checkpoint's.
    let apart: Vec<_> = chosen.iter().map(|one| each(one, |installed| apart(config, installed, context))).collect();
    let measure = |(one, apart): (&Chosen, Result<Apart, String>)| {
        let name = one.name.clone();
        match apart.and_then(|apart| each(one, |installed| within(config, installed, context, apart))) {
            Ok(figures) => Row { name, figures: Some(figures), error: None },
            Err(error) => Row { name, figures: None, error: Some(error) },
        }
    };
    let document = BenchDocument {
        precision: precision(config).name(),
        device: config.chronos.device,
        threads: config.chronos.threads,
        checkpoints: chosen.iter().zip(apart).map(measure).collect(),
    };
    let failed = document.checkpoints.iter().filter(|row| row.error.is_some()).count();
    if json {
        print_json(&document)?
    } else {
        print(&table(&document))?
    }
    ended(failed, document.checkpoints.len())
}

fn each<T>(one: &Chosen, measure: impl FnOnce(&Installed) -> Result<T, ChronosError>) -> Result<T, String> {
    match &one.found {
        Ok(installed) => measure(installed).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// Contexts of prices that drift and swing, each a little further on than the one before.
fn contexts(count: usize, length: usize) -> Vec<Vec<f64>> {
    let price = |t: f64| 900.0 + 0.05 * t + 25.0 * (t / 40.0).sin() + 6.0 * (t * 1.7).cos() + 3.0 * (t * t).sin();
    (0..count).map(|first| (first..first + length).map(|t| price(t as f64)).collect()).collect()
}

/// Values in a context and steps of a forecast, for this checkpoint.
fn extent(installed: &Installed, context: usize) -> Result<(usize, usize), ChronosError> {
    let checkpoint = Checkpoint::open(&installed.directory)?;
    Ok((context.min(checkpoint.config().context_length), checkpoint.config().prediction_length))
}

fn apart(config: &Config, installed: &Installed, context: usize) -> Result<Apart, ChronosError> {
    let (length, steps) = extent(installed, context)?;
    let (one, sixty) = (contexts(1, length), contexts(BATCH, length));
    let pipeline = Pipeline::new(pipeline_settings(config, installed, Some(worker())));
    // The first load of all may have to convert the checkpoint.
    pipeline.predict(&one, steps)?;
    pipeline.release();
    pipeline.take_peak_rss_mb();
    let before = memory::rss_mb();
    let start = Instant::now();
    pipeline.predict(&one, steps)?;
    let first_forecast_ms = milliseconds(start);
    pipeline.predict(&sixty, steps)?;
    let peak = memory::rss_mb() + pipeline.take_peak_rss_mb();
    pipeline.release();
    Ok(Apart { first_forecast_ms, rss_mb: Memory { before, peak, after: memory::rss_mb() } })
}

fn within(config: &Config, installed: &Installed, context: usize, apart: Apart) -> Result<Figures, ChronosError> {
    let (length, steps) = extent(installed, context)?;
    let session = session(config);
    runtime(session.library.as_deref())?;
    let before = memory::rss_mb();
    let start = Instant::now();
    let mut predictor = Predictor::load(&installed.directory, precision(config), &session)?;
    let load_ms = milliseconds(start);
    let load_rss_mb = memory::rss_mb() - before;
    Ok(Figures {
        context: length,
        steps,
        first_forecast_ms: apart.first_forecast_ms,
        rss_mb: apart.rss_mb,
        load_ms,
        load_rss_mb,
        batch_1_ms: latency(&mut predictor, &contexts(1, length), steps)?,
        batch_60_ms: latency(&mut predictor, &contexts(BATCH, length), steps)?,
    })
}

/// Of forecasts after the first one, which allocates.
fn latency(predictor: &mut Predictor, contexts: &[Vec<f64>], steps: usize) -> Result<Latency, ChronosError> {
    predictor.predict(contexts, steps)?;
    let begin = Instant::now();
    let mut times = Vec::new();
    while times.len() < REPETITIONS.0 || (times.len() < REPETITIONS.1 && begin.elapsed() < BUDGET) {
        let start = Instant::now();
        predictor.predict(contexts, steps)?;
        times.push(milliseconds(start));
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
