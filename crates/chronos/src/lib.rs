//! Chronos-Bolt without Python: from a Hugging Face checkpoint to an ONNX graph, an ONNX Runtime session and forecasts.
//!
//! - [`Checkpoint`]: `config.json` and `model.safetensors`. The graph built from them is stored beside them as `model.onnx`
//!   and reads its weights from the checkpoint's own file. [`EMBEDDED`] is the built-in checkpoint.
//! - [`Predictor`]: contexts in, the model's own quantiles out. [`Pipeline`] loads it on first use, on request in a separate
//!   process, and releases it. [`Chronos`] makes it a [`Model`](forecaster_domain::Model).
//! - [`ModelStore`] keeps checkpoints, [`Hub`] fetches them, and [`candidates`] lists the places where ONNX Runtime's library
//!   is looked for.
//!
//! # Example
//!
//! The built-in checkpoint forecasts five steps (needs ONNX Runtime, so it is not run here):
//!
//! ```no_run
//! use forecaster_chronos::{CheckpointPlace, Precision, Predictor, SessionSettings};
//!
//! let mut predictor =
//!     Predictor::load(&CheckpointPlace::Program, Precision::Float, &SessionSettings::default())?;
//! let context: Vec<f64> = (0..200).map(|day| 950.0 + (f64::from(day) / 9.0).sin()).collect();
//! // One context, five steps, nine deciles.
//! let quantiles = &predictor.predict(&[context], 5)?[0];
//! assert_eq!(quantiles.dim(), (5, 9));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Neighbours
//!
//! The crate `forecaster` decides when Chronos takes part (its modules `forecast::chronos` and `guard`) and has the commands
//! `forecaster model`. `forecaster_ensemble` pools its forecasts with the others.
//!
//! # Order of imports
//!
//! Each module imports only from those to the right of it:
//!
//! ```text
//! chronos -> {pipeline, store} -> {worker, installed} -> self_test -> predictor -> session
//!     -> artifact -> graph -> builder -> checkpoint -> config -> error -> {hub, runtime}
//!     -> {digest, name, precision, embedded, memory, onnx}
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
pub use hub::request::{ConfigCheck, FetchRequest, InstalledFiles};
pub use installed::{Installed, Manifest};
pub use name::is_name;
pub use pipeline::{Pipeline, PipelineSettings, Predictions};
pub use precision::Precision;
pub use predictor::{Predictor, check_context};
pub use runtime::places::{Candidate, LibrarySource};
pub use runtime::{Runtime, RuntimeError, candidates, load_runtime};
pub use self_test::{SelfTest, Verified};
pub use session::{Device, SessionSettings};
pub use store::{Arrival, DownloadsLock, ModelStore, Transfer, check_not_taken, parameter_count, short};
pub use worker::{WorkerCommand, serve_worker};
