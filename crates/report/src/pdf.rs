//! The note as a PDF, typeset by typst: A4, vector charts whose text stays text, tagged for screen readers.
//!
//! In: a [`ReportView`]. Out: the bytes of the file, identical for identical views. `note.typ` is the design; it
//! receives blocks of plain text and charts, so that text from outside is never read as markup.

mod blocks;
mod cover;
mod market;
mod outlook;
mod performance;
mod provenance;
mod record;
mod world;

use crate::{
    html, labels,
    page::Page,
    text::sentences,
    view::{Language, ReportView},
};
use blocks::{Section, sections, text, texts};
use chrono::{Datelike, Timelike};
use thiserror::Error;
use typst::{
    comemo,
    diag::SourceDiagnostic,
    foundations::{Datetime, Dict, Smart, dict},
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

/// Reason why the PDF could not be made.
#[derive(Debug, Error)]
pub enum PdfError {
    /// The template could not be loaded.
    #[error("the binary does not contain the PDF template: rebuild it from a complete checkout")]
    NoTemplate,
    /// Typesetting the note failed.
    #[error(
        "the report could not be typeset as a PDF ({0}): the HTML report has the same content; please report this \
         problem together with the report's JSON"
    )]
    Typesetting(String),
    /// Writing the document failed.
    #[error(
        "the PDF could not be written ({0}): the HTML report has the same content; please report this problem \
         together with the report's JSON"
    )]
    Export(String),
}

/// Renders the report as a PDF of 4 to 9 pages, conforming to PDF/A-2a (archives) and PDF/UA-1 (screen readers).
pub fn pdf(view: &ReportView) -> Result<Vec<u8>, PdfError> {
    let world = world::NoteWorld::new(note(view)).ok_or(PdfError::NoTemplate)?;
    let document = typst::compile::<PagedDocument>(&world).output.map_err(|all| PdfError::Typesetting(words(&all)));
    // A note that does not conform to the standards is better than none.
    let file =
        document.and_then(|document| export(view, &document, true).or_else(|_| export(view, &document, false)));
    // Without this, typst would keep its cached results for this note forever.
    comemo::evict(0);
    file
}

fn export(view: &ReportView, document: &PagedDocument, conforming: bool) -> Result<Vec<u8>, PdfError> {
    let standards: &[PdfStandard] = if conforming { &[PdfStandard::A_2a, PdfStandard::Ua_1] } else { &[] };
    let options = PdfOptions {
        ident: Smart::Custom(format!("forecaster {} {}", view.run_id, labels::html_language(view.language))),
        creator: Smart::Custom(Some(format!("forecaster {}", view.version))),
        timestamp: timestamp(view),
        standards: PdfStandards::new(standards).map_err(|error| PdfError::Export(error.message().to_string()))?,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(document, &options).map_err(|all| PdfError::Export(words(&all)))
}

fn words(errors: &[SourceDiagnostic]) -> String {
    errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; ")
}

/// Time of the run, with its offset; `None` for a date that PDF cannot express.
fn timestamp(view: &ReportView) -> Option<Timestamp> {
    let at = view.generated_at;
    let part = |value: u32| u8::try_from(value).ok();
    let moment = Datetime::from_ymd_hms(
        at.year(),
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        part(at.second())?,
    )?;
    Timestamp::new_local(moment, at.offset().local_minus_utc() / 60)
}

/// Input of the template.
fn note(view: &ReportView) -> Dict {
    let page = &Page::new(view);
    let language = page.language;
    let short = sentences::title(language, &view.pair, view.horizon);
    let as_of = page.date(view.ensemble.as_of());
    let mut note = dict! {
        "language" => labels::html_language(language),
        "region" => match language { Language::Spanish => "cl", Language::English => "gb" },
        "title" => text(&format!("{short} · {as_of}")),
        "title-short" => text(&short),
        "description" => text(&html::verdict(page)),
        "keywords" => texts(&keywords(page)),
        "kind" => labels::kind_of_note(language),
        "observed-until" => labels::observed_until(language),
        "as-of" => text(&as_of),
        "generated" => labels::generated(language),
        "generated-at" => text(&format!("{} · {}", language.instant(view.generated_at), view.zone)),
        "run" => text(&format!("{} {}", labels::run(language), view.run_id)),
        "footer" => text(&format!("forecaster {} · {} {}", view.version, labels::generated(language), language.instant(view.generated_at))),
        "page-word" => labels::page(language),
        "of-word" => labels::of(language),
        "outlook" => labels::outlook_heading(language),
    };
    cover::fill(&mut note, page);
    note.insert("sections".into(), sections(all_sections(page)));
    note
}

fn keywords(page: &Page<'_>) -> Vec<String> {
    let words = page.language.pick(["tipo de cambio", "pronóstico"], ["exchange rate", "forecast"]);
    let pair = &page.view.pair;
    [pair.to_string(), page.horizon()].into_iter().chain(words.map(str::to_owned)).collect()
}

fn all_sections(page: &Page<'_>) -> Vec<Section> {
    [outlook::sections(page), performance::sections(page), market::sections(page), provenance::sections(page)]
        .into_iter()
        .flatten()
        .collect()
}
