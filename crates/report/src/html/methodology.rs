//! Methodology: validation, weights and calibration with their figures, then every model.

use super::parts::prose;
use crate::{labels, page::Page, text::methods, view::ModelView};
use maud::{Markup, html};

/// Renders the section.
pub(super) fn methodology(page: &Page<'_>) -> Markup {
    let language = page.language;
    let validation = &page.view.validation;
    let span = validation.span.map(|(first, last)| (page.date(first), page.date(last)));
    let span = span.as_ref().map(|(first, last)| (first.as_str(), last.as_str()));
    let steps = page.view.ensemble.steps();
    html! {
        section.methodology #methodology {
            h2 { (labels::methodology_heading(language)) }
            div.columns {
                article {
                    h3 { (labels::validation_heading(language)) }
                    p { (prose(&methods::validation(language, validation, span, steps))) }
                }
                article {
                    h3 { (labels::pooling_heading(language)) }
                    p { (methods::pooling(language, validation)) }
                }
                @if validation.origins > 0 {
                    article {
                        h3 { (labels::spread_heading(language)) }
                        p { (methods::spread(language, validation)) }
                    }
                }
            }
            @if !page.view.models.is_empty() {
                h3.subsection { (labels::models_used_heading(language)) }
                @for model in &page.view.models { (described(page, model)) }
            }
        }
    }
}

fn described(page: &Page<'_>, model: &ModelView) -> Markup {
    let language = page.language;
    html! {
        article.model {
            div {
                h4 { (labels::model_name(language, &model.name)) }
                p.code { (model.name) }
            }
            div {
                p {
                    (methods::description(language, &model.name))
                    @if let Some((checkpoint, until)) = &model.trained_here {
                        " " (prose(&methods::trained_here(language, checkpoint, *until)))
                    }
                }
                dl.details {
                    @for (name, value) in methods::details(language, model) { div { dt { (name) } dd { (value) } } }
                    div {
                        dt { (labels::seconds_spent(language)) }
                        dd { (language.number(model.seconds, 1)) " s" }
                    }
                }
            }
        }
    }
}
