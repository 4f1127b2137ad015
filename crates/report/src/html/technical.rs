//! The technical snapshot: a table of indicators with readings by rule, and the price within its Bollinger bands.

use super::parts::{cell, figure, has_chart, note, prose, words};
use crate::{
    figure::Figure,
    findings::{
        agitation, band_position,
        market::{CURRENT_VOLATILITY, STILL},
        momentum, strength,
    },
    format::DASH,
    labels,
    page::Page,
    technical::{bollinger, macd, realised_volatility, rsi},
    text::{readings, sentences},
};
use forecaster_domain::STANDSTILL;
use maud::{Markup, html};

/// One row of the table: indicator, value, reading.
pub(crate) type IndicatorRow = (String, String, &'static str);

/// Renders the section.
pub(super) fn snapshot(page: &Page<'_>) -> Markup {
    let language = page.language;
    let prices = page.prices();
    if let Some(text) = standstill(page) {
        return html! { section #market { h2 { (labels::technical_heading(language)) } p { (prose(&text)) } } };
    }
    let (indicator, value, reading) =
        (labels::indicator(language), labels::value(language), labels::reading(language));
    html! {
        section #market {
            h2 { (labels::technical_heading(language)) }
            table.stack.indicators {
                thead {
                    tr {
                        th scope="col" { (indicator) }
                        th scope="col" { (value) }
                        th.words scope="col" { (reading) }
                    }
                }
                tbody {
                    @for (name, figure, comment) in rows(page, &prices) {
                        tr {
                            th scope="row" { (name) }
                            (cell(value, &figure))
                            (words(reading, comment))
                        }
                    }
                }
            }
            (figure(page, Figure::Price))
            (figure(page, Figure::Indicators))
            (note(sentences::technical_note(language)))
        }
    }
}

/// Renders the regressors with their relation to the pair, then volatility; empty when none are known.
pub(super) fn regressors_and_volatility(page: &Page<'_>) -> Markup {
    let language = page.language;
    html! {
        @if has_chart(page, Figure::Regressors) || has_chart(page, Figure::Correlation) {
            section {
                h2 { (labels::regressors_heading(language)) }
                (figure(page, Figure::Regressors))
                (figure(page, Figure::Correlation))
            }
        }
        @if has_chart(page, Figure::Volatility) {
            section { h2 { (labels::volatility_heading(language)) } (figure(page, Figure::Volatility)) }
        }
    }
}

/// Sentence in place of indicators and their charts, of a pair that has not varied for months; `None` for any other.
pub(crate) fn standstill(page: &Page<'_>) -> Option<String> {
    let (count, since) = page.standstill(STANDSTILL)?;
    Some(sentences::nothing_to_describe(page.language, &page.view.pair, count, &page.date(since)))
}

/// Computes the indicators and their readings.
pub(crate) fn rows(page: &Page<'_>, prices: &[f64]) -> [IndicatorRow; 5] {
    let language = page.language;
    let last = prices.last().copied().unwrap_or(f64::NAN);
    let row = |name: &str, known: Option<(String, &'static str)>| {
        let (value, reading) = known.unwrap_or_else(|| (DASH.to_owned(), readings::too_short(language)));
        (name.to_owned(), value, reading)
    };
    let (short, long) = (realised_volatility(prices, CURRENT_VOLATILITY), realised_volatility(prices, 60));
    let agitation = short.zip(long).and_then(|(short, long)| agitation(short, long));
    let still = page.standstill(STILL).map(|_| (DASH.to_owned(), readings::still(language)));
    let macd = macd(prices).map(|m| {
        let line = page.signed_difference(m.line);
        let value = format!("{line} ({} {})", labels::signal(language), page.signed_difference(m.signal));
        (value, readings::momentum(language, momentum(m, last)))
    });
    let rsi = rsi(prices, 14).map(|v| (language.number(v, 1), readings::strength(language, strength(v))));
    let bands = bollinger(prices)
        .map(|b| (page.interval((b.lower, b.upper)), readings::band_position(language, band_position(last, b))));
    [
        row("RSI 14", still.clone().or(rsi)),
        row("MACD 12/26/9", still.or(macd)),
        row("Bollinger 20/2", bands),
        row(
            labels::volatility20(language),
            short.map(|v| {
                let reading = agitation.map_or(readings::annualised(language), |a| readings::agitation(language, a));
                (language.small_percent(100.0 * v, 1), reading)
            }),
        ),
        row(
            labels::volatility60(language),
            long.map(|v| (language.small_percent(100.0 * v, 1), readings::annualised(language))),
        ),
    ]
}
