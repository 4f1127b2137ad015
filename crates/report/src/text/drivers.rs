//! Sentences on the changes since the last report: the facts of `findings::drivers`, Spanish beside English.

use super::names;
use crate::{
    findings::{
        drivers::{ChangePart, ForecastCheck, MeasuredMove, MedianRevision, OtherSeries, Reasons},
        outlook::IntervalPosition,
    },
    page::Page,
    view::Language::{English, Spanish},
};

/// Returns the sentence on the pair's move.
pub(crate) fn pair(page: &Page<'_>, moved: &MeasuredMove, still: bool) -> String {
    let language = page.language;
    let (pair, then) = (&page.view.pair, page.date(moved.from.date));
    let (from, to) = (page.price(moved.from.value), page.price(moved.to.value));
    let change = names::change(language, moved.change, moved.measure).unwrap_or_default();
    match (language, still) {
        (Spanish, true) => {
            format!("Desde el informe anterior ({then}), {pair} casi no cambió: de {from} a {to} ({change}).")
        }
        (English, true) => {
            format!("Since the last report ({then}), {pair} hardly changed: from {from} to {to} ({change}).")
        }
        (Spanish, false) => format!("Desde el informe anterior ({then}), {pair} pasó de {from} a {to} ({change})."),
        (English, false) => format!("Since the last report ({then}), {pair} went from {from} to {to} ({change})."),
    }
}

/// Returns the sentences on the moves of the other series; empty when none is known.
pub(crate) fn others(page: &Page<'_>, others: &OtherSeries) -> Vec<String> {
    let language = page.language;
    let name = |one: &MeasuredMove| names::series_in_words(language, &one.series);
    let figures: Vec<String> = others
        .moved
        .iter()
        .map(|one| {
            let change = names::change(language, one.change, one.measure).unwrap_or_default();
            format!("{} {change}", name(one))
        })
        .collect();
    let list = |all: &[MeasuredMove]| names::list(language, &all.iter().map(name).collect::<Vec<_>>());
    let mut sentences = Vec::new();
    if !figures.is_empty() {
        let figures = names::list(language, &figures);
        sentences.push(language.pick(format!("También se movieron: {figures}."), format!("Also moved: {figures}.")));
    }
    if !others.steady.is_empty() {
        let steady = list(&others.steady);
        sentences
            .push(language.pick(format!("Sin cambios notables: {steady}."), format!("No notable change: {steady}.")));
    }
    if !others.unknown.is_empty() {
        let unknown = list(&others.unknown);
        sentences.push(language.pick(format!("Sin dato nuevo: {unknown}."), format!("No new value: {unknown}.")));
    }
    sentences
}

/// Returns the sentence on the change of the forecast; `then` and `now` are the last target dates.
pub(crate) fn revision(page: &Page<'_>, revision: &MedianRevision, then: &str, now: &str) -> String {
    let language = page.language;
    let (from, to) = (page.price(revision.from), page.price(revision.to));
    let figures =
        format!("{} ({})", page.price_change(revision.change), language.signed_percent(revision.percent, 2));
    match (language, revision.still) {
        (Spanish, true) => format!(
            "La mediana al final del plazo quedó prácticamente igual: {from} para el {then} y {to} para el {now}, {figures}."
        ),
        (English, true) => format!(
            "The median at the end of the horizon is practically unchanged: {from} for {then}, {to} for {now}, {figures}."
        ),
        (Spanish, false) => format!(
            "La mediana al final del plazo pasó de {from} (para el {then}) a {to} (para el {now}): {figures}."
        ),
        (English, false) => {
            format!(
                "The median at the end of the horizon went from {from} (for {then}) to {to} (for {now}): {figures}."
            )
        }
    }
}

/// Returns the sentence on the reasons of the change.
pub(crate) fn reasons(page: &Page<'_>, reasons: &Reasons) -> String {
    let language = page.language;
    let [data, models, weights] = reasons.parts.map(|part| page.price_change(part));
    let quote = page.view.pair.quote();
    let parts = match language {
        Spanish => format!(
            "De ese cambio, en {quote}: {data} por el movimiento del par, {models} por lo que los modelos esperan desde ahí y \
             {weights} por los pesos"
        ),
        English => format!(
            "Of that change, in {quote}: {data} from the pair's own move, {models} from what the models expect from there, and \
             {weights} from the weights"
        ),
    };
    let model = reasons.model.as_ref().map(|(name, part)| {
        let (name, part) = (names::model(language, name, false), page.price_change(*part));
        language.pick(format!(" (sobre todo {name}: {part})"), format!(" (above all {name}: {part})"))
    });
    let model = model.unwrap_or_default();
    let none = reasons.parts.iter().all(|part| page.rounded(*part) == 0.0);
    let verdict = match (language, reasons.dominant) {
        (_, _) if none => String::new(),
        (Spanish, Some(ChangePart::Data)) => "; pesa sobre todo el movimiento del par".to_owned(),
        (English, Some(ChangePart::Data)) => "; the pair's own move matters most".to_owned(),
        (Spanish, Some(ChangePart::Models)) => format!("; pesa sobre todo lo que esperan los modelos{model}"),
        (English, Some(ChangePart::Models)) => format!("; what the models expect matters most{model}"),
        (Spanish, Some(ChangePart::Weights)) => "; pesa sobre todo el cambio de pesos".to_owned(),
        (English, Some(ChangePart::Weights)) => "; the change of weights matters most".to_owned(),
        (Spanish, None) => "; ninguna parte es más de la mitad de lo que se movió".to_owned(),
        (English, None) => "; no part is more than half of what moved".to_owned(),
    };
    format!("{parts}{verdict}.{}", joined_and_left(page, reasons))
}

