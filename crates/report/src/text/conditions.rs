//! Sentences about the conditions of the series.

use crate::{
    format::price_decimals,
    view::{
        Frequency,
        Language::{self, English, Spanish},
        SeriesCondition, SeriesFact,
    },
};

/// Returns the sentence about a condition of a series.
pub(crate) fn condition(language: Language, condition: &SeriesCondition) -> String {
    let series = condition.series.to_uppercase();
    match language {
        Spanish => format!("{series}: {}", spanish(&condition.fact)),
        English => format!("{series}: {}", english(&condition.fact)),
    }
}

fn spanish(fact: &SeriesFact) -> String {
    let value = |value: f64| number(Spanish, value);
    match fact {
        SeriesFact::UnconfirmedJump { date, before, value: jumped, is_used } => {
            let date = Spanish.date(*date);
            let used = if *is_used {
                "Verifique el dato antes de usar este pronóstico."
            } else {
                "El pronóstico no lo usa; verifique el dato."
            };
            let (before, jumped) = (value(*before), value(*jumped));
            format!("el valor {jumped} del {date}, después de {before}, es un salto que nada confirma. {used}")
        }
        SeriesFact::StandsStill { since, count, value: still, .. } => format!(
            "la fuente está detenida: repite {} en sus últimas {} fechas, desde el {}. El último dato puede no ser el del \
             mercado.",
            value(*still),
            Spanish.count(*count),
            Spanish.date(*since)
        ),
        SeriesFact::Constant { since, value: constant } => {
            format!("no varía: vale {} desde el {}.", value(*constant), Spanish.date(*since))
        }
        SeriesFact::Sparse { frequency, from, to, is_now } => {
            let often = match frequency {
                Frequency::Weekly => "semanales".to_owned(),
                Frequency::Monthly => "mensuales".to_owned(),
                Frequency::EveryDays(days) => format!("de cada {days} días hábiles"),
            };
            let span = if *is_now {
                format!("desde el {}", Spanish.date(*from))
            } else {
                format!("del {} al {}", Spanish.date(*from), Spanish.date(*to))
            };
            format!(
                "los datos son {often} {span}, y se esperan diarios. Los modelos llevan cada movimiento al de un día hábil."
            )
        }
        SeriesFact::Hole { from, to, days, .. } => format!(
            "no hay datos en {days} días hábiles, del {} al {}. Los modelos no cuentan como de un día el movimiento entre \
             ambas fechas.",
            Spanish.date(*from),
            Spanish.date(*to)
        ),
        SeriesFact::Redenominated { date, factor, .. } => format!(
            "cambió de unidad el {}: los valores anteriores van multiplicados por {}.",
            Spanish.date(*date),
            value(*factor)
        ),
        SeriesFact::OffScale { from, to, factor } => format!(
            "los valores del {} al {} son {} veces los vecinos, probablemente en otra unidad, y no se usan.",
            Spanish.date(*from),
            Spanish.date(*to),
            value(*factor)
        ),
        SeriesFact::Break { date, before, value: after, is_reciprocal } => format!(
            "el {} pasa de {} a {}{}, lo que ningún movimiento del mercado explica. Los valores anteriores a esa fecha no \
             se usan.",
            Spanish.date(*date),
            value(*before),
            value(*after),
            if *is_reciprocal { ", su recíproco" } else { "" }
        ),
    }
}

fn english(fact: &SeriesFact) -> String {
    let value = |value: f64| number(English, value);
    match fact {
        SeriesFact::UnconfirmedJump { date, before, value: jumped, is_used } => {
            let date = English.date(*date);
            let used = if *is_used {
                "Check it before you use this forecast."
            } else {
                "The forecast does not use it; check it."
            };
            let (before, jumped) = (value(*before), value(*jumped));
            format!("the value {jumped} of {date}, after {before}, is a jump that nothing confirms. {used}")
        }
        SeriesFact::StandsStill { since, count, value: still, .. } => format!(
            "the source stands still: {} on each of its last {} dates, since {}. The last value may not be the market's.",
            value(*still),
            English.count(*count),
            English.date(*since)
        ),
        SeriesFact::Constant { since, value: constant } => {
            format!("does not vary: {} since {}.", value(*constant), English.date(*since))
        }
        SeriesFact::Sparse { frequency, from, to, is_now } => {
            let often = match frequency {
                Frequency::Weekly => "weekly".to_owned(),
                Frequency::Monthly => "monthly".to_owned(),
                Frequency::EveryDays(days) => format!("every {days} business days"),
            };
            let span = if *is_now {
                format!("since {}", English.date(*from))
            } else {
                format!("from {} to {}", English.date(*from), English.date(*to))
            };
            format!(
                "the values come {often} {span}, where daily ones are expected. The models scale each move to that of one \
                 business day."
            )
        }
        SeriesFact::Hole { from, to, days, .. } => format!(
            "there are no values on {days} business days, from {} to {}. The models do not count the move across them as \
             one day's.",
            English.date(*from),
            English.date(*to)
        ),
        SeriesFact::Redenominated { date, factor, .. } => format!(
            "the unit changed on {}: earlier values are multiplied by {}.",
            English.date(*date),
            value(*factor)
        ),
        SeriesFact::OffScale { from, to, factor } => format!(
            "the values from {} to {} are {} times their neighbours, probably in another unit, and are not used.",
            English.date(*from),
            English.date(*to),
            value(*factor)
        ),
        SeriesFact::Break { date, before, value: after, is_reciprocal } => format!(
            "on {} it goes from {} to {}{}, which no market move explains. Earlier values are not used.",
            English.date(*date),
            value(*before),
            value(*after),
            if *is_reciprocal { ", the reciprocal" } else { "" }
        ),
    }
}

/// Returns a value with the digits of its size; a whole number and a power of ten have no more than they need.
fn number(language: Language, value: f64) -> String {
    let exponent = value.log10();
    let decimals = if value >= 1.0 && value.fract() == 0.0 {
        0.0
    } else if value < 1.0 && (exponent - exponent.round()).abs() < 1e-9 {
        -exponent.round()
    } else if value >= 0.1 {
        price_decimals(value) as f64
    } else {
        // Three significant digits.
        2.0 - exponent.floor()
    };
    // A value that is not positive is no rate, and has no digits to count.
    language.number(value, if decimals.is_finite() { decimals.clamp(0.0, 15.0) as usize } else { 2 })
}
