//! Chronos-Bolt without Python: from Hugging Face checkpoint to ONNX graph, ONNX Runtime session and forecasts.
//!
//! A [`Checkpoint`] is `config.json` and `model.safetensors`; the graph built from them is stored beside them as
//! `model.onnx` and reads its weights from the checkpoint's own file. A [`Predictor`] runs it: contexts in, the
//! model's own quantiles out. A [`Pipeline`] loads it on first use, on request in a separate process, and releases
//! it. [`Chronos`] makes it a [`forecaster_domain::Model`]. [`ModelStore`] keeps checkpoints, [`Hub`] fetches them,
//! and [`candidates`] lists where ONNX Runtime's library is looked for. [`EMBEDDED`] is the built-in checkpoint.
//!
//! Imports go from left to right:
//!
//! ```text
//! chronos -> {pipeline, store} -> {worker, installed} -> self_test -> predictor -> session -> artifact -> graph -> builder
//!     -> checkpoint -> config -> error -> {hub, runtime} -> {digest, name, precision, embedded, memory, onnx}
//! ```

mod artifact;
mod builder;
mod checkpoint;
mod chronos;
mod config;
mod digest;
mod embedded;
mod error;
mod graph;
mod hub;
mod installed;
pub mod memory;
mod name;
mod onnx;
mod pipeline;
mod precision;
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
pub use hub::Hub;
pub use hub::error::HubError;
pub use hub::file::{FetchedCheckpoint, FetchedFile, Progress};
pub use installed::{Installed, Manifest};
pub use name::is_name;
pub use pipeline::{Pipeline, PipelineSettings, Predictions};
pub use precision::Precision;
pub use predictor::{Predictor, check_context};
pub use runtime::places::{Candidate, LibrarySource};
pub use runtime::{Runtime, RuntimeError, candidates, load_runtime};
pub use self_test::{SelfTest, Verified};
pub use session::{Device, SessionSettings};
pub use store::{ModelStore, check_not_taken, parameter_count, short};
pub use worker::{WorkerCommand, serve_worker};
