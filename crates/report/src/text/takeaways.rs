//! Sentences that sum up the charts of forecast and performance: facts of `findings`, Spanish beside English.

use super::names;
use crate::{
    findings::{
        outlook::{Agreement, IntervalPosition, IntervalWidths},
        skill::{Trend, WINDOW},
        weights::Shift,
    },
    page::Page,
    view::Language::{English, Spanish},
};

/// Counts models: "1 modelo", "3 modelos".
fn models(page: &Page<'_>, count: usize) -> String {
    let one = page.language.pick("modelo", "model");
    format!("{} {one}{}", page.language.count(count), if count == 1 { "" } else { "s" })
}

pub(crate) fn end_interval_sentence(page: &Page<'_>, (down, up, place): (f64, f64, IntervalPosition)) -> String {
    let language = page.language;
    let bounds = (language.signed_percent(down, 2), language.signed_percent(up, 2));
    let end = page.date(page.end_date());
    let side = match (language, place) {
        (Spanish, IntervalPosition::Around) => "el último valor queda dentro",
        (Spanish, IntervalPosition::Above) => "todo el intervalo está por encima del último valor",
        (Spanish, IntervalPosition::Below) => "todo el intervalo está por debajo del último valor",
        (English, IntervalPosition::Around) => "the last value lies inside",
        (English, IntervalPosition::Above) => "all of it is above the last value",
        (English, IntervalPosition::Below) => "all of it is below the last value",
    };
    match language {
        Spanish => format!(
            "Al {end}, el intervalo de 80\u{a0}% va de {} a {} respecto de la última observación: {side}.",
            bounds.0, bounds.1
        ),
        English => format!(
            "On {end}, the 80% interval runs from {} to {} compared with the last observation: {side}.",
            bounds.0, bounds.1
        ),
    }
}

pub(crate) fn agreement(page: &Page<'_>, facts: &Agreement) -> String {
    let language = page.language;
    let name = |model: &str| names::model(language, model, false);
    let (low, high) = (page.price(facts.lowest.1), page.price(facts.highest.1));
    let mut text = match language {
        _ if facts.count == 1 => String::new(),
        Spanish if low == high => format!("Las medianas finales de los modelos coinciden en {low}."),
        English if low == high => format!("The models' final medians agree on {low}."),
        Spanish if facts.same => format!("Las medianas finales de los modelos casi coinciden: entre {low} y {high}."),
        English if facts.same => format!("The models' final medians nearly agree: between {low} and {high}."),
        Spanish => format!(
            "Las medianas finales van de {low} ({}) a {high} ({}): {} del último valor.",
            name(&facts.lowest.0),
            name(&facts.highest.0),
            language.percent(facts.spread, 2)
        ),
        English => format!(
            "Final medians range from {low} ({}) to {high} ({}): a spread of {} of the last value.",
            name(&facts.lowest.0),
            name(&facts.highest.0),
            language.percent(facts.spread, 2)
        ),
    };
    if !text.is_empty() {
        text.push(' ');
    }
    let of = models(page, facts.count);
    let level = facts.count - facts.above - facts.below;
    text += &match language {
        Spanish => format!(
            "De {of}, {} por encima del último valor, {} por debajo y {} a menos de 0,05\u{a0}% de él.",
            facts.above, facts.below, level
        ),
        English => format!(
            "Final medians of {of}: {} above the last value, {} below it and {} within 0.05% of it.",
            facts.above, facts.below, level
        ),
    };
    text
}

pub(crate) fn widths(page: &Page<'_>, facts: &IntervalWidths) -> String {
    let language = page.language;
    let name = |model: &str| names::model(language, model, false);
    let (least, most, pool) =
        (page.difference(facts.narrowest.1), page.difference(facts.widest.1), page.difference(facts.ensemble));
    let quote = page.view.pair.quote();
    match language {
        Spanish if facts.count == 1 => {
            format!("Ancho del intervalo de 80\u{a0}%: {most} {quote} el único modelo, {pool} el conjunto.")
        }
        English if facts.count == 1 => {
            format!("Width of the 80% interval: {most} {quote} for the only model, {pool} for the ensemble.")
        }
        Spanish if facts.same => format!(
            "Los intervalos de 80\u{a0}% de los modelos son casi igual de anchos: de {least} a {most} {quote}; el del conjunto, {pool}."
        ),
        English if facts.same => format!(
            "The models' 80% intervals are almost equally wide: {least} to {most} {quote}; the ensemble's is {pool}."
        ),
        Spanish => format!(
            "El intervalo de 80\u{a0}% más angosto es el de {} ({least} {quote}) y el más ancho, el de {} ({most}); el del conjunto \
             mide {pool}.",
            name(&facts.narrowest.0),
            name(&facts.widest.0)
        ),
        English => format!(
            "The narrowest 80% interval is that of {} ({least} {quote}), the widest that of {} ({most}); the ensemble's is {pool}.",
            name(&facts.narrowest.0),
            name(&facts.widest.0)
        ),
    }
}

/// Returns the sentence on the intervals of a pair that does not vary.
pub(crate) fn no_width(page: &Page<'_>) -> String {
    let pair = &page.view.pair;
    match page.language {
        Spanish => format!("{pair} no varía: los intervalos de los modelos no tienen ancho."),
        English => format!("{pair} does not vary: the models' intervals have no width."),
    }
}

