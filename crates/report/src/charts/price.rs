//! Recent prices inside their Bollinger bands, with labels on the last values.

use super::{
    axis, labels,
    scale::{Linear, Time},
    sheet::{Mark, Plan, Sheet},
    size::Size,
    svg::{ACCENT, AXIS, Anchor, BAND95, INK, MUTED, Point, TextStyle, text_width},
};
use crate::{
    findings::market::{PRICES_SHOWN, momentum_days},
    labels as words,
    page::Page,
    technical::{Bands, bollinger},
};
use forecaster_domain::Observation;

const MOST_TICKS: usize = 6;
/// Largest number of ticks of the MACD panel below the price.
pub(super) const MACD_TICKS: usize = 4;

pub(super) fn draw(page: &Page<'_>, size: Size) -> Option<String> {
    let days = days(page);
    let ((first, _), (last, last_bands)) = (days.first()?, days.last()?);
    if days.len() < 2 {
        return None;
    }
    let values = days.iter().flat_map(|(o, b)| [o.value, b.lower, b.upper]);
    let scale = Linear::around(values, (0.0, 1.0));
    let mut sheet = Sheet::new(plan(page, size));
    let plot = sheet.plot;
    let scale = scale.onto((plot.bottom, plot.top));
    let time = Time::new(first.date, last.date, (plot.left, plot.right));
    axis::vertical(&mut sheet, page.language, &scale, MOST_TICKS);
    let path = |value: &dyn Fn(&(Observation, Bands)) -> f64| -> Vec<Point> {
        days.iter().map(|day| (time.at(day.0.date), scale.at(value(day)))).collect()
    };
    let mut outline = path(&|(_, bands)| bands.upper);
    outline.extend(path(&|(_, bands)| bands.lower).into_iter().rev());
    sheet.svg.area(&outline, BAND95);
    sheet.svg.polyline(&path(&|(_, bands)| bands.middle), ACCENT, 1.2);
    sheet.svg.polyline(&path(&|(o, _)| o.value), INK, 1.4);
    axis::dates(&mut sheet, page.language, &time);
    end_labels(&mut sheet, page, &scale, last.value, *last_bands);
    Some(sheet.finish())
}

/// Returns the last days that have bands.
fn days(page: &Page<'_>) -> Vec<(Observation, Bands)> {
    let prices = page.prices();
    let first = prices.len().saturating_sub(PRICES_SHOWN);
    let observations = page.view.observations.iter().enumerate().skip(first);
    observations.filter_map(|(i, o)| Some((*o, bollinger(&prices[..=i])?))).collect()
}

fn plan(page: &Page<'_>, size: Size) -> Plan {
    let language = page.language;
    let pair = &page.view.pair;
    Plan {
        width: size.width(),
        title: language
            .pick(format!("{pair}: precio y bandas de Bollinger"), format!("{pair}: price and Bollinger bands")),
        unit: page.unit(),
        source: page.price_source(),
        legend: vec![
            (Mark::Line(INK), words::observed(language).to_owned()),
            (Mark::Line(ACCENT), words::average20(language).to_owned()),
            (Mark::Band(BAND95), words::bollinger_bands(language).to_owned()),
        ],
        plot_height: if size.is_wide() { 190.0 } else { 180.0 },
        margins: margins(page),
        strip: 0.0,
    }
}

/// Returns the margins beside the plot, the same for price and indicators so that their dates are aligned.
pub(super) fn margins(page: &Page<'_>) -> (f64, f64) {
    let days = days(page);
    let prices = Linear::around(days.iter().flat_map(|(o, b)| [o.value, b.lower, b.upper]), (0.0, 1.0));
    let macds: Vec<_> = momentum_days(page).iter().filter_map(|day| day.macd).collect();
    let moved = macds.iter().flat_map(|m| [m.line, m.signal, m.line - m.signal]).chain([0.0]);
    let moved = Linear::around(moved, (0.0, 1.0));
    let left = axis::label_width(page.language, &prices, MOST_TICKS)
        .max(axis::label_width(page.language, &moved, MACD_TICKS))
        .max(8.0 + text_width("100", axis::TICK));
    let values = days.last().map_or(0.0, |(_, bands)| bands.upper);
    let figures =
        macds.last().into_iter().flat_map(|m| [page.signed_difference(m.line), page.signed_difference(m.signal)]);
    let widths = figures.chain([page.price(values)]).map(|text| text_width(&text, axis::TICK * 1.08));
    (left, 18.0 + widths.fold(0.0, f64::max))
}

fn end_labels(sheet: &mut Sheet, page: &Page<'_>, scale: &Linear, price: f64, bands: Bands) {
    let plot = sheet.plot;
    let values = [(price, INK), (bands.upper, MUTED), (bands.middle, ACCENT), (bands.lower, MUTED)];
    let wanted = values.map(|(value, _)| scale.at(value));
    let placed = labels::spread(&wanted, 14.0, (plot.top + 4.0, plot.bottom - 4.0));
    for (i, ((value, colour), y)) in values.into_iter().zip(placed).enumerate() {
        sheet.svg.polyline(&[(plot.right, wanted[i]), (plot.right + 4.0, y), (plot.right + 8.0, y)], AXIS, 1.0);
        let look = TextStyle::new(axis::TICK, colour, Anchor::Start);
        let look = if i == 0 { look.bold() } else { look };
        sheet.svg.text((plot.right + 11.0, y + 4.0), &page.price(value), look);
    }
    sheet.svg.dot((plot.right, wanted[0]), 3.6, INK);
}
