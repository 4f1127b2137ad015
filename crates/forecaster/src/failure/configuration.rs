//! Problems with the configuration.

use forecaster_domain::file_advice;
use std::io;
use std::path::{Path, PathBuf};

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// The named file does not exist.
    #[error("configuration {}: no such file", .0.display())]
    Missing(PathBuf),
    /// A folder is named instead of a file.
    #[error("configuration {}: it is a folder, not a file", .0.display())]
    Folder(PathBuf),
    /// The file cannot be read.
    #[error("configuration {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Error text of the system.
        reason: String,
        /// Advice that fits the error.
        advice: &'static str,
    },
    /// The file is not UTF-8 text.
    #[error("configuration {}, line {line}: this is not UTF-8 text", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// First line that is not, from 1.
        line: usize,
        /// Command that converts the file.
        advice: &'static str,
    },
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

impl ConfigError {
    /// Builds the error of a file that the system does not let us read.
    pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Self {
        let advice = file_advice(error).unwrap_or("make it readable for this user");
        Self::Unreadable { path: path.to_owned(), reason: error.to_string(), advice }
    }

    /// Builds the error of a file that is not UTF-8 from its bytes, of which the first `valid` are.
    pub(crate) fn not_text(path: &Path, bytes: &[u8], valid: usize) -> Self {
        let line = 1 + bytes.iter().take(valid).filter(|byte| **byte == b'\n').count();
        let is_utf16 = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
        let advice = if is_utf16 {
            "save it as UTF-8: iconv -f UTF-16 -t UTF-8"
        } else {
            "save it as UTF-8: iconv -f ISO-8859-1 -t UTF-8"
        };
        Self::NotText { path: path.to_owned(), line, advice }
    }

    /// Returns the hint on what to do next.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::Missing(_) => {
                "check the path after --config; without --config, config/forecasters.toml here or \
                 /etc/forecaster/forecasters.toml is read"
            }
            Self::Folder(_) => "name the file in it",
            Self::Unreadable { advice, .. } | Self::NotText { advice, .. } => advice,
            Self::Syntax { place, .. } | Self::Key { place, .. } if place.starts_with("environment variable") => {
                "correct or unset that variable; config/forecasters.toml in the repository shows every key with its \
                 default"
            }
            Self::Syntax { .. } => {
                "correct that line: text is in quotes, a list in [ ]; config/forecasters.toml in the repository shows \
                 every key"
            }
            Self::Key { .. } => "config/forecasters.toml in the repository shows every key with its default",
        }
    }
}
