//! Momentum on the same dates as the price chart: RSI with lines at 30 and 70, then MACD, signal and histogram.

use super::{
    axis,
    measure::Weight,
    price,
    scale::{Linear, Time},
    series::{EndLabel, end_labels},
    sheet::{Mark, Plan, Rect, Sheet},
    size::Size,
    svg::{ACCENT, AXIS, Anchor, BAND80, INK, MUTED, Point, TextStyle},
};
use crate::{
    findings::market::{MomentumDay, momentum_days},
    page::Page,
    technical::Macd,
};

const RSI: f64 = 92.0;
const HEAD: f64 = 36.0;
const MACD: f64 = 110.0;

pub(super) fn draw(page: &Page<'_>, size: Size) -> Option<String> {
    let days = momentum_days(page);
    let (first, last) = (days.first()?, days.last()?);
    if days.len() < 2 {
        return None;
    }
    let mut sheet = Sheet::new(plan(page, size));
    let whole = sheet.plot;
    let time = Time::new(first.date, last.date, (whole.left, whole.right));
    sheet.plot = Rect { bottom: whole.top + RSI, ..whole };
    strength(&mut sheet, page, &days, &time);
    sheet.plot = Rect { top: whole.bottom - MACD, ..whole };
    convergence(&mut sheet, page, &days, &time);
    axis::dates(&mut sheet, page.language, &time);
    sheet.plot = whole;
    Some(sheet.finish())
}

fn plan(page: &Page<'_>, size: Size) -> Plan {
    let language = page.language;
    let pair = &page.view.pair;
    Plan {
        width: size.width(),
        title: language.pick(format!("{pair}: RSI y MACD"), format!("{pair}: RSI and MACD")),
        unit: language.pick(
            format!("RSI de 14 días, 0 a 100; MACD 12/26/9 en {}", page.unit()),
            format!("14-day RSI, 0 to 100; MACD 12/26/9 in {}", page.unit()),
        ),
        source: page.price_source(),
        legend: vec![
            (Mark::Line(INK), "RSI, MACD".to_owned()),
            (Mark::Line(ACCENT), language.pick("Señal", "Signal").to_owned()),
            (Mark::Band(BAND80), language.pick("MACD menos señal", "MACD less signal").to_owned()),
        ],
        plot_height: RSI + HEAD + MACD,
        margins: price::margins(page),
        strip: 18.0,
    }
}

/// Writes the name of a panel above it.
fn name(sheet: &mut Sheet, text: &str) {
    let plot = sheet.plot;
    sheet.svg.text((plot.left, plot.top - 8.0), text, TextStyle::new(axis::TICK, INK, Anchor::Start).bold());
}

fn strength(sheet: &mut Sheet, page: &Page<'_>, days: &[MomentumDay], time: &Time) {
    let plot = sheet.plot;
    let scale = Linear::new((0.0, 100.0), (plot.bottom, plot.top));
    name(sheet, "RSI 14");
    for level in [0.0, 30.0, 70.0, 100.0] {
        let y = scale.at(level);
        if level == 30.0 || level == 70.0 {
            sheet.svg.dashed((plot.left, y), (plot.right, y), MUTED);
        } else {
            sheet.svg.line((plot.left, y), (plot.right, y), AXIS, 1.0);
        }
        let look = TextStyle::new(axis::TICK, MUTED, Anchor::End);
        sheet.svg.text((plot.left - 8.0, y + 4.0), &page.language.number(level, 0), look);
    }
    let points: Vec<Point> = days.iter().filter_map(|day| Some((time.at(day.date), scale.at(day.rsi?)))).collect();
    sheet.svg.polyline(&points, INK, 1.4);
    if let Some(rsi) = days.last().and_then(|day| day.rsi) {
        end_labels(sheet, &scale, &[EndLabel::figure(rsi, page.language.number(rsi, 1), INK, Weight::Bold)]);
    }
}

fn convergence(sheet: &mut Sheet, page: &Page<'_>, days: &[MomentumDay], time: &Time) {
    let plot = sheet.plot;
    let known: Vec<_> = days.iter().filter_map(|day| Some((time.at(day.date), day.macd?))).collect();
    let macds: Vec<Macd> = known.iter().map(|(_, macd)| *macd).collect();
    let scale = price::macd_scale(page, &macds).onto((plot.bottom, plot.top));
    name(sheet, "MACD 12/26/9");
    axis::vertical(sheet, page.language, &scale, price::MACD_TICKS);
    let zero = scale.at(0.0);
    let width = (0.7 * (plot.right - plot.left) / days.len().max(1) as f64).clamp(0.8, 6.0);
    for (x, m) in &known {
        let y = scale.at(m.line - m.signal);
        sheet.svg.rect((x - width / 2.0, y.min(zero)), (width, (y - zero).abs()), BAND80);
    }
    sheet.svg.line((plot.left, zero), (plot.right, zero), AXIS, 1.0);
    let line: Vec<Point> = known.iter().map(|(x, m)| (*x, scale.at(m.line))).collect();
    let signal: Vec<Point> = known.iter().map(|(x, m)| (*x, scale.at(m.signal))).collect();
    sheet.svg.polyline(&signal, ACCENT, 1.4);
    sheet.svg.polyline(&line, INK, 1.4);
    if let Some((_, m)) = known.last() {
        let label = |value, colour, weight| EndLabel::figure(value, page.signed_difference(value), colour, weight);
        end_labels(sheet, &scale, &[label(m.line, INK, Weight::Bold), label(m.signal, ACCENT, Weight::Regular)]);
    }
}
