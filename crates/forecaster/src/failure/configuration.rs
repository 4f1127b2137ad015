//! Problems with the configuration.

use std::path::PathBuf;

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// The named file does not exist.
    #[error("configuration {}: no such file", .0.display())]
    Missing(PathBuf),
    /// An unknown key, or a value of the wrong type or out of range.
    #[error("{place}: {key}: found {found}; expected {expected}")]
    Key {
        /// File or environment variable.
        place: String,
        /// The key, with its sections.
        key: String,
        /// The value found.
        found: String,
        /// The value expected.
        expected: String,
    },
    /// A file that is not TOML.
    #[error("{place}: {message}")]
    Syntax {
        /// The file.
        place: String,
        /// Line, column and problem.
        message: String,
    },
}
