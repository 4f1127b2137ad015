//! Forecasts of all models for the end of the horizon: one row per model with its 95 % and 80 % interval and its
//! median, the ensemble first, on a common price scale.

use super::{
    axis,
    measure::{Weight, shortened, text_width},
    scale::Linear,
    sheet::{EDGE, Mark, Plan, Sheet},
    size::Size,
    svg::{ACCENT, AXIS, Anchor, BAND80, BAND95, INK, MUTED, TextStyle, thick},
};
use crate::{labels as words, page::Page, text::names};
use forecaster_domain::QuantileForecast;

const ROW: f64 = 32.0;

pub(super) fn draw(page: &Page<'_>, size: Size) -> String {
    let language = page.language;
    let mut rows: Vec<(String, &QuantileForecast)> =
        vec![(words::ensemble(language).to_owned(), &page.view.ensemble)];
    let widest = if size.is_wide() { 150.0 } else { 100.0 };
    let fits = |name: &String| text_width(name, axis::TICK, Weight::Regular) <= widest;
    let name = |model: &str| Some(words::model_name(language, model)).filter(fits);
    let name = |model: &str| name(model).unwrap_or_else(|| names::model(language, model, true));
    rows.extend(page.view.models.iter().map(|m| (name(&m.name), &m.forecast)));
    let names: Vec<String> =
        rows.iter().enumerate().map(|(i, row)| shortened(&row.0, axis::TICK, weight(i), widest)).collect();
    let name_width = |(i, name): (usize, &String)| text_width(name, axis::TICK, weight(i));
    let left = 14.0 + names.iter().enumerate().map(name_width).fold(0.0, f64::max);
    let ends = |f: &QuantileForecast| f.interval95(f.last_step());
    let limits = rows.iter().flat_map(|(_, f)| [ends(f).0, ends(f).1]).chain(page.last().map(|o| o.value));
    let scale = Linear::around(limits, (0.0, 1.0)).spanning(page.least_span());
    let mut sheet = Sheet::new(plan(page, size, rows.len(), left));
    let plot = sheet.plot;
    let scale = scale.onto((plot.left, plot.right));
    axis::horizontal(&mut sheet, language, &scale, if size.is_wide() { 7 } else { 3 });
    sheet.svg.line((plot.left, plot.bottom), (plot.right, plot.bottom), AXIS, 1.0);
    if let Some(last) = page.last() {
        let x = scale.at(last.value);
        sheet.svg.dashed((x, plot.top), (x, plot.bottom), INK);
    }
    for (i, (name, (_, forecast))) in names.iter().zip(&rows).enumerate() {
        row(&mut sheet, page, i, name, forecast, &scale);
    }
    sheet.finish()
}

fn plan(page: &Page<'_>, size: Size, rows: usize, left: f64) -> Plan {
    let language = page.language;
    let end = page.date(page.end_date());
    Plan {
        width: size.width(),
        title: language.pick(format!("Pronósticos por modelo al {end}"), format!("Forecasts by model for {end}")),
        unit: page.unit(),
        source: page.price_source(),
        legend: vec![
            (Mark::Dot(ACCENT), words::median(language).to_owned()),
            (Mark::Band(BAND80), words::interval80(language).to_owned()),
            (Mark::Band(BAND95), words::interval95(language).to_owned()),
            (Mark::Dashed(INK), words::last_observation(language).to_owned()),
        ],
        plot_height: ROW * rows as f64,
        margins: (left, value_width(page)),
        strip: 0.0,
    }
}

/// Returns the weight of a row's texts: the first row, the ensemble's, is bold.
fn weight(row: usize) -> Weight {
    if row == 0 { Weight::Bold } else { Weight::Regular }
}

/// Returns the width of the medians at the right.
fn value_width(page: &Page<'_>) -> f64 {
    let models = page.view.models.iter().map(|model| &model.forecast);
    let medians = std::iter::once(&page.view.ensemble).chain(models).map(|f| page.price(f.median(f.last_step())));
    let widths = medians.enumerate().map(|(i, text)| text_width(&text, axis::TICK, weight(i)));
    14.0 + widths.fold(0.0, f64::max) + axis::SPARE
}

fn row(sheet: &mut Sheet, page: &Page<'_>, i: usize, name: &str, forecast: &QuantileForecast, scale: &Linear) {
    let plot = sheet.plot;
    let end = forecast.last_step();
    let y = plot.top + ROW * (i as f64 + 0.5);
    for ((low, high), thickness, colour) in
        [(forecast.interval95(end), 8.0, BAND95), (forecast.interval80(end), 14.0, BAND80)]
    {
        let (from, width) = thick(scale.at(low), scale.at(high));
        sheet.svg.rect((from, y - thickness / 2.0), (width, thickness), colour);
    }
    sheet.svg.dot((scale.at(forecast.median(end)), y), 4.2, ACCENT);
    let look = |colour, anchor| TextStyle::new(axis::TICK, colour, anchor).weighing(weight(i));
    sheet.svg.text((EDGE, y + 4.0), name, look(INK, Anchor::Start));
    let value_colour = if i == 0 { ACCENT } else { MUTED };
    let end_of_row = plot.right + value_width(page) - axis::SPARE;
    sheet.svg.text((end_of_row, y + 4.0), &page.price(forecast.median(end)), look(value_colour, Anchor::End));
}
