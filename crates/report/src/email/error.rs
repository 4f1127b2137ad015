//! Errors of making a mail: its picture could not be made, and there is no mail without it.

use thiserror::Error;

/// Reason why the mail could not be made.
#[derive(Debug, Error)]
pub enum EmailError {
    /// Unreadable chart.
    #[error(
        "the chart for the mail could not be drawn ({0}): send the report's PDF alone; please report this with its JSON"
    )]
    Chart(String),
    /// PNG encoding failed.
    #[error("the chart for the mail could not be written as PNG ({0}): send the report's PDF alone")]
    Png(#[from] png::EncodingError),
}
