//! Why there is no mail of a run: its picture could not be made. A mail without the picture would not be the mail.

use thiserror::Error;

/// Why there is no mail.
#[derive(Debug, Error)]
pub enum EmailError {
    /// A chart could not be read.
    #[error(
        "the chart for the mail could not be drawn ({0}): send the report's PDF alone; please report this with its JSON"
    )]
    Chart(String),
    /// A picture could not be written.
    #[error("the chart for the mail could not be written as PNG ({0}): send the report's PDF alone")]
    Png(#[from] png::EncodingError),
}