fn joined_and_left(page: &Page<'_>, reasons: &Reasons) -> String {
    let language = page.language;
    let list = |models: &[String]| {
        let worded: Vec<String> = models.iter().map(|name| names::model(language, name, false)).collect();
        names::list(language, &worded)
    };
    let many = |models: &[String], one: &'static str, more: &'static str| if models.len() == 1 { one } else { more };
    let mut text = String::new();
    if !reasons.joined.is_empty() {
        let (verb, all) = (many(&reasons.joined, "Se incorporó", "Se incorporaron"), list(&reasons.joined));
        text += &language.pick(format!(" {verb} {all}."), format!(" {all} joined."));
    }
    if !reasons.left.is_empty() {
        let (verb, all) = (many(&reasons.left, "Salió", "Salieron"), list(&reasons.left));
        text += &language.pick(format!(" {verb} {all}."), format!(" {all} left."));
    }
    text
}

/// Returns the sentence on the result of the last forecast for today.
pub(crate) fn last_forecast_sentence(
    page: &Page<'_>,
    median: f64,
    interval: (f64, f64),
    value: f64,
    held: ForecastCheck,
) -> String {
    let (median, interval, value) = (page.price(median), page.interval(interval), page.price(value));
    let day = page.date(page.view.ensemble.as_of());
    match (page.language, held) {
        (Spanish, ForecastCheck::Inside80) => format!(
            "Para el {day} el informe anterior daba una mediana de {median}; el valor observado, {value}, cayó dentro de su \
             intervalo de 80\u{a0}% ({interval})."
        ),
        (English, ForecastCheck::Inside80) => format!(
            "For {day} the last report gave a median of {median}; the observed rate, {value}, fell inside its 80% interval \
             ({interval})."
        ),
        (Spanish, ForecastCheck::Only95) => format!(
            "Para el {day} el informe anterior daba una mediana de {median}; el valor observado, {value}, cayó fuera de su \
             intervalo de 80\u{a0}%, pero dentro del de 95\u{a0}% ({interval})."
        ),
        (English, ForecastCheck::Only95) => format!(
            "For {day} the last report gave a median of {median}; the observed rate, {value}, fell outside its 80% interval \
             but inside the 95% one ({interval})."
        ),
        (Spanish, ForecastCheck::Outside(place)) => {
            let side = if place == IntervalPosition::Above { "por encima" } else { "por debajo" };
            format!(
                "Para el {day} el informe anterior daba una mediana de {median}; el valor observado, {value}, quedó {side} de \
                 su intervalo de 95\u{a0}% ({interval})."
            )
        }
        (English, ForecastCheck::Outside(place)) => {
            let side = if place == IntervalPosition::Above { "above" } else { "below" };
            format!(
                "For {day} the last report gave a median of {median}; the observed rate, {value}, came out {side} its 95% \
                 interval ({interval})."
            )
        }
    }
}

/// Returns the sentence on the change of the interval's width; widths in percent of the median.
pub(crate) fn width(page: &Page<'_>, then: f64, now: f64, same: bool) -> String {
    let language = page.language;
    let (from, to) = (language.percent(then, 2), language.percent(now, 2));
    match (language, same, now > then) {
        (Spanish, true, _) => {
            format!("El intervalo de 80\u{a0}% es prácticamente igual de ancho: {to} de la mediana (antes {from}).")
        }
        (English, true, _) => {
            format!("The 80% interval is practically as wide as before: {to} of the median (then {from}).")
        }
        (Spanish, false, true) => format!("El intervalo de 80\u{a0}% se ensanchó de {from} a {to} de la mediana."),
        (English, false, true) => format!("The 80% interval widened from {from} to {to} of the median."),
        (Spanish, false, false) => format!("El intervalo de 80\u{a0}% se angostó de {from} a {to} de la mediana."),
        (English, false, false) => format!("The 80% interval narrowed from {from} to {to} of the median."),
    }
}

pub(crate) fn first_report(page: &Page<'_>) -> String {
    let horizon = page.horizon();
    page.language.pick(
        format!("Es el primer informe registrado para el plazo de {horizon}: no hay uno anterior con que compararlo."),
        format!("This is the first report on record for the horizon of {horizon}: there is no earlier one to compare it with."),
    )
}

/// Returns the note below the table.
pub(crate) fn note(page: &Page<'_>) -> &'static str {
    page.language.pick(
        "Valores conocidos en cada fecha de informe. Se cuenta como notable un cambio desde 0,5\u{a0}% (cobre: 1\u{a0}%), 1 punto o \
         0,1 puntos porcentuales (pp).",
        "Values known on the date of each report. A change counts as notable from 0.5% (copper: 1%), 1 point or 0.1 percentage \
         points (pp).",
    )
}
