//! What can go wrong between a checkpoint and a forecast, each naming what was wrong and what to do.

use crate::hub::error::HubError;
use crate::runtime::RuntimeError;
use std::path::{Path, PathBuf};

/// An error of this room.
#[derive(Debug, thiserror::Error)]
pub enum ChronosError {
    /// A file or directory that cannot be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried: read, write, copy ...
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A configuration that is no Chronos-Bolt's, or one that cannot be converted.
    #[error("{}: {key}: found {found}; expected {expected}", path.display())]
    Config {
        /// The configuration file.
        path: PathBuf,
        /// The key.
        key: String,
        /// What stands there.
        found: String,
        /// What should.
        expected: String,
    },
    /// A safetensors file that cannot be read as one.
    #[error("{}: {reason}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A tensor that is missing or of the wrong shape or type.
    #[error("{}: tensor {name}: found {found}; expected {expected}", path.display())]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// What is there.
        found: String,
        /// What should be.
        expected: String,
    },
    /// ONNX Runtime's library cannot be had.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The hub did not give the checkpoint.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// ONNX Runtime refused the model or failed in it.
    #[error("ONNX Runtime: {0}")]
    Session(String),
    /// A context nothing can be forecast from.
    #[error("{0}")]
    Context(String),
    /// The model's answer is not usable.
    #[error("{0}")]
    Answer(String),
    /// Too little memory to load the model.
    #[error(
        "{free_mb} MB of RAM are free and {needed_mb} MB needed (chronos.min_free_ram_mb and the size of the model); \
         free some, lower the setting, or take a smaller model"
    )]
    Memory {
        /// Free now, MiB.
        free_mb: u64,
        /// Needed, MiB.
        needed_mb: u64,
    },
    /// The process that the model runs in ended, hung or answered nonsense.
    #[error("{0}")]
    Worker(String),
    /// The process that the model runs in could not do what it was asked, and is ready for more.
    #[error("{0}")]
    Reported(String),
    /// No model under that name.
    #[error("{0}")]
    NoModel(String),
    /// The model's answer differs from the numbers stored when it was imported.
    #[error("{0}")]
    Differs(String),
}

impl ChronosError {
    /// Wraps an I/O error with what was being done.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }
}

impl<Recover> From<ort::Error<Recover>> for ChronosError {
    fn from(error: ort::Error<Recover>) -> Self {
        // The runtime's messages go over several lines; a log line is one.
        Self::Session(error.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
    }
}
