//! Building blocks shared by several sections: charts in both sizes, table cells, small bars.

use crate::{charts::Size, figure::Figure, page::Page};
use maud::{Markup, PreEscaped, html};

/// Renders a chart for wide and for narrow screens (the style sheet shows one of them) with its takeaway below; empty
/// when there is nothing to draw.
pub(super) fn figure(page: &Page<'_>, figure: Figure) -> Markup {
    let (Some(wide), Some(narrow)) = (figure.svg(page, Size::Wide), figure.svg(page, Size::Narrow)) else {
        return html! {};
    };
    html! {
        figure {
            div.wide { (PreEscaped(wide)) }
            div.narrow { (PreEscaped(narrow)) }
            @if let Some(text) = figure.takeaway(page) { figcaption { (prose(&text)) } }
        }
    }
}

/// True when the view has data for this chart.
pub(super) fn has_chart(page: &Page<'_>, figure: Figure) -> bool {
    figure.svg(page, Size::Narrow).is_some()
}

/// Renders a table cell that shows the name of its column on a narrow screen.
pub(super) fn cell(column: &str, value: &str) -> Markup {
    html! { td data-label=(column) { (value) } }
}

/// Renders a cell with words instead of figures.
pub(super) fn words(column: &str, value: &str) -> Markup {
    html! { td.words data-label=(column) { (value) } }
}

/// Renders a cell with a figure and a bar of `share` 0-1.
pub(super) fn bar_cell(column: &str, value: &str, share: f64) -> Markup {
    let width = if share.is_finite() { (100.0 * share.clamp(0.0, 1.0) * 10.0).round() / 10.0 } else { 0.0 };
    html! {
        td.bar data-label=(column) {
            span { (value) }
            svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
                rect width="100" height="8" fill="#e9edf1" {}
                @if width > 0.0 { rect width=(width) height="8" fill="#0f4c75" {} }
            }
        }
    }
}

/// Renders running text; dates and figures with a hyphen are kept on one line.
pub(super) fn prose(text: &str) -> Markup {
    let hyphenated = |word: &str| word.contains('-') && word.contains(|c: char| c.is_ascii_digit());
    html! {
        @for (i, word) in text.split(' ').enumerate() {
            @if i > 0 { " " }
            @if hyphenated(word) { span.whole { (word) } } @else { (word) }
        }
    }
}

/// Renders a note below a table or chart.
pub(super) fn note(text: &str) -> Markup {
    html! { @if !text.is_empty() { p.note { (prose(text)) } } }
}
