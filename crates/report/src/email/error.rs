//! Errors of making a mail: its picture could not be made, and there is no mail without it.

use thiserror::Error;

/// Reason why the mail could not be made.
#[derive(Debug, Error)]
pub enum EmailError {
    /// Unreadable chart.
    #[error(
        "the chart for the mail could not be drawn ({0}): send only the report's PDF, and please report this \
         problem together with the report's JSON"
    )]
    Chart(String),
    /// PNG encoding failed.
    #[error("the chart for the mail could not be saved as a PNG ({0}): send only the report's PDF")]
    Png(#[from] png::EncodingError),
}
