//! Provenance: data sources, resources used by the run, disclaimer.

use super::parts::{cell, note, prose, words};
use crate::{
    labels,
    page::Page,
    quote,
    text::{provenance, reasons},
    view::SourceView,
};
use maud::{Markup, html};

/// Renders the table of series.
pub(super) fn sources(page: &Page<'_>) -> Markup {
    let language = page.language;
    html! {
        section #sources {
            h2 { (labels::sources_heading(language)) }
            @if !page.view.sources.is_empty() {
                table.stack.sources {
                    thead {
                        tr {
                            th scope="col" { (labels::series(language)) }
                            th.words scope="col" { (labels::provider(language)) }
                            th scope="col" { (labels::last_observation(language)) }
                            th scope="col" { (labels::age(language)) br; small { (labels::age_unit(language)) } }
                            th scope="col" { (labels::observations(language)) }
                            th scope="col" { (labels::repaired(language)) }
                        }
                    }
                    tbody { @for source in &page.view.sources { (source_rows(page, source)) } }
                }
            }
            @if !page.view.failed_providers.is_empty() {
                p { (provenance::failed_providers(language, &page.view.failed_providers)) }
            }
            @if let Some(quote) = quote::source(page) { p { (prose(&quote)) } }
            @if page.view.sources.iter().any(|source| source.series.ends_with("_spot") && source.left_out.is_none()) {
                p { (provenance::spot_note(language)) }
            }
            (note(provenance::sources_note(language)))
        }
    }
}

fn source_rows(page: &Page<'_>, source: &SourceView) -> Markup {
    let language = page.language;
    html! {
        tr.annotated[source.left_out.is_some()] {
            th scope="row" {
                (source.series)
                @if let Some(made_of) = &source.made_of { br; small { "= " (made_of) } }
            }
            (words(labels::provider(language), &provenance::provider(language, source)))
            (cell(labels::last_observation(language), &provenance::last_observation(language, source)))
            (cell(labels::age_with_unit(language), &provenance::age(language, source)))
            (cell(labels::observations(language), &language.count(source.observations)))
            (cell(labels::repaired(language), &language.count(source.repaired_or_refused)))
        }
        @if let Some(reason) = &source.left_out {
            tr.reason { td.words colspan="6" { (labels::not_used(language)) ": " (reasons::source(language, reason)) } }
        }
    }
}

/// Resources used by the run, as name and value.
pub(crate) fn resources_used(page: &Page<'_>) -> [(&'static str, String); 6] {
    let language = page.language;
    let used = &page.view.resources;
    [
        (labels::peak_memory(language), format!("{} MiB", language.number(used.peak_rss_mb, 0))),
        (labels::elapsed(language), format!("{} s", language.number(used.seconds_total, 1))),
        (labels::computed(language), language.count(used.computed_forecasts)),
        (labels::cached(language), language.count(used.cached_forecasts)),
        (labels::cores(language), language.count(used.cores)),
        (labels::version(language), page.view.version.clone()),
    ]
}

/// Renders the section of resources used.
pub(super) fn resources(page: &Page<'_>) -> Markup {
    let language = page.language;
    html! {
        section {
            h2 { (labels::resources_heading(language)) }
            dl.resources {
                @for (name, value) in resources_used(page) { div { dt { (name) } dd { (value) } } }
            }
        }
    }
}

/// Renders the disclaimer.
pub(super) fn disclaimer(page: &Page<'_>) -> Markup {
    html! {
        section.disclaimer {
            h2 { (labels::disclaimer_heading(page.language)) }
            p { (provenance::disclaimer(page.language)) }
        }
    }
}
