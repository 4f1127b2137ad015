//! Wording of drift and regime, Spanish beside English. Figures arrive already formatted.

use super::names;
use crate::view::{
    DriftTestKind,
    Language::{self, English, Spanish},
    Regime,
};
use forecaster_domain::Pair;

/// Returns the subject of a test, for its row.
pub(crate) fn test(language: Language, kind: DriftTestKind) -> &'static str {
    match kind {
        DriftTestKind::Distribution => language
            .pick("Forma de los movimientos (Kolmogorov-Smirnov)", "Pattern of the moves (Kolmogorov-Smirnov)"),
        DriftTestKind::Spread => language.pick("Tamaño de los movimientos (Levene)", "Size of the moves (Levene)"),
        DriftTestKind::Autocorrelation => {
            language.pick("Arrastre de un día a otro (Ljung-Box)", "Carry-over from day to day (Ljung-Box)")
        }
    }
}

/// Returns the result of a test, for its row.
pub(crate) fn reading(language: Language, kind: DriftTestKind, found: bool) -> &'static str {
    match (kind, found) {
        (DriftTestKind::Distribution, true) => {
            language.pick("Distinta de la de los 90 días anteriores", "Different from the 90 days before")
        }
        (DriftTestKind::Distribution, false) => {
            language.pick("Como en los 90 días anteriores", "As in the 90 days before")
        }
        (DriftTestKind::Spread, true) => {
            language.pick("Distinto del de los 90 días anteriores", "Different from the 90 days before")
        }
        (DriftTestKind::Spread, false) => language.pick("Como en los 90 días anteriores", "As in the 90 days before"),
        (DriftTestKind::Autocorrelation, true) => {
            language.pick("Hay: un día influye en los siguientes", "Present: one day influences the next")
        }
        (DriftTestKind::Autocorrelation, false) => language.pick("No se aprecia", "None to be seen"),
    }
}

/// Returns the joint result of the tests; `found` are those that find a difference.
pub(crate) fn verdict(language: Language, found: &[DriftTestKind]) -> String {
    if found.is_empty() {
        let text = match language {
            Spanish => {
                "En los últimos 30 días hábiles el tipo de cambio se ha movido como en los 90 anteriores: ninguna de las tres \
                 pruebas encuentra una diferencia."
            }
            English => {
                "In the last 30 business days the rate has moved as in the 90 before: none of the three tests finds a difference."
            }
        };
        return text.to_owned();
    }
    let part = |kind: &DriftTestKind| match kind {
        DriftTestKind::Distribution => language
            .pick("la forma de sus movimientos diarios es otra", "the pattern of its daily moves is different"),
        DriftTestKind::Spread => {
            language.pick("el tamaño de sus movimientos diarios es otro", "the size of its daily moves is different")
        }
        DriftTestKind::Autocorrelation => language.pick(
            "lo que hace un día influye en los siguientes",
            "its move on one day influences those of the next days",
        ),
    };
    let parts = names::list(language, &found.iter().map(|kind| part(kind).to_owned()).collect::<Vec<_>>());
    match language {
        Spanish => format!(
            "En los últimos 30 días hábiles el tipo de cambio no se ha movido como en los 90 anteriores, más allá de lo que explica \
             el azar: {parts}."
        ),
        English => format!(
            "In the last 30 business days the rate has moved differently from the 90 before, by more than chance \
             explains: {parts}."
        ),
    }
}

/// Returns the sentence on the regime with its figures.
pub(crate) fn regime(
    language: Language,
    regime: Regime,
    volatility: &str,
    percentile: &str,
    windows: &str,
) -> String {
    let level = match regime {
        Regime::Calm => language.pick("un nivel calmo", "a calm level"),
        Regime::Usual => language.pick("un nivel usual", "a usual level"),
        Regime::Elevated => language.pick("un nivel elevado", "an elevated level"),
        Regime::Extreme => language.pick("un nivel extremo", "an extreme level"),
    };
    match language {
        Spanish => format!(
            "La volatilidad de los últimos 30 días hábiles, {volatility} anual, está en el percentil {percentile} de {windows} \
             períodos de igual largo en hasta cinco años: {level}."
        ),
        English => format!(
            "Volatility over the last 30 business days, {volatility} a year, stands at percentile {percentile} of {windows} periods of \
             that length in up to five years: {level}."
        ),
    }
}

pub(crate) fn no_tests(language: Language) -> &'static str {
    language.pick(
        "No hay con qué comparar los últimos 30 días hábiles con los 90 anteriores: faltan datos, hay un vacío entre ellos o no varían.",
        "The last 30 business days cannot be compared with the 90 before: there are too few values, a hole among them, or they do not vary.",
    )
}

/// Returns the sentence for a pair that does not vary.
pub(crate) fn constant(language: Language, pair: &Pair) -> String {
    match language {
        Spanish => format!("{pair} no varía: no hay movimientos que comparar ni volatilidad que ubicar."),
        English => format!("{pair} does not vary: there are no moves to compare and no volatility to rank."),
    }
}

pub(crate) fn no_regime(language: Language) -> &'static str {
    language.pick(
        "No hay historia suficiente para ubicar la volatilidad de los últimos 30 días hábiles.",
        "There is too little history to place the volatility of the last 30 business days.",
    )
}

pub(crate) fn note(language: Language) -> &'static str {
    language.pick(
        "Valor p: probabilidad de ver una diferencia así, o mayor, solo por azar; el ajustado tiene en cuenta que las pruebas son tres \
         (Holm). Bajo 0,05 se habla de deriva. Es un aviso: no ensancha los intervalos a mano; eso lo hace la calibración a medida \
         que se conocen los resultados.",
        "p-value: the probability of such a difference, or a larger one, by chance alone; the adjusted one takes \
         into account that there are three tests (Holm). Below 0.05 it is called drift. This is only a notice and \
         changes no interval; the calibration does that as outcomes become known.",
    )
}
