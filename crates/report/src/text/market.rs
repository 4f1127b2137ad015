//! Sentences that sum up the market charts: facts of `findings::market`, Spanish beside English.

use super::{names, readings};
use crate::{
    findings::{
        BandPosition, Momentum,
        market::{
            CURRENT_VOLATILITY, MomentumReading, PriceRun, RelativeLevel, SeriesChange, VolatilityFacts,
            notable_correlation,
        },
    },
    page::Page,
    technical::Bands,
    view::{
        ChangeUnit,
        Language::{English, Spanish},
    },
};

/// Returns the sentence on the price in its bands and among the observations before it.
pub(crate) fn price(
    page: &Page<'_>,
    value: f64,
    bands: Bands,
    place: BandPosition,
    extreme: Option<PriceRun>,
) -> String {
    let language = page.language;
    let (value, bands) = (page.price(value), page.interval((bands.lower, bands.upper)));
    let reading = readings::band_position(language, place);
    let mut text = match language {
        Spanish => format!("{reading}: {value}, con bandas {bands}."),
        English => format!("{reading}: {value}, with bands {bands}."),
    };
    text += &match (language, extreme) {
        (_, None) => return text,
        (Spanish, Some(PriceRun::Highest(n, date))) => {
            format!(" Es más alto que cada una de las {n} observaciones anteriores, desde el {}.", page.date(date))
        }
        (English, Some(PriceRun::Highest(n, date))) => {
            format!(" It is higher than each of the {n} observations before it, from {} on.", page.date(date))
        }
        (Spanish, Some(PriceRun::Lowest(n, date))) => {
            format!(" Es más bajo que cada una de las {n} observaciones anteriores, desde el {}.", page.date(date))
        }
        (English, Some(PriceRun::Lowest(n, date))) => {
            format!(" It is lower than each of the {n} observations before it, from {} on.", page.date(date))
        }
    };
    text
}

pub(crate) fn pulse(page: &Page<'_>, pulse: &MomentumReading) -> String {
    let language = page.language;
    let rsi = pulse.rsi.map(|(value, strength)| {
        format!("RSI {}: {}.", language.number(value, 1), lowered(readings::strength(language, strength)))
    });
    let macd = pulse.macd.map(|(side, since)| {
        let since = since.map(|date| match language {
            Spanish => format!(" desde el {}", page.date(date)),
            English => format!(" since {}", page.date(date)),
        });
        let since = since.unwrap_or_else(|| {
            language.pick(" en todas sus fechas del gráfico", " on all its dates in the chart").to_owned()
        });
        match (language, side) {
            (Spanish, Momentum::AboveSignal) => format!("MACD sobre su señal{since}."),
            (English, Momentum::AboveSignal) => format!("MACD above its signal{since}."),
            (Spanish, Momentum::BelowSignal) => format!("MACD bajo su señal{since}."),
            (English, Momentum::BelowSignal) => format!("MACD below its signal{since}."),
            (Spanish, Momentum::None) => format!("MACD igual a su señal{since}."),
            (English, Momentum::None) => format!("MACD equal to its signal{since}."),
        }
    });
    rsi.into_iter().chain(macd).collect::<Vec<_>>().join(" ")
}

fn lowered(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().collect::<String>() + letters.as_str())
}

/// Returns the sentence on the series with the highest and the lowest change over the year.
pub(crate) fn movers(page: &Page<'_>, most: &SeriesChange, least: &SeriesChange, count: usize) -> String {
    let language = page.language;
    let name = |mover: &SeriesChange| names::series_in_words(language, &mover.0);
    let change =
        |mover: &SeriesChange| names::change(language, Some(mover.1), ChangeUnit::Percent).unwrap_or_default();
    let (a, b) = (format!("{} ({})", name(most), change(most)), format!("{} ({})", name(least), change(least)));
    match language {
        Spanish if count == 1 || most.1 == least.1 => format!("En el año mostrado: {a}."),
        English if count == 1 || most.1 == least.1 => format!("Over the year shown: {a}."),
        Spanish => format!(
            "En el año mostrado, entre las {count} series en porcentaje, el cambio más alto es el de {a} y el más bajo, el de {b}."
        ),
        English => format!(
            "Over the year shown, of the {count} series given in percent, {a} has the highest change and {b} the \
             lowest."
        ),
    }
}

