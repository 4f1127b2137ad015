//! What can be wrong with the configuration.

use std::path::PathBuf;

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// The named file is not there.
    #[error("configuration {}: no such file", .0.display())]
    Missing(PathBuf),
    /// A key is unknown, of the wrong type or out of range.
    #[error("{place}: {key}: found {found}; expected {expected}")]
    Key {
        /// File or environment variable.
        place: String,
        /// The key, with its sections.
        key: String,
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: String,
    },
    /// The file is not TOML.
    #[error("{place}: {message}")]
    Syntax {
        /// The file.
        place: String,
        /// Line, column and what is wrong.
        message: String,
    },
}