/// Returns the sentence on the direction in which the medians of issued forecasts missed.
pub(crate) fn misses(page: &Page<'_>, (above, below): (usize, usize)) -> String {
    let language = page.language;
    match language {
        Spanish => format!(
            "El valor observado superó la mediana {} y quedó bajo ella {}.",
            times(page, above),
            times(page, below)
        ),
        English => {
            format!(
                "The observed rate was above the median {} and below it {}.",
                times(page, above),
                times(page, below)
            )
        }
    }
}

fn times(page: &Page<'_>, count: usize) -> String {
    let (one, many) = page.language.pick(("vez", "veces"), ("time", "times"));
    format!("{} {}", page.language.count(count), if count == 1 { one } else { many })
}

pub(crate) fn shift(page: &Page<'_>, facts: &Shift) -> String {
    let language = page.language;
    let name = |model: &String| names::model(language, model, false);
    let since = page.date(facts.since);
    let weight = language.share(facts.weight, 1);
    let heaviest = names::list(language, &facts.heaviest.iter().map(name).collect::<Vec<_>>());
    let mut text = match (language, facts.heaviest.len()) {
        (Spanish, n) if n == facts.count && n > 1 => format!("Hoy todos pesan lo mismo: {weight} cada uno."),
        (English, n) if n == facts.count && n > 1 => format!("Today all weigh the same: {weight} each."),
        (Spanish, 1) => format!("Hoy pesa más {heaviest}: {weight}."),
        (English, 1) => format!("Today {heaviest} weighs most: {weight}."),
        (Spanish, _) => format!("Hoy pesan más {heaviest}: {weight} cada uno."),
        (English, _) => format!("Today {heaviest} weigh most: {weight} each."),
    };
    let points = |change: f64| {
        let figure = language.signed(100.0 * change, 1);
        language.pick(format!("{figure} puntos"), format!("{figure} points"))
    };
    let worded = |(models, change): &(Vec<String>, f64)| {
        (names::list(language, &models.iter().map(name).collect::<Vec<_>>()), points(*change))
    };
    let gained = facts.gained.as_ref().map(worded);
    let lost = facts.lost.as_ref().map(worded);
    text += &match (language, gained, lost) {
        _ if !facts.comparable => return text,
        (Spanish, Some((a, up)), Some((b, down))) => {
            format!(" Desde el {since}, mayor alza: {a} ({up}); mayor baja: {b} ({down}).")
        }
        (English, Some((a, up)), Some((b, down))) => {
            format!(" Since {since}, largest gain: {a} ({up}); largest loss: {b} ({down}).")
        }
        (Spanish, Some((a, up)), None) => format!(" Desde el {since}, mayor alza: {a} ({up})."),
        (English, Some((a, up)), None) => format!(" Since {since}, largest gain: {a} ({up})."),
        (Spanish, None, Some((b, down))) => format!(" Desde el {since}, mayor baja: {b} ({down})."),
        (English, None, Some((b, down))) => format!(" Since {since}, largest loss: {b} ({down})."),
        (Spanish, None, None) => format!(" Desde el {since}, ningún peso cambió en 1 punto o más."),
        (English, None, None) => format!(" Since {since}, no weight has changed by 1 point or more."),
    };
    text
}

pub(crate) fn trend(page: &Page<'_>, facts: &Trend) -> String {
    let language = page.language;
    let percent = |skill: f64| language.signed_percent(100.0 * skill, 1);
    let now = percent(facts.now);
    let state = match (language, facts.on_par, facts.now > 0.0) {
        (Spanish, true, _) => "prácticamente a la par del paseo aleatorio (a no más de 0,5\u{a0}%)",
        (English, true, _) => "practically on a par with the random walk (within 0.5%)",
        (Spanish, false, true) => "mejor que el paseo aleatorio",
        (English, false, true) => "better than the random walk",
        (Spanish, false, false) => "peor que el paseo aleatorio",
        (English, false, false) => "worse than the random walk",
    };
    let mut text = match language {
        Spanish => format!(
            "En los últimos {WINDOW} orígenes: {now}, {state}. Sobre cero en {} de {} ventanas.",
            facts.above, facts.windows
        ),
        English => format!(
            "Over the last {WINDOW} origins: {now}, {state}. Above zero in {} of {} windows.",
            facts.above, facts.windows
        ),
    };
    let at = |(date, skill): (chrono::NaiveDate, f64)| (page.date(date), percent(skill));
    text += &match (language, facts.best.map(at), facts.worst.map(at)) {
        (_, None, None) => return text,
        (Spanish, Some((a, up)), Some((b, down))) => format!(" La mejor, {up} ({a}); la peor, {down} ({b})."),
        (English, Some((a, up)), Some((b, down))) => format!(" The best: {up} ({a}); the worst: {down} ({b})."),
        (Spanish, None, Some((b, down))) => format!(" No hubo otra mejor; la peor, {down} ({b})."),
        (English, None, Some((b, down))) => format!(" None was better; the worst: {down} ({b})."),
        (Spanish, Some((a, up)), None) => format!(" No hubo otra peor; la mejor, {up} ({a})."),
        (English, Some((a, up)), None) => format!(" None was worse; the best: {up} ({a})."),
    };
    text
}
