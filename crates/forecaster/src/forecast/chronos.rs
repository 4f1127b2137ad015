//! Chronos as configured: the checkpoint, the session settings, and the worker process.

use crate::config::settings::{ChronosDevice, Config, Quantize};
use crate::failure::{CommandOutcome, Failure};
use forecaster_chronos::{
    CheckpointLabel, Chronos, ChronosError, ChronosSettings, Device, Installed, ModelStore, Pipeline,
    PipelineSettings, Precision, SessionSettings, WorkerCommand,
};
use forecaster_domain::{BusinessCalendar, Horizon, ModelError};
use std::cell::OnceCell;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::time::Duration;

/// Longest wait for the worker's reply when the guard sets no limit, fixed and per context: loading from a slow disk
/// takes longest, and the largest checkpoint takes a thirtieth of a second per context.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(1));

/// The store of checkpoints, beside the rates and the ledger.
pub(crate) fn store(config: &Config) -> ModelStore {
    ModelStore::new(config.service.data_dir.join("models"))
}

/// Session settings.
pub(crate) fn session(config: &Config) -> SessionSettings {
    let chronos = &config.chronos;
    let device = match chronos.device {
        ChronosDevice::Cpu => Device::Cpu,
        ChronosDevice::Cuda => Device::Cuda,
    };
    let library = (!chronos.onnxruntime.as_os_str().is_empty()).then(|| chronos.onnxruntime.clone());
    SessionSettings { threads: chronos.threads, device, library }
}

/// Precision of the weights.
pub(crate) fn precision(config: &Config) -> Precision {
    match config.chronos.quantize {
        Quantize::None => Precision::Float,
        Quantize::Int8 => Precision::Int8,
    }
}

/// The configured checkpoint. All horizons share one pipeline, so that it stays loaded from one to the next. The
/// checkpoint is looked up when a horizon first needs it; when none does, nothing is read.
#[derive(Debug, Default)]
pub(crate) struct ChronosSource {
    found: OnceCell<Result<(Pipeline, CheckpointLabel), ModelError>>,
    limit: Option<Duration>,
}

impl ChronosSource {
    /// Source for runs: a reply that takes longer than the guard allows is not waited for.
    pub(crate) fn guarded(config: &Config) -> Self {
        Self { limit: Some(Duration::from_secs(config.guard.max_extra_seconds)), ..Self::default() }
    }

    /// Returns the model of one horizon, with nothing loaded yet. A missing checkpoint is reported by each model that
    /// uses it.
    pub(crate) fn model(&self, config: &Config, horizon: Horizon, calendar: &BusinessCalendar) -> Chronos {
        let chronos = &config.horizons.get(horizon).chronos;
        let settings = ChronosSettings { context_length: chronos.context_length, temperature: chronos.temperature };
        match self.found.get_or_init(|| pipeline(config, self.limit).map_err(ModelError::from)) {
            Ok((pipeline, label)) => Chronos::new(pipeline.clone(), label.clone(), settings, *calendar),
            Err(reason) => Chronos::unavailable(reason.clone(), settings, *calendar),
        }
    }

    /// Peak resident memory of the worker process since the last call, MiB; 0 when there was none.
    pub(crate) fn take_peak_rss_mb(&self) -> f64 {
        self.pipeline().map_or(0.0, Pipeline::take_peak_rss_mb)
    }

    /// Releases the memory of the model.
    pub(crate) fn release(&self) {
        if let Some(pipeline) = self.pipeline() {
            pipeline.release();
        }
    }

    fn pipeline(&self) -> Option<&Pipeline> {
        self.found.get()?.as_ref().ok().map(|(pipeline, _)| pipeline)
    }
}

fn pipeline(config: &Config, limit: Option<Duration>) -> Result<(Pipeline, CheckpointLabel), ChronosError> {
    let installed = store(config).find(&config.chronos.model)?;
    let (checkpoint, weights_sha256) = installed.open()?;
    let label = CheckpointLabel {
        name: installed.name.clone(),
        parameters: checkpoint.parameters(),
        context_length: checkpoint.config().context_length,
        weights_sha256,
        config_sha256: checkpoint.config_sha256().to_owned(),
    };
    let idle_unload = Duration::from_secs(config.chronos.idle_unload_seconds);
    let settings = PipelineSettings { idle_unload, ..pipeline_settings(config, &installed, Some(worker(limit))) };
    Ok((Pipeline::new(settings), label))
}

/// Pipeline settings for a checkpoint as configured, in a worker process or in this one; the model stays loaded until
/// it is released.
pub(crate) fn pipeline_settings(
    config: &Config,
    installed: &Installed,
    worker: Option<WorkerCommand>,
) -> PipelineSettings {
    PipelineSettings {
        name: installed.name.clone(),
        place: installed.place.clone(),
        precision: precision(config),
        session: session(config),
        idle_unload: Duration::ZERO,
        min_free_ram_mb: config.chronos.min_free_ram_mb,
        worker,
    }
}

/// Command that starts this program again as a worker; `limit` is the longest wait for a reply.
pub(crate) fn worker(limit: Option<Duration>) -> WorkerCommand {
    let (patience, patience_a_context) = limit.map_or(PATIENCE, |limit| (limit, Duration::ZERO));
    let mut arguments = crate::host::logging::arguments();
    arguments.push("chronos-worker".to_owned());
    WorkerCommand {
        program: this_program(),
        arguments,
        reply_timeout: patience,
        timeout_per_context: patience_a_context,
    }
}

/// Path of this program. On Linux, the kernel's link to it, which stays valid when an upgrade replaces the file.
pub(crate) fn this_program() -> PathBuf {
    let link = PathBuf::from("/proc/self/exe");
    if link.exists() { link } else { std::env::current_exe().unwrap_or(link) }
}

/// Runs the worker side.
pub(crate) fn serve() -> Result<CommandOutcome, Failure> {
    let lost = |source: std::io::Error| Failure::System { what: "the Chronos worker lost its parent", source };
    // Name shown by ps and top; a failure to set it does not matter.
    let _ = std::fs::write("/proc/self/comm", "chronos-worker");
    // Standard output is the channel to the parent: anything that native code prints goes to standard error instead.
    let to_parent = rustix::io::dup(std::io::stdout()).map_err(|e| lost(e.into()))?;
    rustix::stdio::dup2_stdout(std::io::stderr()).map_err(|e| lost(e.into()))?;
    forecaster_chronos::serve_worker(BufReader::new(std::io::stdin()), File::from(to_parent))
        .map(|()| CommandOutcome::Done)
        .map_err(lost)
}
