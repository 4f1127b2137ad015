//! The HTML document: sections in reading order, related sections in one module.
//!
//! In: a [`ReportView`]. Out: the text of one self-contained file. `note.css` is its only style sheet, for wide
//! screens, telephones and A4 paper.

mod changes;
mod methodology;
mod outlook;
mod parts;
mod performance;
mod provenance;
mod record;
mod technical;

// Texts that the PDF and the e-mail share.
pub(crate) use outlook::{against_random_walk, direction, level_decimals, shown_steps, verdict};
pub(crate) use performance::{columns as score_columns, no_calibration, score_values};
pub(crate) use provenance::resources_used;
pub(crate) use technical::{rows as indicator_rows, standstill};

use crate::{
    fonts, labels,
    page::Page,
    text::{caution_boxes, sentences},
    view::ReportView,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Renders the report as a self-contained HTML document.
pub fn html(view: &ReportView) -> String {
    let page = &Page::new(view);
    let language = view.language;
    let title = sentences::title(language, &view.pair, view.horizon);
    html! {
        (DOCTYPE)
        html lang=(labels::html_language(language)) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "forecaster " (view.version) };
                title { (title) " · " (page.date(view.ensemble.as_of())) }
                style { (PreEscaped(fonts::rules())) (PreEscaped(include_str!("html/note.css"))) }
            }
            body {
                main {
                    (header(page, &title))
                    (stale_banner(page))
                    (cautions(page))
                    (contents(page))
                    (outlook::headline(page))
                    (changes::section(page))
                    (outlook::path(page))
                    (outlook::models(page))
                    (outlook::round_levels(page))
                    (performance::scoreboard(page))
                    (performance::past(page))
                    (record::track_record(page))
                    (performance::skill(page))
                    (performance::calibration(page))
                    (record::drift(page))
                    (performance::weights(page))
                    (technical::snapshot(page))
                    (technical::regressors_and_volatility(page))
                    (provenance::sources(page))
                    (methodology::methodology(page))
                    (provenance::resources(page))
                    (provenance::disclaimer(page))
                }
            }
        }
    }
    .into_string()
}

fn header(page: &Page<'_>, title: &str) -> Markup {
    let language = page.language;
    let view = page.view;
    html! {
        header.masthead {
            p.kind { (labels::kind_of_note(language)) }
            h1 { (title) }
            p.dateline {
                span { (labels::observed_until(language)) " " b { (page.date(view.ensemble.as_of())) } }
                span { (labels::generated(language)) " " (language.instant(view.generated_at)) " · " (view.zone) }
            }
            p.run { (labels::run(language)) " " (view.run_id) }
        }
    }
}

/// Renders one line of links to the parts of the report.
fn contents(page: &Page<'_>) -> Markup {
    let language = page.language;
    let parts = [
        ("outlook", labels::outlook_heading(language)),
        ("changes", labels::changes(language)),
        ("models", labels::models_used_heading(language)),
        ("performance", labels::performance(language)),
        ("market", labels::market(language)),
        ("sources", labels::sources_heading(language)),
        ("methodology", labels::methodology_heading(language)),
    ];
    html! {
        nav.contents aria-label=(labels::contents_label(language)) {
            @for (id, name) in parts { a href={ "#" (id) } { (name) } " " }
        }
    }
}

fn cautions(page: &Page<'_>) -> Markup {
    html! {
        @for (heading, lines) in caution_boxes::boxes(page.view) {
            aside.stale role="alert" {
                strong { (heading) }
                @for line in lines { p { (parts::prose(&line)) } }
            }
        }
    }
}

fn stale_banner(page: &Page<'_>) -> Markup {
    let Some(stale) = page.view.stale else { return html! {} };
    let last = page.date(page.last().map_or(page.view.ensemble.as_of(), |o| o.date));
    html! {
        aside.stale role="alert" {
            strong { (labels::stale_heading(page.language)) }
            p { (parts::prose(&sentences::staleness(page.language, stale, &last, &page.date(stale.today)))) }
        }
    }
}
