//! Out-of-sample performance of the forecasts: scoreboard, past forecasts, calibration.

use super::parts::{cell, figure, has_chart, note, prose};
use crate::{
    charts::Size, figure::Figure, labels, page::Page, quote, text::reasons, text::sentences, view::ScoreView,
};
use forecaster_domain::{ModelId, decimals_of_small};
use maud::{Markup, PreEscaped, html};

/// Renders the scores of the ensemble and of every model, then the models left out.
pub(super) fn scoreboard(page: &Page<'_>) -> Markup {
    let language = page.language;
    let view = page.view;
    let scored = view.ensemble_scores.is_some() || view.models.iter().any(|m| m.scores.is_some());
    let origins = view.ensemble_scores.map_or(view.validation.origins, |v| v.scores.n);
    html! {
        section #performance {
            h2 { (labels::scoreboard_heading(language)) }
            table.stack.scores {
                thead {
                    tr {
                        th scope="col" { (labels::model(language)) }
                        @for column in columns(page) { th scope="col" { (column) } }
                    }
                }
                tbody {
                    tr.ensemble {
                        th scope="row" { (labels::ensemble(language)) }
                        (score_cells(page, None, view.ensemble_scores.as_ref()))
                    }
                    @if let Some(scores) = &view.ensemble_without_chronos_scores {
                        tr {
                            th scope="row" { (labels::ensemble_without_chronos(language)) }
                            (score_cells(page, None, Some(scores)))
                        }
                    }
                    @for model in &view.models {
                        tr {
                            th scope="row" {
                                (labels::model_name(language, &model.name))
                                @if model.name == ModelId::RandomWalk.as_str() { " " span.tag { (labels::yes_benchmark(language)) } }
                            }
                            (score_cells(page, Some(model.weight), model.scores.as_ref()))
                        }
                    }
                }
            }
            @if scored {
                (note(&sentences::scoreboard_note(language, origins, view.pair.quote())))
            } @else {
                (note(sentences::no_validation(language)))
            }
            (quote_worth(page))
            (left_out(page))
        }
    }
}

/// Names of the scoreboard's columns after the model column.
pub(crate) fn columns(page: &Page<'_>) -> [String; 7] {
    let language = page.language;
    [
        labels::weight(language).to_owned(),
        format!("RMSE ({})", page.view.pair.quote()),
        "MAPE".to_owned(),
        "WQL".to_owned(),
        labels::coverage80(language).to_owned(),
        labels::coverage95(language).to_owned(),
        labels::skill(language).to_owned(),
    ]
}

/// Cell values of those columns.
pub(crate) fn score_values(page: &Page<'_>, weight: Option<f64>, view: Option<&ScoreView>) -> [String; 7] {
    let language = page.language;
    let figure = |value: &dyn Fn(&ScoreView) -> f64| view.map_or(f64::NAN, value);
    let wql = figure(&|v| v.scores.wql);
    [
        language.share(weight.unwrap_or(f64::NAN), 1),
        page.difference(figure(&|v| v.scores.rmse)),
        language.small_percent(figure(&|v| v.scores.mape), 2),
        language.number(wql, decimals_of_small(wql, 5)),
        language.share(figure(&|v| v.scores.coverage80), 1),
        language.share(figure(&|v| v.scores.coverage95), 1),
        language.signed_percent(100.0 * figure(&|v| if page.is_constant() { f64::NAN } else { v.skill }), 1),
    ]
}

fn score_cells(page: &Page<'_>, weight: Option<f64>, view: Option<&ScoreView>) -> Markup {
    let values = score_values(page, weight, view);
    html! { @for (column, value) in columns(page).iter().zip(&values) { (cell(column, value)) } }
}

/// Renders the share of the skill that comes from the market's quote; empty when it is not known.
fn quote_worth(page: &Page<'_>) -> Markup {
    let paragraphs = quote::paragraphs(page);
    html! {
        @if !paragraphs.is_empty() {
            div.after {
                h3 { (labels::quote_heading(page.language)) }
                @for paragraph in &paragraphs { p { (prose(paragraph)) } }
            }
            (note(&quote::note(page).unwrap_or_default()))
        }
    }
}

fn left_out(page: &Page<'_>) -> Markup {
    let language = page.language;
    html! {
        @if !page.view.left_out.is_empty() {
            div.left-out {
                h3 { (labels::left_out(language)) }
                ul {
                    @for it in &page.view.left_out {
                        li { b { (labels::model_name(language, &it.model)) } ": " (reasons::left_out_reason(language, it)) }
                    }
                }
            }
        }
    }
}

/// Renders past forecasts against outcomes: replayed, then issued.
pub(super) fn past(page: &Page<'_>) -> Markup {
    let language = page.language;
    html! {
        section {
            h2 { (labels::past_heading(language)) }
            @if has_chart(page, Figure::Past) {
                (figure(page, Figure::Past))
            } @else {
                p { (sentences::no_past(language)) }
            }
        }
        (section(page, labels::issued_heading(language), Figure::Issued))
    }
}

/// Renders the chart of weights over time.
pub(super) fn weights(page: &Page<'_>) -> Markup {
    section(page, labels::weights_heading(page.language), Figure::Weights)
}

/// Renders the chart of skill over time.
pub(super) fn skill(page: &Page<'_>) -> Markup {
    section(page, labels::skill_heading(page.language), Figure::Skill)
}

/// Renders a section of one chart; empty without the chart.
fn section(page: &Page<'_>, heading: &str, chart: Figure) -> Markup {
    html! { @if has_chart(page, chart) { section { h2 { (heading) } (figure(page, chart)) } } }
}

/// Renders the reliability diagram beside its reading.
pub(super) fn calibration(page: &Page<'_>) -> Markup {
    let language = page.language;
    html! {
        section {
            h2 { (labels::calibration_heading(language)) }
            @if let Some(chart) = Figure::Reliability.svg(page, Size::Narrow) {
                div.beside {
                    figure { (PreEscaped(chart)) }
                    div {
                        @if let Some(text) = Figure::Reliability.takeaway(page) { p { (prose(&text)) } }
                        p.note { (sentences::how_to_read_calibration(language)) }
                    }
                }
            } @else {
                p { (prose(&no_calibration(page))) }
            }
        }
    }
}

/// Sentence in place of the calibration's chart: nothing was validated, or there is nothing to calibrate.
pub(crate) fn no_calibration(page: &Page<'_>) -> String {
    let language = page.language;
    if page.is_constant() {
        sentences::nothing_to_calibrate(language, &page.view.pair)
    } else {
        sentences::no_validation(language).to_owned()
    }
}
