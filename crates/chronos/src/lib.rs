//! Chronos-Bolt without Python: from a Hugging Face checkpoint to an ONNX graph to an ONNX Runtime session to forecasts.
//!
//! A [`Checkpoint`] is `config.json` and `model.safetensors`; the graph built from them lies beside them as `model.onnx`
//! and finds its weights in the checkpoint's own file. A [`Predictor`] runs it: contexts in, the model's own quantiles out.
//! A [`Pipeline`] loads it on first need, in a process of its own where asked, and releases it. [`Chronos`] makes a
//! [`forecaster_domain::Model`] of it. [`ModelStore`] keeps checkpoints, [`Hub`] fetches them, [`candidates`] tells where
//! ONNX Runtime's library is looked for. [`EMBEDDED`] is the one checkpoint that is in the program.

mod artifact;
mod builder;
mod checkpoint;
mod chronos;
mod config;
mod embedded;
mod error;
mod graph;
mod hub;
pub mod memory;
mod onnx;
mod pipeline;
mod predictor;
mod runtime;
mod self_test;
mod session;
mod store;
mod worker;

pub use checkpoint::{Checkpoint, CheckpointPlace};
pub use chronos::{CHECKPOINT_DETAIL, CheckpointLabel, Chronos, ChronosSettings};
pub use config::{Activation, BoltConfig};
pub use embedded::{EMBEDDED, EmbeddedCheckpoint};
pub use error::ChronosError;
pub use hub::{Fetched, FetchedFile, Hub, HubError, Progress};
pub use pipeline::{Answers, Pipeline, PipelineSettings, WorkerCommand};
pub use predictor::{Predictor, check_context};
pub use runtime::{Candidate, Origin, Runtime, RuntimeError, candidates, runtime};
pub use self_test::{SelfTest, Verified};
pub use session::{Device, SessionSettings};
pub use store::{Installed, Manifest, ModelStore, check_not_taken, is_name, parameter_count, short};
pub use worker::serve_worker;

/// Precision of the weights in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// As the checkpoint has them, computed in single precision.
    #[default]
    Float,
    /// Matrices in eight bits, one scale for 64 weights.
    Int8,
}

impl Precision {
    /// Its name in logs and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float => "float32",
            Self::Int8 => "int8",
        }
    }
}
