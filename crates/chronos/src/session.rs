//! Session of a graph in ONNX Runtime: contexts in, the model's own quantiles out.

use crate::artifact::LoadableGraph;
use crate::config::BoltConfig;
use crate::error::ChronosError;
use crate::runtime::load_runtime;
use ndarray::{Array3, ArrayView2};
use ort::ep;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;
use std::path::PathBuf;

/// ONNX Runtime's setting for the folder with the weights of a model without a file of its own.
const WEIGHTS_FOLDER: &str = "session.model_external_initializers_file_folder_path";

/// Device that runs the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// The processor.
    Cpu,
    /// An NVIDIA card, through the CUDA provider; the processor when CUDA is not available.
    Cuda,
}

/// Settings of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSettings {
    /// Threads within an operation; 0 for one per core.
    pub threads: usize,
    /// Device to run on.
    pub device: Device,
    /// Path of ONNX Runtime's shared library; `None` to search for it.
    pub library: Option<PathBuf>,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self { threads: 0, device: Device::Cpu, library: None }
    }
}

/// A loaded model.
#[derive(Debug)]
pub(crate) struct BoltSession {
    session: Session,
    quantiles: usize,
    steps: usize,
    patch: usize,
}

impl BoltSession {
    /// Loads `graph`, which was made from a checkpoint with `config`.
    pub(crate) fn load(
        graph: &LoadableGraph,
        config: &BoltConfig,
        settings: &SessionSettings,
    ) -> Result<Self, ChronosError> {
        let runtime = load_runtime(settings.library.as_deref())?;
        // The arena is freed with the session, and keeps a batch of 60 under 250 MB where malloc's leftovers
        // take 330. Threads spin only during a forecast.
        let cpu = ep::CPU::default().with_arena_allocator(true).build();
        let builder = Session::builder(runtime.environment())?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(settings.threads)?
            .with_memory_pattern(false)?;
        let mut builder = match settings.device {
            Device::Cpu => builder.with_execution_providers([cpu])?,
            Device::Cuda => {
                let cuda = ep::CUDA::default().build().error_on_failure();
                match builder.clone().with_execution_providers([cuda, cpu.clone()]) {
                    Ok(builder) => builder,
                    Err(error) => {
                        let error = ChronosError::from(error);
                        tracing::warn!("no CUDA, running on the CPU instead: {error}");
                        builder.with_execution_providers([cpu])?
                    }
                }
            }
        };
        Ok(Self {
            session: match graph {
                LoadableGraph::File(file) => builder.commit_from_file(file)?,
                LoadableGraph::Memory { model, folder: None } => builder.commit_from_memory(model)?,
                LoadableGraph::Memory { model, folder: Some(folder) } => {
                    builder.with_config_entry(WEIGHTS_FOLDER, folder.to_string_lossy())?.commit_from_memory(model)?
                }
            },
            quantiles: config.quantiles.len(),
            steps: config.prediction_length,
            patch: config.patch,
        })
    }

    /// Runs the graph on `contexts` `[batch, time]`, NaN where nothing was observed, newest last. Returns quantiles
    /// `[batch, quantiles, prediction_length]` in the same unit.
    pub(crate) fn run(&mut self, contexts: ArrayView2<'_, f32>) -> Result<Array3<f32>, ChronosError> {
        let (batch, time) = contexts.dim();
        let padding = (self.patch - time % self.patch) % self.patch;
        let mut padded = Vec::with_capacity(batch * (time + padding));
        for context in contexts.rows() {
            padded.extend(std::iter::repeat_n(f32::NAN, padding));
            padded.extend(context.iter());
        }
        let input = TensorRef::from_array_view(([batch, time + padding], padded.as_slice()))?;
        let outputs = self.session.run(ort::inputs!["context" => input])?;
        let (_, values) = outputs["quantile_preds"].try_extract_tensor::<f32>()?;
        let shape = (batch, self.quantiles, self.steps);
        Array3::from_shape_vec(shape, values.to_vec())
            .map_err(|_| ChronosError::Session(format!("the graph's output does not have the shape {shape:?}")))
    }
}
