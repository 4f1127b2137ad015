//! Weights over time: one line per model through the replayed origins, dots for weights issued by a run, present
//! weights written at the right.

use super::{
    colours,
    measure::Weight,
    scale::Linear,
    series::{EndLabel, Series, SeriesLayout},
    sheet::Mark,
    size::Size,
    svg::MUTED,
};
use crate::{findings::weights, page::Page, text::names, view::PastWeights};
use chrono::NaiveDate;

pub(super) fn draw(page: &Page<'_>, size: Size) -> Option<String> {
    let moments = weights::over_time(page.view);
    let (first, last) = (moments.first()?.as_of, moments.last()?.as_of);
    if first == last {
        return None;
    }
    let models = weights::models(&moments);
    let colours = colours::of(&models.iter().map(String::as_str).collect::<Vec<_>>());
    let ends: Vec<EndLabel> =
        models.iter().zip(&colours).filter_map(|(model, colour)| end(page, size, &moments, model, colour)).collect();
    let all = moments.iter().flat_map(|m| m.weights.iter().map(|(_, weight)| 100.0 * weight));
    let scale = Linear::around(all.chain([0.0]), (0.0, 1.0));
    let mut plot = Series::new(page, size, frame(page, size, (first, last)), scale, &ends);
    for (model, colour) in models.iter().zip(&colours) {
        for run in runs(&moments, model) {
            plot.line(&run, colour, 1.7);
        }
    }
    for (model, colour) in models.iter().zip(&colours) {
        for moment in moments.iter().filter(|m| m.issued) {
            if let Some(weight) = weights::of(moment, model) {
                let place = plot.at((moment.as_of, 100.0 * weight));
                plot.sheet.svg.dot(place, 3.0, colour);
            }
        }
    }
    Some(plot.finish(&ends))
}

fn frame(page: &Page<'_>, size: Size, dates: (NaiveDate, NaiveDate)) -> SeriesLayout {
    let language = page.language;
    SeriesLayout {
        title: language.pick("Peso de cada modelo en el conjunto", "Weight of each model in the ensemble").to_owned(),
        unit: language.pick("Porcentaje", "Percent").to_owned(),
        source: page.validation_source(),
        legend: vec![
            (Mark::Line(MUTED), language.pick("Reconstruido en la validación", "Replayed in validation").to_owned()),
            (Mark::Dot(MUTED), language.pick("De una ejecución", "Issued by a run").to_owned()),
        ],
        height: if size.is_wide() { 220.0 } else { 210.0 },
        dates,
    }
}

fn end(page: &Page<'_>, size: Size, moments: &[PastWeights], model: &str, colour: &'static str) -> Option<EndLabel> {
    let name = names::model(page.language, model, !size.is_wide());
    let now = moments.last().and_then(|moment| weights::of(moment, model));
    let value = now.or_else(|| moments.iter().rev().find_map(|moment| weights::of(moment, model)))?;
    let figure = now.map(|weight| page.language.share(weight, 0)).unwrap_or_default();
    Some(EndLabel { value: 100.0 * value, name, figure, colour, weight: Weight::Regular })
}

/// Returns the unbroken runs of replayed dates on which a model had a weight, in percent.
fn runs(moments: &[PastWeights], model: &str) -> Vec<Vec<(NaiveDate, f64)>> {
    let mut runs = vec![Vec::new()];
    for moment in moments.iter().filter(|m| !m.issued) {
        match (weights::of(moment, model), runs.last_mut()) {
            (Some(weight), Some(run)) => run.push((moment.as_of, 100.0 * weight)),
            (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
            _ => {}
        }
    }
    runs
}
