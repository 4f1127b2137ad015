//! The market's quote and its value: wording shared by HTML, PDF and mail.
//!
//! In: a page. Out: paragraphs, a note, a line of the sources, a line of the mail.

use crate::{
    findings::quote::{self as facts, QuoteContribution, QuoteGap, QuoteStatus, SkillSplit},
    labels,
    page::Page,
    text::{
        quote::{self as words, FormattedQuote},
        reasons,
    },
    view::QuoteView,
};

/// Paragraphs on the quote, then on its past value; empty when there is nothing to report.
pub(crate) fn paragraphs(page: &Page<'_>) -> Vec<String> {
    let worth = value_sentences(page);
    [quote_sentences(page), (!worth.is_empty()).then(|| worth.join(" "))].into_iter().flatten().collect()
}

/// Sentences on the quote used and how far ahead it helps, or on its absence.
fn quote_sentences(page: &Page<'_>) -> Option<String> {
    let language = page.language;
    let with_reach = |text: String| match facts::quote_reach(page.view) {
        Some(reach) => format!("{text} {}", words::quote_reach(language, reach)),
        None => text,
    };
    Some(match facts::quote_status(page)? {
        QuoteStatus::Used(quote, gap) => with_reach(words::used(language, &quoted(page, quote, gap))),
        QuoteStatus::Unused(quote, gap) => words::quote_not_used(language, &quoted(page, quote, gap)),
        QuoteStatus::Missing(reason) => {
            let reason = reason.map(|(series, gap)| (series, reasons::source(language, gap)));
            words::missing(language, reason)
        }
    })
}

fn quoted<'a>(page: &Page<'_>, quote: &'a QuoteView, gap: Option<QuoteGap>) -> FormattedQuote<'a> {
    FormattedQuote { price: page.price(quote.value), quote, gap }
}

/// Sentences on the value of quote and models in the validation.
fn value_sentences(page: &Page<'_>) -> Vec<String> {
    let language = page.language;
    match facts::quote_contribution(page.view) {
        None => Vec::new(),
        Some(QuoteContribution::NoQuotes) => vec![words::no_quotes(language).to_owned()],
        Some(QuoteContribution::Parts(parts)) => {
            let course = facts::skill_trajectory(page.view).map(|course| words::course(language, course));
            [words::parts(language, &parts)].into_iter().chain(course).collect()
        }
    }
}

/// Standard errors of the figures in the paragraphs; `None` when none is known.
pub(crate) fn note(page: &Page<'_>) -> Option<String> {
    let language = page.language;
    let Some(QuoteContribution::Parts(SkillSplit { total, quote, models, bounded })) =
        facts::quote_contribution(page.view)
    else {
        return None;
    };
    let ends = facts::skill_trajectory(page.view);
    let errors: Vec<(&'static str, f64)> = [
        (labels::total(language), total.error),
        (labels::quote(language), quote.error),
        (labels::models_word(language), models.error),
        (labels::first_day(language), ends.and_then(|(_, first, _)| first.error)),
        (labels::last_day(language), ends.and_then(|(_, _, last)| last.error)),
    ]
    .into_iter()
    .filter_map(|(name, error)| Some((name, error?)))
    .collect();
    (!errors.is_empty()).then(|| words::errors(language, &errors, bounded && models.error.is_some()))
}

/// Quote for the list of sources; `None` without one.
pub(crate) fn source(page: &Page<'_>) -> Option<String> {
    let quote = page.view.quote.as_ref()?;
    Some(words::source(page.language, &page.price(quote.value), &page.unit(), quote))
}

/// Sentence for the mail: the quote, if it moved the forecast.
pub(crate) fn alert(page: &Page<'_>) -> Option<String> {
    match facts::quote_status(page) {
        Some(QuoteStatus::Used(quote, gap)) if facts::quote_moved_forecast(page) => {
            Some(words::used(page.language, &quoted(page, quote, gap)))
        }
        _ => None,
    }
}
