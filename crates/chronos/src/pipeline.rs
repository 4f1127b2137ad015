//! Lifetime of a loaded model: loaded on first use when there is enough memory, kept while forecasts follow each
//! other, released when idle or on request.

use crate::checkpoint::{Checkpoint, CheckpointPlace};
use crate::error::ChronosError;
use crate::memory;
use crate::precision::Precision;
use crate::predictor::Predictor;
use crate::session::SessionSettings;
use crate::worker::{Worker, WorkerCommand};
use ndarray::Array2;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Settings of a pipeline.
#[derive(Debug, Clone)]
pub struct PipelineSettings {
    /// Name of the checkpoint, for the log.
    pub name: String,
    /// Location of the checkpoint.
    pub place: CheckpointPlace,
    /// Precision of the weights.
    pub precision: Precision,
    /// Settings of the session.
    pub session: SessionSettings,
    /// Time without a forecast after which the model is released; zero: only on request.
    pub idle_unload: Duration,
    /// Free memory required before loading, MiB; at least twice the size of the weights is always required.
    pub min_free_ram_mb: u64,
    /// Process that the model runs in; `None` for this one.
    pub worker: Option<WorkerCommand>,
}

/// Model that is loaded when needed and released when idle.
#[derive(Debug, Clone)]
pub struct Pipeline(Arc<PipelineState>);

#[derive(Debug)]
struct PipelineState {
    settings: PipelineSettings,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    loaded: Option<LoadedModel>,
    last_used: Option<Instant>,
    peak_rss_mb: f64,
}

#[derive(Debug)]
enum LoadedModel {
    InProcess(Box<Predictor>),
    InWorker(Worker),
}

/// Result of a prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// Levels of the quantiles.
    pub levels: Vec<f64>,
    /// Quantiles of the model itself for each context, `[steps, quantiles]`.
    pub quantiles: Vec<Array2<f64>>,
    /// Seconds spent in the model, without loading it and without communication with its process.
    pub seconds: f64,
}

impl Pipeline {
    /// Creates a pipeline with nothing loaded.
    pub fn new(settings: PipelineSettings) -> Self {
        Self(Arc::new(PipelineState { settings, state: Mutex::default() }))
    }

    /// Settings of the pipeline.
    pub fn settings(&self) -> &PipelineSettings {
        &self.0.settings
    }

    /// Same as [`Predictor::predict`], loading the model first if necessary.
    ///
    /// # Errors
    /// Same as [`Predictor::load`] and [`Predictor::predict`], and when too little memory is free. After the worker
    /// has ended, the next call starts a new one.
    pub fn predict(&self, contexts: &[Vec<f64>], steps: usize) -> Result<Predictions, ChronosError> {
        let mut guard = self.0.lock();
        let state = &mut *guard;
        let loaded = match &mut state.loaded {
            Some(loaded) => loaded,
            none => {
                let loaded = self.load()?;
                self.watch();
                none.insert(loaded)
            }
        };
        let start = Instant::now();
        let answer = match loaded {
            LoadedModel::InProcess(predictor) => {
                let levels = predictor.config().quantiles.clone();
                let answer = predictor.predict(contexts, steps);
                answer.map(|quantiles| Predictions { levels, quantiles, seconds: start.elapsed().as_secs_f64() })
            }
            LoadedModel::InWorker(worker) => {
                let answer = worker.predict(contexts, steps);
                let levels = worker.levels().to_vec();
                let answer = answer.map(|(quantiles, seconds)| Predictions { levels, quantiles, seconds });
                state.peak_rss_mb = state.peak_rss_mb.max(worker.peak_rss_mb());
                answer
            }
        };
        state.last_used = Some(Instant::now());
        if matches!(answer, Err(ChronosError::Worker(..))) {
            // The next call starts a new process.
            state.loaded = None;
        }
        answer
    }

    /// Releases the model if one is loaded.
    pub fn release(&self) {
        self.0.release(&mut self.0.lock());
    }

    /// True when a model is loaded.
    pub fn is_loaded(&self) -> bool {
        self.0.lock().loaded.is_some()
    }

    /// Seconds that loading took in the worker, without its start; `None` without a worker.
    pub fn load_seconds(&self) -> Option<f64> {
        match self.0.lock().loaded.as_ref() {
            Some(LoadedModel::InWorker(worker)) => Some(worker.load_seconds()),
            _ => None,
        }
    }

    /// Greatest resident memory of the worker since the last call, MiB; 0 without a worker. A model loaded in this
    /// process counts as the process's own memory.
    pub fn take_peak_rss_mb(&self) -> f64 {
        std::mem::take(&mut self.0.lock().peak_rss_mb)
    }

    fn load(&self) -> Result<LoadedModel, ChronosError> {
        let settings = &self.0.settings;
        let checkpoint = Checkpoint::open(&settings.place)?;
        let needed_mb = checkpoint.needed_ram_mb(settings.min_free_ram_mb);
        let free_mb = memory::free_mb();
        if let Some(free_mb) = free_mb.filter(|free| *free < needed_mb) {
            return Err(ChronosError::Memory { free_mb, needed_mb });
        }
        tracing::info!(
            checkpoint = settings.name,
            free_ram_mb = free_mb,
            rss_mb = memory::rss_mb().round(),
            "Loading Chronos pipeline"
        );
        match &settings.worker {
            Some(command) => {
                let worker = Worker::start(command, &settings.place, settings.precision, &settings.session)?;
                Ok(LoadedModel::InWorker(worker))
            }
            None => {
                let predictor = Predictor::load(&settings.place, settings.precision, &settings.session)?;
                Ok(LoadedModel::InProcess(Box::new(predictor)))
            }
        }
    }

    /// Watches a newly loaded model from a separate thread until it is released.
    fn watch(&self) {
        if self.0.settings.idle_unload.is_zero() {
            return;
        }
        let shared = Arc::downgrade(&self.0);
        let watcher = std::thread::Builder::new().name("chronos-idle".to_owned()).spawn(move || watch(&shared));
        if let Err(error) = watcher {
            tracing::warn!("Chronos will stay loaded until the end of the run: no thread to watch over it ({error})");
        }
    }
}

impl PipelineState {
    fn lock(&self) -> MutexGuard<'_, State> {
        // After a panic the state is still valid: a model is either loaded or not.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn release(&self, state: &mut State) {
        if state.loaded.take().is_some() {
            tracing::info!(checkpoint = self.settings.name, "Releasing Chronos pipeline from memory");
        }
    }
}

impl Drop for PipelineState {
    fn drop(&mut self) {
        let mut state = std::mem::take(self.state.get_mut().unwrap_or_else(PoisonError::into_inner));
        self.release(&mut state);
    }
}

fn watch(pipeline: &Weak<PipelineState>) {
    let mut wait = Duration::ZERO;
    loop {
        std::thread::sleep(wait);
        // Held only while checking, so that dropping the pipeline releases the model at once.
        let Some(shared) = pipeline.upgrade() else { return };
        let mut state = shared.lock();
        if state.loaded.is_none() {
            return;
        }
        let idle = state.last_used.map_or(Duration::ZERO, |used| used.elapsed());
        let limit = shared.settings.idle_unload;
        if state.last_used.is_some() && idle >= limit {
            shared.release(&mut state);
            return;
        }
        wait = (limit - idle.min(limit)).clamp(Duration::from_millis(10), Duration::from_secs(1));
    }
}
