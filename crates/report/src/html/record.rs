//! Track record of issued forecasts, and recent drift of the pair: tables with their sentences.

use super::parts::{cell, note, prose, words};
use crate::{drift_section, labels, page::Page, text::drift_sentences, track_record};
use maud::{Markup, html};

/// Renders the track record of issued forecasts.
pub(super) fn track_record(page: &Page<'_>) -> Markup {
    let columns = track_record::columns(page);
    let rows = track_record::rows(page);
    html! {
        section {
            h2 { (labels::track_record_heading(page.language)) }
            p { (prose(&track_record::introduction(page))) }
            @if !rows.is_empty() {
                table.stack.scores {
                    thead {
                        tr {
                            th scope="col" { (labels::model(page.language)) }
                            @for column in &columns { th scope="col" { (column) } }
                        }
                    }
                    tbody {
                        @for (name, values, strong) in &rows {
                            tr.ensemble[*strong] {
                                th scope="row" { (name) }
                                @for (column, value) in columns.iter().zip(values) { (cell(column, value)) }
                            }
                        }
                    }
                }
                div.after { @for sentence in track_record::comparisons(page) { p { (prose(&sentence)) } } }
            }
        }
    }
}

/// Renders drift and regime.
pub(super) fn drift(page: &Page<'_>) -> Markup {
    let language = page.language;
    let [test, statistic, p, adjusted, reading] = drift_section::columns(page);
    let rows = drift_section::rows(page);
    html! {
        section {
            h2 { (labels::drift_heading(language)) }
            @for paragraph in drift_section::paragraphs(page) { p { (prose(&paragraph)) } }
            @if !rows.is_empty() {
                table.stack.drift {
                    thead {
                        tr {
                            th scope="col" { (test) }
                            @for column in [statistic, p, adjusted] { th scope="col" { (column) } }
                            th.words scope="col" { (reading) }
                        }
                    }
                    tbody {
                        @for [name, value, own, with_others, comment] in &rows {
                            tr {
                                th scope="row" { (name) }
                                (cell(statistic, value))
                                (cell(p, own))
                                (cell(adjusted, with_others))
                                (words(reading, comment))
                            }
                        }
                    }
                }
                (note(drift_sentences::note(language)))
            }
        }
    }
}
