//! Recent prices inside their Bollinger bands, with labels on the last values.

use super::{
    axis, labels,
    measure::Weight,
    scale::{Linear, Time},
    series::LEADER,
    sheet::{Mark, Plan, Sheet},
    size::Size,
    svg::{ACCENT, AXIS, Anchor, BAND95, INK, MUTED, Point, TextStyle},
};
use crate::{
    findings::market::{PRICES_SHOWN, momentum_days},
    labels as words,
    page::Page,
    technical::{Bands, Macd, bollinger},
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
    let scale = price_scale(page, &days);
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

fn price_scale(page: &Page<'_>, days: &[(Observation, Bands)]) -> Linear {
    let values = days.iter().flat_map(|(o, b)| [o.value, b.lower, b.upper]);
    Linear::around(values, (0.0, 1.0)).spanning(page.least_span())
}

/// Returns the scale of line, signal and histogram of the MACD.
pub(super) fn macd_scale(page: &Page<'_>, macds: &[Macd]) -> Linear {
    let values = macds.iter().flat_map(|m| [m.line, m.signal, m.line - m.signal]).chain([0.0]);
    Linear::around(values, (0.0, 1.0)).spanning(page.least_span())
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
    let momentum = momentum_days(page);
    let macds: Vec<Macd> = momentum.iter().filter_map(|day| day.macd).collect();
    let left = axis::label_width(page.language, &price_scale(page, &days), MOST_TICKS)
        .max(axis::label_width(page.language, &macd_scale(page, &macds), MACD_TICKS))
        .max(axis::room(["100"]));
    let bands = days.last().into_iter().flat_map(|(o, b)| [o.value, b.upper, b.middle, b.lower]);
    let strength = momentum.last().and_then(|day| day.rsi).map(|rsi| page.language.number(rsi, 1));
    let changes =
        macds.last().into_iter().flat_map(|m| [page.signed_difference(m.line), page.signed_difference(m.signal)]);
    let ends: Vec<String> = bands.map(|price| page.price(price)).chain(strength).chain(changes).collect();
    (left, LEADER + axis::widest(ends.iter().map(String::as_str), Weight::Bold) + axis::SPARE)
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
