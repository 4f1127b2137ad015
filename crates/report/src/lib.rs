//! Renders a [`ReportView`] as a self-contained HTML document, a PDF and an e-mail: no scripts, no network, SVG.
//!
//! In: the view, plain values filled in by the composition root. Out: text and bytes. Nothing here reads a clock or a
//! file, so the same view always gives the same bytes.
//!
//! Each module imports only from those to the right of it:
//!
//! ```text
//! {email, pdf} -> html -> {drift, drivers, figure, quote, track_record} -> charts -> text -> findings -> page
//!     -> {format, labels} -> {fonts, models, technical} -> view
//! ```

pub mod charts;
mod drift;
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
pub use view::*;

#[cfg(test)]
extern crate self as forecaster_report;
#[cfg(test)]
mod tests;
