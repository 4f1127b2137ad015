//! Medians of every model and of the pool, from the last observation to the end of the horizon.

use super::{
    colours,
    measure::Weight,
    scale::Linear,
    series::{EndLabel, Series, SeriesLayout, span},
    sheet::Mark,
    size::Size,
    svg::{ACCENT, INK},
};
use crate::{labels, page::Page, text::names};
use chrono::NaiveDate;
use forecaster_domain::QuantileForecast;

/// A line: name, colour, values.
type Line = (String, &'static str, Vec<(NaiveDate, f64)>);

pub(super) fn draw(page: &Page<'_>, size: Size) -> Option<String> {
    let view = page.view;
    let last = page.last()?;
    if view.models.is_empty() {
        return None;
    }
    let path = |forecast: &QuantileForecast| -> Vec<(NaiveDate, f64)> {
        let steps = forecast.dates().iter().enumerate().map(|(i, date)| (*date, forecast.median(i)));
        std::iter::once((last.date, last.value)).chain(steps).collect()
    };
    let colours = colours::of(&view.models.iter().map(|m| m.name.as_str()).collect::<Vec<_>>());
    let mut lines: Vec<Line> = Vec::new();
    for (model, colour) in view.models.iter().zip(colours) {
        lines.push((names::model(page.language, &model.name, !size.is_wide()), colour, path(&model.forecast)));
    }
    lines.push((labels::ensemble(page.language).to_owned(), ACCENT, path(&view.ensemble)));
    let ends: Vec<EndLabel> = lines
        .iter()
        .map(|(name, colour, path)| {
            let value = path[path.len() - 1].1;
            let weight = if *colour == ACCENT { Weight::Bold } else { Weight::Regular };
            EndLabel { value, name: name.clone(), figure: page.price(value), colour, weight }
        })
        .collect();
    let frame = SeriesLayout {
        title: page
            .language
            .pick("Mediana de cada modelo, fecha a fecha", "Median of each model, date by date")
            .to_owned(),
        unit: page.unit(),
        source: page.price_source(),
        legend: vec![(Mark::Dot(INK), labels::last_observation(page.language).to_owned())],
        height: if size.is_wide() { 220.0 } else { 210.0 },
        dates: span(lines.iter().flat_map(|(_, _, path)| path))?,
    };
    let values = lines.iter().flat_map(|(_, _, path)| path.iter().map(|p| p.1));
    let scale = Linear::around(values, (0.0, 1.0)).spanning(page.least_span());
    let mut plot = Series::new(page, size, frame, scale, &ends);
    for (_, colour, path) in &lines {
        plot.line(path, colour, if *colour == ACCENT { 2.8 } else { 1.6 });
    }
    let start = plot.at((last.date, last.value));
    plot.sheet.svg.dot(start, 3.6, INK);
    Some(plot.finish(&ends))
}
