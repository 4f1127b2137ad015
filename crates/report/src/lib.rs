//! The report of a run as a self-contained HTML document, a PDF and an e-mail: no scripts, no network, charts as SVG.
//!
//! In: a [`ReportView`], plain values filled in by the crate `forecaster`. Out: text and bytes, by [`html()`], [`pdf()`] and
//! [`email()`]. Nothing here reads a clock or a file, so the same view always gives the same bytes. Every sentence is computed
//! from the numbers of the view: `findings` decides the facts, `text` words them in Spanish and English.
//!
//! # Example
//!
//! Made-up reports of every kind, to look at:
//!
//! ```text
//! cargo run --release -p forecaster-report --example sample -- DIRECTORY
//! ```
//!
//! # Neighbours
//!
//! The crate `forecaster` fills the view (its module `publish::view`) and stores what comes out. `forecaster_mail` sends the
//! [`EmailBody`].
//!
//! # Order of imports
//!
//! Each module imports only from those to the right of it:
//!
//! ```text
//! {email, pdf} -> html -> {drift_section, drivers, figure, quote, track_record} -> charts
//!     -> text -> findings -> page -> {format, labels} -> {fonts, models, technical}
//!     -> view
//! ```

pub mod charts;
mod drift_section;
mod drivers;
mod email;
mod figure;
mod findings;
mod fonts;
mod format;
mod html;
mod labels;
mod models;
mod page;
mod pdf;
mod quote;
mod technical;
mod text;
mod track_record;
mod view;

pub use email::{EmailBody, EmailError, InlineImage, email};
pub use html::html;
pub use pdf::{PdfError, pdf};
pub use text::reasons::suspension;
pub use view::*;

/// Returns the sentence about a caution, as the report has it.
pub fn caution_sentence(language: Language, caution: &Caution) -> String {
    text::sentences::caution(language, caution)
}

#[cfg(test)]
extern crate self as forecaster_report;
#[cfg(test)]
mod tests;
