//! How good the forecasts were out of sample: scoreboard, past forecasts, calibration.

use super::parts::{cell, figure, note};
use crate::{
    ScoreView,
    charts::{self, PAST_SHOWN, Size},
    findings,
    page::Page,
    text::{labels, readings, sentences},
};
use maud::{Markup, PreEscaped, html};

/// Scores of the ensemble and of every model, then the models left out.
pub(super) fn scoreboard(page: &Page<'_>) -> Markup {
    let language = page.language;
    let view = page.view;
    let scored = view.ensemble_scores.is_some() || view.models.iter().any(|m| m.scores.is_some());
    let origins = view.ensemble_scores.map_or(view.validation.origins, |v| v.scores.n);
    html! {
        section {
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
                                @if model.name == "random_walk" { " " span.tag { (labels::yes_benchmark(language)) } }
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
            (left_out(page))
        }
    }
}

fn columns(page: &Page<'_>) -> [String; 7] {
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

fn score_cells(page: &Page<'_>, weight: Option<f64>, view: Option<&ScoreView>) -> Markup {
    let language = page.language;
    let figure = |value: &dyn Fn(&ScoreView) -> f64| view.map_or(f64::NAN, value);
    let values = [
        language.share(weight.unwrap_or(f64::NAN), 1),
        page.price(figure(&|v| v.scores.rmse)),
        language.percent(figure(&|v| v.scores.mape), 2),
        language.number(figure(&|v| v.scores.wql), 5),
        language.share(figure(&|v| v.scores.coverage80), 1),
        language.share(figure(&|v| v.scores.coverage95), 1),
        language.signed_percent(100.0 * figure(&|v| v.skill), 1),
    ];
    html! { @for (column, value) in columns(page).iter().zip(&values) { (cell(column, value)) } }
}

fn left_out(page: &Page<'_>) -> Markup {
    let language = page.language;
    html! {
        @if !page.view.left_out.is_empty() {
            div.left-out {
                h3 { (labels::left_out(language)) }
                ul {
                    @for (name, reason) in &page.view.left_out {
                        li { b { (labels::model_name(language, name)) } ": " (reason) }
                    }
                }
            }
        }
    }
}

/// Past forecasts against what happened.
pub(super) fn past(page: &Page<'_>) -> Markup {
    let language = page.language;
    let past = &page.view.past;
    let shown = past.len().min(PAST_SHOWN);
    let caption = sentences::past_caption(language, findings::hits(past), shown, past.len());
    html! {
        section {
            h2 { (labels::past_heading(language)) }
            @if past.is_empty() {
                p { (sentences::no_past(language)) }
            } @else {
                (figure(|size: Size| charts::past(page.view, size).unwrap_or_default(), Some(&caption)))
            }
        }
    }
}

/// Reliability diagram beside its reading.
pub(super) fn calibration(page: &Page<'_>) -> Markup {
    let language = page.language;
    let scores = page.view.ensemble_scores.map(|view| view.scores);
    html! {
        section {
            h2 { (labels::calibration_heading(language)) }
            @if let Some(chart) = charts::reliability(page.view) {
                div.beside {
                    figure { (PreEscaped(chart)) }
                    div {
                        @if let Some(scores) = scores.filter(|s| s.coverage80.is_finite() && s.coverage95.is_finite()) {
                            p {
                                (sentences::coverage(
                                    language,
                                    &language.share(scores.coverage80, 1),
                                    &language.share(scores.coverage95, 1),
                                ))
                                @if let Some(width) = findings::width(scores.coverage80) {
                                    " " (readings::width(language, width)) "."
                                }
                            }
                        }
                        @if let Some(gap) = findings::largest_gap(&page.view.reliability) {
                            p { (sentences::calibration_caption(language, gap)) }
                        }
                        p.note { (sentences::how_to_read_calibration(language)) }
                    }
                }
            } @else {
                p { (sentences::no_validation(language)) }
            }
        }
    }
}
