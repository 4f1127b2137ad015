//! The mail that gives the result of a run in ten seconds: subject, plain text, and HTML with the fan chart.
//!
//! In: a [`ReportView`]. Out: an [`EmailBody`] with the same figures and sentences as the report; nothing is fetched
//! from outside, and the full report is the attached PDF.

mod digest;
mod error;
mod html;
mod picture;
mod text;

pub use error::EmailError;

use crate::{figure::Figure, labels, page::Page, text::caution_boxes, view::ReportView};
use digest::Digest;

/// Content of a mail.
#[derive(Debug, Clone)]
pub struct EmailBody {
    /// Subject, one line.
    pub subject: String,
    /// Plain text for readers without HTML, at most 72 columns wide.
    pub text: String,
    /// HTML for all other readers; it refers to the images by their content-ids.
    pub html: String,
    /// Images shown in the HTML.
    pub images: Vec<InlineImage>,
}

/// An image inside a mail.
#[derive(Debug, Clone)]
pub struct InlineImage {
    /// Content-id without the angle brackets, such as `fan.01946a3c-7d7e-7c31-9f0a-52b1d8e6c0f4@forecaster`.
    pub cid: String,
    /// PNG file.
    pub png: Vec<u8>,
}

/// Renders the mail of a run.
pub fn email(view: &ReportView) -> Result<EmailBody, EmailError> {
    let page = &Page::new(view);
    let digest = Digest::new(page);
    let fan = picture::of(page, Figure::Fan)?
        .map(|png| InlineImage { cid: format!("fan.{}@forecaster", token(&view.run_id)), png });
    Ok(EmailBody {
        subject: subject(page),
        text: text::text(&digest),
        html: html::html(&digest, fan.as_ref().map(|fan| fan.cid.as_str())),
        images: fan.into_iter().collect(),
    })
}

/// Characters of an identifier that are allowed in a content-id.
fn token(identifier: &str) -> String {
    let allowed = identifier.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(64);
    let kept: String = allowed.collect();
    if kept.is_empty() { "run".to_owned() } else { kept }
}

/// Subject, such as "USD/CLP 7d: 1.009 (80 %: 992-1.027) al 13-ene".
pub(crate) fn subject(page: &Page<'_>) -> String {
    let (language, view) = (page.language, page.view);
    let end = page.end();
    let median = view.ensemble.median(end);
    let (low, high) = view.ensemble.interval80(end);
    // Whole numbers are enough where the interval spans several of them.
    let whole = median >= 100.0 && high - low >= 2.0;
    let price = |price: f64| if whole { language.number(price, 0) } else { page.price(price) };
    let mark = if view.stale.is_some() {
        format!("[{}] ", labels::stale_mark(language))
    } else if caution_boxes::is_in_doubt(view) {
        format!("[{}] ", labels::doubt_mark(language))
    } else {
        String::new()
    };
    let subject = format!(
        "{mark}{} {}: {} (80 %: {}-{}) {} {}",
        view.pair,
        view.horizon,
        price(median),
        price(low),
        price(high),
        language.pick("al", "by"),
        language.day_month(page.end_date())
    );
    subject.replace('\u{a0}', " ")
}
