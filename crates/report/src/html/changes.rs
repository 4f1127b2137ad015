//! Changes since the last report: paragraphs written by rules, and the table they are based on.

use super::parts::{note, prose};
use crate::{drivers, labels, page::Page, text::drivers as words};
use maud::{Markup, html};

/// Renders the section.
pub(super) fn section(page: &Page<'_>) -> Markup {
    let columns = drivers::columns(page);
    let rows = drivers::rows(page);
    html! {
        section #changes {
            h2 { (labels::drivers_heading(page.language)) }
            @for group in drivers::paragraphs(page) { p.drivers { (prose(&group.join(" "))) } }
            @if !rows.is_empty() {
                table.changes {
                    thead { tr { @for column in &columns { th scope="col" { (column) } } } }
                    tbody {
                        @for [series, then, now, change] in &rows {
                            tr { th scope="row" { (series) } td { (then) } td { (now) } td { (change) } }
                        }
                    }
                }
                (note(words::note(page)))
            }
        }
    }
}
