//! Wording of the track record, Spanish beside English. Figures arrive already formatted.

use crate::{
    labels, models,
    view::{
        Language::{self, English, Spanish},
        TrackVerdict,
    },
};
use forecaster_domain::{ENSEMBLE, ENSEMBLE_WITHOUT_CHRONOS};

/// Returns the name of a model or pool in a table.
pub(crate) fn name(language: Language, model: &str) -> String {
    match model {
        ENSEMBLE => labels::ensemble(language).to_owned(),
        ENSEMBLE_WITHOUT_CHRONOS => labels::ensemble_without_chronos(language).to_owned(),
        other => labels::model_name(language, other),
    }
}

/// Returns the name of a model or pool within a sentence.
fn in_words(language: Language, model: &str) -> String {
    match model {
        ENSEMBLE => language.pick("el conjunto", "the ensemble").to_owned(),
        ENSEMBLE_WITHOUT_CHRONOS => {
            language.pick("el conjunto sin Chronos", "the ensemble without Chronos").to_owned()
        }
        other => models::find(language, other).map_or(other, |words| words.in_sentence).to_owned(),
    }
}

/// Puts the Spanish "to" before a name: "al conjunto", "a VAR".
fn to_other(other: &str) -> String {
    other.strip_prefix("el ").map_or_else(|| format!("a {other}"), |bare| format!("al {bare}"))
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Returns the note on the forecasts that were counted.
pub(crate) fn span(language: Language, from: &str, to: &str) -> String {
    language.pick(
        format!(
            "Pronósticos emitidos cuyo último día cayó entre el {from} y el {to}, frente a lo que ocurrió. No son pruebas sobre el \
             pasado: son los que se publicaron."
        ),
        format!(
            "Forecasts issued whose last day fell between {from} and {to}, against what happened. These are not \
             backtests: they are the forecasts as published."
        ),
    )
}

pub(crate) fn nothing_due(language: Language) -> &'static str {
    language.pick(
        "Todavía no se ha cumplido el plazo de ningún pronóstico emitido.",
        "No issued forecast has come due yet.",
    )
}

/// Figures of a comparison.
pub(crate) struct Compared<'a> {
    pub(crate) model: &'a str,
    pub(crate) against: &'a str,
    pub(crate) count: usize,
    /// Absolute difference of the losses; `None` when it is zero or not known.
    pub(crate) difference: Option<String>,
    /// True when `model` has the lower loss.
    pub(crate) lower: bool,
    pub(crate) p_value: Option<String>,
    pub(crate) verdict: TrackVerdict,
}

/// Returns the sentence on a comparison.
pub(crate) fn comparison(language: Language, facts: &Compared<'_>) -> String {
    let (one, other) = (in_words(language, facts.model), in_words(language, facts.against));
    let difference = match (&facts.difference, language, facts.lower) {
        (None, ..) => language.pick("una pérdida (WQL) casi igual", "almost the same loss (WQL)").to_owned(),
        (Some(percent), Spanish, true) => format!("{percent} menos de pérdida (WQL)"),
        (Some(percent), Spanish, false) => format!("{percent} más de pérdida (WQL)"),
        (Some(percent), English, true) => format!("{percent} less loss (WQL)"),
        (Some(percent), English, false) => format!("{percent} more loss (WQL)"),
    };
    let count = forecasts(language, facts.count);
    let p = facts.p_value.as_ref().map_or_else(String::new, |p| format!(" (p\u{a0}{p})"));
    match (facts.verdict, language) {
        (TrackVerdict::Better, Spanish) => format!(
            "{} ha sido mejor que {other}: {difference} en {count}, más de lo que explica el azar{p}.",
            capitalized(&one)
        ),
        (TrackVerdict::Better, English) => format!(
            "{} has been better than {other}: {difference} over {count}, more than chance explains{p}.",
            capitalized(&one)
        ),
        (TrackVerdict::Worse, Spanish) => {
            format!(
                "{} ha sido peor que {other}: {difference} en {count}, más de lo que explica el azar{p}.",
                capitalized(&one)
            )
        }
        (TrackVerdict::Worse, English) => {
            format!(
                "{} has been worse than {other}: {difference} over {count}, more than chance explains{p}.",
                capitalized(&one)
            )
        }
        (TrackVerdict::CannotTellYet { more_runs }, Spanish) => format!(
            "{} frente {}: {difference} en {count}; puede ser azar{p} y aún no se sabe cuál es mejor.{}",
            capitalized(&one),
            to_other(&other),
            more(language, more_runs)
        ),
        (TrackVerdict::CannotTellYet { more_runs }, English) => format!(
            "{} against {other}: {difference} over {count}; this may be chance{p}, and it is not yet known which is \
             better.{}",
            capitalized(&one),
            more(language, more_runs)
        ),
    }
}

fn more(language: Language, runs: Option<usize>) -> String {
    let Some(runs) = runs else { return String::new() };
    let count = language.count(runs);
    match (language, runs) {
        (Spanish, 1) => " Si la diferencia se mantiene, bastaría cerca de 1 ejecución más.".to_owned(),
        (English, 1) => " If the difference stays as it is, about 1 more run would tell.".to_owned(),
        (Spanish, _) => format!(" Si la diferencia se mantiene, bastarían unas {count} ejecuciones más."),
        (English, _) => format!(" If the difference stays as it is, about {count} more runs would tell."),
    }
}

fn forecasts(language: Language, count: usize) -> String {
    let (one, many) = language.pick(("pronóstico", "pronósticos"), ("forecast", "forecasts"));
    format!("{} {}", language.count(count), if count == 1 { one } else { many })
}
