//! The outlook: headline figures, fan chart, path by date, round levels, each model's own forecast.

use super::parts::{bar_cell, cell, figure, note, prose};
use crate::{figure::Figure, findings, labels, page::Page, text::sentences};
use chrono::Datelike;
use maud::{Markup, html};

/// Maximum number of target dates of which the table shows every one; beyond it, one per week.
const MOST_DAILY_ROWS: usize = 25;

/// Renders the headline figures, the verdict in words, and the fan chart.
pub(super) fn headline(page: &Page<'_>) -> Markup {
    let language = page.language;
    let (forecast, end) = (&page.view.ensemble, page.end());
    let median = forecast.median(end);
    let last = page.last();
    html! {
        section.outlook #outlook {
            h2 { (labels::outlook_heading(language)) }
            div.headline {
                div.hero {
                    p.label { (labels::median_at(language)) " " (page.date(page.end_date())) }
                    p.figure { span.median { (page.price(median)) } " " span.unit { (page.unit()) } }
                    @if let Some(last) = last {
                        p.against {
                            b { (page.price_change(median - last.value)) " (" (language.signed_percent(page.change(median), 2)) ")" }
                            " " (labels::against_last(language))
                        }
                        p.last {
                            (labels::last_observation(language)) ": " (page.price(last.value)) ", "
                            (prose(&page.date(last.date)))
                        }
                    }
                }
                dl.figures {
                    div { dt { (labels::interval80(language)) } dd { (page.interval(forecast.interval80(end))) } }
                    div { dt { (labels::interval95(language)) } dd { (page.interval(forecast.interval95(end))) } }
                    div { dt { (labels::rise_probability(language)) } dd { (language.probability(page.probability_of_rise(end))) } }
                }
            }
            p.verdict { (prose(&verdict(page))) }
            (figure(page, Figure::Fan))
            (note(&sentences::meaning_of_rise(language, &page.view.pair)))
        }
    }
}

/// Sentences on the direction and on the comparison with the random walk.
pub(crate) fn verdict(page: &Page<'_>) -> String {
    direction(page).map(|direction| direction + " ").unwrap_or_default() + &against_random_walk(page)
}

/// Sentence comparing the ensemble with the random walk.
pub(crate) fn against_random_walk(page: &Page<'_>) -> String {
    match (page.standstill(1), page.view.ensemble_scores) {
        (Some((count, since)), Some(_)) if page.is_constant() => {
            sentences::nothing_to_beat(page.language, &page.view.pair, count, &page.date(since))
        }
        (_, scores) => sentences::verdict(page.language, findings::verdict(scores.as_ref())),
    }
}

/// Sentence comparing the final median with the last observation; `None` without an observation.
pub(crate) fn direction(page: &Page<'_>) -> Option<String> {
    let language = page.language;
    let median = page.view.ensemble.median(page.end());
    let change = page.change(median);
    findings::direction(change).map(|direction| {
        let size = language.percent(change.abs(), 2);
        sentences::direction(language, direction, &page.price(median), &page.date(page.end_date()), &size)
    })
}

/// Renders the table of target dates.
pub(super) fn path(page: &Page<'_>) -> Markup {
    let language = page.language;
    let steps = shown_steps(page);
    let all = page.view.ensemble.steps();
    let weekly = (steps.len() < all).then_some(all);
    let last = page.last().map(|last| page.price(last.value));
    html! {
        section {
            h2 { (labels::path_heading(language)) }
            table.stack.path {
                thead {
                    tr {
                        th scope="col" rowspan="2" { (labels::date(language)) }
                        th scope="col" rowspan="2" { (labels::median(language)) }
                        th.group scope="colgroup" colspan="2" { (labels::interval80(language)) }
                        th.group scope="colgroup" colspan="2" { (labels::interval95(language)) }
                        th scope="col" rowspan="2" { (labels::change(language)) }
                        th scope="col" rowspan="2" { (labels::probability_above(language)) }
                    }
                    tr {
                        @for _ in 0..2 {
                            th scope="col" { (labels::low(language)) }
                            th scope="col" { (labels::high(language)) }
                        }
                    }
                }
                tbody { @for step in steps { (path_row(page, step)) } }
            }
            (note(&sentences::path_note(language, weekly, last.as_deref())))
        }
    }
}

fn path_row(page: &Page<'_>, step: usize) -> Markup {
    let language = page.language;
    let forecast = &page.view.ensemble;
    let ((low80, high80), (low95, high95)) = (forecast.interval80(step), forecast.interval95(step));
    let bound = |label: &str, price: f64| html! { td.bound data-label=(label) { (page.price(price)) } };
    html! {
        tr {
            th scope="row" { (page.date(forecast.dates()[step])) }
            td.strong data-label=(labels::median(language)) { (page.price(forecast.median(step))) }
            (bound(labels::low80(language), low80))
            (bound(labels::high80(language), high80))
            (bound(labels::low95(language), low95))
            (bound(labels::high95(language), high95))
            (cell(labels::change(language), &language.signed_percent(page.change(forecast.median(step)), 2)))
            (cell(labels::probability_above(language), &language.probability(page.probability_of_rise(step))))
        }
    }
}

/// Positions of all steps, or of the last step of each ISO week when there are many; this includes the final step.
pub(crate) fn shown_steps(page: &Page<'_>) -> Vec<usize> {
    let dates = page.view.ensemble.dates();
    let is_last_of_week = |i: &usize| dates.get(i + 1).is_none_or(|next| next.iso_week() != dates[*i].iso_week());
    (0..dates.len()).filter(|i| dates.len() <= MOST_DAILY_ROWS || is_last_of_week(i)).collect()
}

/// Number of decimals for round levels: none when all are whole, else those of a price.
pub(crate) fn level_decimals(page: &Page<'_>) -> usize {
    let whole = page.view.round_levels.iter().all(|level| level.price.fract() == 0.0);
    if whole { 0 } else { page.decimals() }
}

/// Renders the table of round price levels; empty when there are none.
pub(super) fn round_levels(page: &Page<'_>) -> Markup {
    let language = page.language;
    let levels = &page.view.round_levels;
    if levels.is_empty() {
        return html! {};
    }
    let decimals = level_decimals(page);
    html! {
        section {
            h2 { (labels::levels_heading(language)) }
            table.levels {
                thead {
                    tr {
                        th scope="col" { (labels::price(language)) }
                        th scope="col" { (labels::above_at_end(language)) }
                        th scope="col" { (labels::touched(language)) }
                    }
                }
                tbody {
                    @for level in levels {
                        tr {
                            th scope="row" { (language.number(level.price, decimals)) }
                            (bar_cell(labels::above_at_end(language), &language.probability(level.above_at_end), level.above_at_end))
                            (bar_cell(labels::touched(language), &language.probability(level.touched), level.touched))
                        }
                    }
                }
            }
            (note(&sentences::levels_note(language, &page.date(page.end_date()))))
        }
    }
}

/// Renders each model's own forecast beside the ensemble's: along the path, and at the end.
pub(super) fn models(page: &Page<'_>) -> Markup {
    html! {
        section #models {
            h2 { (labels::models_heading(page.language)) }
            (figure(page, Figure::Paths))
            (figure(page, Figure::Models))
        }
    }
}
