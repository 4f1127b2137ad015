//! Errors between a checkpoint and a forecast. Each names what was wrong and what to do.

use crate::hub::error::HubError;
use crate::runtime::RuntimeError;
use forecaster_domain::{ModelError, Unavailability};
use std::path::{Path, PathBuf};

/// Error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum ChronosError {
    /// A file or directory that cannot be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// Action tried: read, write, copy ...
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// A configuration that is not Chronos-Bolt's, or one that cannot be converted.
    #[error("{}: {key}: found {found}; expected {expected}", path.display())]
    Config {
        /// The configuration file.
        path: PathBuf,
        /// The key.
        key: String,
        /// Value found.
        found: String,
        /// Value expected.
        expected: String,
    },
    /// A safetensors file that cannot be read as one.
    #[error("{}: {reason}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// Problem and remedy.
        reason: String,
    },
    /// A tensor that is missing or of the wrong shape or type.
    #[error("{}: tensor {name}: found {found}; expected {expected}", path.display())]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Shape, type or value found.
        found: String,
        /// Shape, type or value expected.
        expected: String,
    },
    /// ONNX Runtime's library is not available.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The checkpoint could not be fetched from the hub.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// ONNX Runtime refused the model or failed while running it.
    #[error("ONNX Runtime: {0}")]
    Session(String),
    /// A context from which nothing can be forecast.
    #[error("{0}")]
    Context(String),
    /// The model's output is not usable.
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
    /// The model's process ended, hung or sent an invalid reply.
    #[error("{1}")]
    Worker(Unavailability, String),
    /// The model's process reported a failure and is ready for the next request.
    #[error("{1}")]
    Reported(Unavailability, String),
    /// No model under that name.
    #[error("{0}")]
    NoModel(String),
    /// The model's output differs from the numbers stored when it was imported.
    #[error("{0}")]
    SelfTestMismatch(String),
}

impl ChronosError {
    /// Wraps an I/O error with the action and the path.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }

    /// Returns the cause for which the model cannot run.
    pub fn cause(&self) -> Unavailability {
        match self {
            Self::NoModel(_) => Unavailability::NoCheckpoint,
            Self::File { .. }
            | Self::Config { .. }
            | Self::Weights { .. }
            | Self::Tensor { .. }
            | Self::SelfTestMismatch(_) => Unavailability::BadCheckpoint,
            Self::Runtime(_) => Unavailability::NoLibrary,
            Self::Memory { free_mb, needed_mb } => {
                Unavailability::Memory { free_mb: *free_mb, needed_mb: *needed_mb }
            }
            Self::Worker(cause, _) | Self::Reported(cause, _) => *cause,
            Self::Hub(_) | Self::Session(_) | Self::Context(_) | Self::Answer(_) => Unavailability::Failed,
        }
    }
}

impl From<ChronosError> for ModelError {
    fn from(error: ChronosError) -> Self {
        Self::Unavailable { cause: error.cause(), message: error.to_string() }
    }
}

impl<Recover> From<ort::Error<Recover>> for ChronosError {
    fn from(error: ort::Error<Recover>) -> Self {
        // The runtime's messages span several lines; a log line is one.
        Self::Session(error.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
    }
}