/// Returns the sentences on the strongest correlation, and on the number of notable ones.
pub(crate) fn strongest(page: &Page<'_>, series: &str, value: f64, notable: usize, count: usize) -> String {
    let language = page.language;
    let (name, figure) = (names::series_in_words(language, series), language.signed(value, 2));
    let line = language.number(notable_correlation(), 2);
    let lead = match language {
        Spanish if count == 1 => format!("Hoy: {name}: {figure}."),
        English if count == 1 => format!("Now: {name}: {figure}."),
        Spanish => format!("La correlación más fuerte hoy es la de {name}: {figure}."),
        English => format!("The strongest correlation now is that of {name}: {figure}."),
    };
    let rest = match (language, count, notable) {
        (Spanish, 1, 0) => format!("No supera ±{line}, límite aproximado de lo que da el azar."),
        (English, 1, 0) => format!("It does not exceed ±{line}, about the most that chance gives."),
        (Spanish, 1, _) => format!("Supera ±{line}, límite aproximado de lo que da el azar."),
        (English, 1, _) => format!("It exceeds ±{line}, about the most that chance gives."),
        (Spanish, _, 0) => format!("Ninguna de las {count} supera ±{line}, límite aproximado de lo que da el azar."),
        (English, _, 0) => format!("None of the {count} exceeds ±{line}, about the most that chance gives."),
        (Spanish, _, n) => {
            format!(
                "{n} de {count} {} ±{line}, límite aproximado de lo que da el azar.",
                if n == 1 { "supera" } else { "superan" }
            )
        }
        (English, _, n) => {
            format!(
                "{n} of {count} {} ±{line}, about the most that chance gives.",
                if n == 1 { "exceeds" } else { "exceed" }
            )
        }
    };
    format!("{lead} {rest}")
}

/// Returns the sentence on an indicator of a price that has stood still over its last observations, the first of them on
/// this date.
pub(crate) fn still(page: &Page<'_>, (count, since): (usize, chrono::NaiveDate)) -> String {
    let (count, since) = (page.language.count(count), page.date(since));
    match page.language {
        Spanish => format!(
            "Precio sin variación en las últimas {count} observaciones, desde el {since}: ni RSI ni MACD dicen nada."
        ),
        English => format!(
            "The price has not changed over the last {count} observations, since {since}: RSI and MACD say nothing."
        ),
    }
}

/// Returns the sentences on volatility: the current one, `realised` over the last [`CURRENT_VOLATILITY`] returns, then the
/// GARCH model's own estimate, against which alone its expectation is compared.
pub(crate) fn volatility(page: &Page<'_>, realised: Option<f64>, facts: &VolatilityFacts) -> String {
    let language = page.language;
    let share = |share: f64| language.small_percent(100.0 * share, 1);
    let (last, end) = (share(facts.last.1), share(facts.end.0));
    let date = page.date(facts.last.0);
    let current = realised.map(share).map_or_else(String::new, |current| match language {
        Spanish => {
            format!("Volatilidad actual: {current} anual, la de los últimos {CURRENT_VOLATILITY} retornos diarios. ")
        }
        English => format!("Volatility now: {current} a year, that of the last {CURRENT_VOLATILITY} daily returns. "),
    });
    let rank = match (language, facts.days) {
        (_, 0) => String::new(),
        (Spanish, days) => format!(", más alta que en {} de las {days} fechas anteriores mostradas", facts.lower),
        (English, days) => format!(", higher than on {} of the {days} dates shown before it", facts.lower),
    };
    let ahead = match (language, facts.end.1) {
        (Spanish, RelativeLevel::Higher) => format!("Se espera que suba a {end} al fin del plazo"),
        (Spanish, RelativeLevel::Lower) => format!("Se espera que baje a {end} al fin del plazo"),
        (Spanish, RelativeLevel::Same) => {
            format!("No se espera un cambio de 0,25 puntos o más al fin del plazo ({end})")
        }
        (English, RelativeLevel::Higher) => format!("It is expected to rise to {end} by the end of the horizon"),
        (English, RelativeLevel::Lower) => format!("It is expected to fall to {end} by the end of the horizon"),
        (English, RelativeLevel::Same) => {
            format!("No change of 0.25 points or more is expected by the end of the horizon ({end})")
        }
    };
    let level = facts.long_run.map(|(level, place)| (share(level), place));
    let long_run = match (language, level) {
        (_, None) => String::new(),
        (Spanish, Some((level, RelativeLevel::Higher))) => {
            format!("; la estimación está sobre su nivel de largo plazo, {level}")
        }
        (Spanish, Some((level, RelativeLevel::Lower))) => {
            format!("; la estimación está bajo su nivel de largo plazo, {level}")
        }
        (Spanish, Some((level, RelativeLevel::Same))) => {
            format!("; la estimación está casi en su nivel de largo plazo, {level}")
        }
        (English, Some((level, RelativeLevel::Higher))) => {
            format!("; the estimate is above its long-run level, {level}")
        }
        (English, Some((level, RelativeLevel::Lower))) => {
            format!("; the estimate is below its long-run level, {level}")
        }
        (English, Some((level, RelativeLevel::Same))) => {
            format!("; the estimate is nearly at its long-run level, {level}")
        }
    };
    match language {
        Spanish => format!(
            "{current}El modelo GARCH da su propia estimación, condicional: {last} al {date}{rank}. {ahead}{long_run}."
        ),
        English => format!(
            "{current}The GARCH model has its own, conditional estimate: {last} on {date}{rank}. {ahead}{long_run}."
        ),
    }
}
