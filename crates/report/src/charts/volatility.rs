//! Conditional volatility: the past year at the left, the expected term structure at the right with its own date
//! scale, the long-run level as a dashed line through both.

use super::{
    axis,
    measure::Weight,
    scale::{Linear, Time},
    series::{EndLabel, end_labels, label_room, span},
    sheet::{Mark, Plan, Rect, Sheet},
    size::Size,
    svg::{ACCENT, INK, MUTED, Point},
};
use crate::{findings::market, labels, page::Page};
use chrono::NaiveDate;

/// Space between past and future: the width of two half date labels.
const ALLEY: f64 = 50.0;
const MOST_TICKS: usize = 6;
/// Smallest span of the vertical axis, in percent a year: labels have one decimal.
const LEAST: f64 = 0.5;

pub(super) fn draw(page: &Page<'_>, size: Size) -> Option<String> {
    let known = page.view.volatility.as_ref()?;
    let percent = |values: &[(NaiveDate, f64)]| -> Vec<(NaiveDate, f64)> {
        values.iter().filter(|v| v.1.is_finite()).map(|(date, share)| (*date, 100.0 * share)).collect()
    };
    let past = percent(market::last_year(&known.past));
    let ahead = percent(&known.ahead);
    let (before, after) = (span(past.iter())?, span(ahead.iter())?);
    let long_run = known.long_run.filter(|v| v.is_finite()).map(|v| 100.0 * v);
    let ends = ends(page, &ahead, long_run);
    let scale = Linear::around(past.iter().chain(&ahead).map(|v| v.1).chain(long_run), (0.0, 1.0)).spanning(LEAST);
    let mut sheet = Sheet::new(plan(page, size, &scale, &ends, long_run.is_some()));
    let whole = sheet.plot;
    let scale = scale.onto((whole.bottom, whole.top));
    axis::vertical(&mut sheet, page.language, &scale, MOST_TICKS);
    if let Some(level) = long_run {
        sheet.svg.dashed((whole.left, scale.at(level)), (whole.right, scale.at(level)), MUTED);
    }
    let share = if size.is_wide() { 0.68 } else { 0.62 };
    let middle = whole.left + share * (whole.right - whole.left - ALLEY);
    for (values, dates, (left, right), colour) in
        [(&past, before, (whole.left, middle), INK), (&ahead, after, (middle + ALLEY, whole.right), ACCENT)]
    {
        sheet.plot = Rect { left, right, ..whole };
        let time = Time::new(dates.0, dates.1, (left, right));
        axis::dates(&mut sheet, page.language, &time);
        let points: Vec<Point> = values.iter().map(|(date, value)| (time.at(*date), scale.at(*value))).collect();
        sheet.svg.polyline(&points, colour, if colour == ACCENT { 2.2 } else { 1.4 });
        if let Some(place) = if colour == ACCENT { points.first() } else { points.last() } {
            sheet.svg.dot(*place, 3.2, colour);
        }
    }
    sheet.plot = whole;
    end_labels(&mut sheet, &scale, &ends);
    Some(sheet.finish())
}

fn ends(page: &Page<'_>, ahead: &[(NaiveDate, f64)], long_run: Option<f64>) -> Vec<EndLabel> {
    let label =
        |value, colour, weight| EndLabel::figure(value, page.language.small_percent(value, 1), colour, weight);
    let end = ahead.last().map(|(_, value)| label(*value, ACCENT, Weight::Bold));
    end.into_iter().chain(long_run.map(|level| label(level, MUTED, Weight::Regular))).collect()
}

fn plan(page: &Page<'_>, size: Size, scale: &Linear, ends: &[EndLabel], has_long_run: bool) -> Plan {
    let language = page.language;
    let mut legend = vec![
        (Mark::Line(INK), language.pick("Último año", "Past year").to_owned()),
        (
            Mark::Line(ACCENT),
            language.pick("Esperada hasta el fin del plazo", "Expected to the end of the horizon").to_owned(),
        ),
    ];
    if has_long_run {
        legend.push((Mark::Dashed(MUTED), language.pick("Largo plazo", "Long run").to_owned()));
    }
    Plan {
        width: size.width(),
        title: language.pick("Volatilidad condicional (GARCH)", "Conditional volatility (GARCH)").to_owned(),
        unit: language.pick("Porcentaje anual", "Percent a year").to_owned(),
        source: format!(
            "{}: {}. {} {}.",
            labels::source(language),
            labels::own_calculations(language),
            labels::observed_until(language),
            page.date(page.view.ensemble.as_of())
        ),
        legend,
        plot_height: if size.is_wide() { 200.0 } else { 190.0 },
        margins: (axis::label_width(language, scale, MOST_TICKS), label_room(ends, size)),
        strip: 0.0,
    }
}
