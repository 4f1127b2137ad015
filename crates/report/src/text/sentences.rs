//! Sentences with figures, Spanish beside English. Figures arrive already formatted, so that a number is written the
//! same way in the whole report; `findings` decides which sentence is used.

use crate::{
    findings::{Direction, IntervalHits, SkillVerdict},
    format::price_decimals,
    labels,
    view::{
        Caution,
        Language::{self, English, Spanish},
        Staleness,
    },
};
use forecaster_domain::{Horizon, Pair};

/// Returns the title: "USD/CLP · perspectiva a 7 días".
pub(crate) fn title(language: Language, pair: &Pair, horizon: Horizon) -> String {
    let days = horizon.days();
    match language {
        Spanish => format!("{pair} · perspectiva a {days} días"),
        English => format!("{pair} · {days}-day outlook"),
    }
}

/// Returns `count` with its noun in the singular or plural.
fn with_noun(language: Language, count: usize, one: &str, many: &str) -> String {
    format!("{} {}", language.count(count), if count == 1 { one } else { many })
}

pub(crate) fn origins(language: Language, count: usize) -> String {
    match language {
        Spanish => with_noun(language, count, "origen", "orígenes"),
        English => with_noun(language, count, "origin", "origins"),
    }
}

fn business_days(language: Language, count: i64) -> String {
    let count = usize::try_from(count).unwrap_or(0);
    match language {
        Spanish => with_noun(language, count, "día hábil", "días hábiles"),
        English => with_noun(language, count, "business day", "business days"),
    }
}

/// Returns the warning about the last value.
pub(crate) fn caution(language: Language, caution: &Caution) -> String {
    let name = |provider: &str| labels::provider_name(language, provider);
    match (caution, language) {
        (Caution::StandIn { provider }, Spanish) => {
            format!("El último valor es una cotización del mercado ({}), que suple al dato oficial.", name(provider))
        }
        (Caution::StandIn { provider }, English) => {
            format!("The last value is a market quote ({}) standing in for the official rate.", name(provider))
        }
        (Caution::Unconfirmed { series, provider, date, value, before, other_source: instead }, _) => {
            let decimals = price_decimals(value.min(*before));
            let (value, before) = (language.number(*value, decimals), language.number(*before, decimals));
            let (date, provider, series) = (language.date(*date), name(provider), series.to_uppercase());
            let instead = instead.as_ref().map(|(other, value)| (name(other), language.number(*value, decimals)));
            match (language, instead) {
                (Spanish, None) => format!(
                    "{series}: solo {provider} informa {value} para el {date}, después de {before}; ninguna otra fuente \
                     confirma un salto así. Verifique el dato antes de usar este pronóstico."
                ),
                (English, None) => format!(
                    "{series}: only {provider} has {value} on {date}, after {before}; no other source confirms such a jump. \
                     Check it before you use this forecast."
                ),
                (Spanish, Some((other, instead))) => format!(
                    "{series}: para el {date}, {provider} informa {value} (después de {before}) y {other}, {instead}. \
                     Verifique el dato antes de usar este pronóstico."
                ),
                (English, Some((other, instead))) => format!(
                    "{series}: on {date} {provider} has {value} (after {before}) and {other} has {instead}. Check it before \
                     you use this forecast."
                ),
            }
        }
        (Caution::NotStored, Spanish) => {
            "Había datos más recientes, pero no se pudieron guardar: el pronóstico parte de \
             los anteriores. El registro dice por qué."
                .to_owned()
        }
        (Caution::NotStored, English) => {
            "There were newer rates, but they could not be stored: the forecast starts from \
             those before. The log says why."
                .to_owned()
        }
        (Caution::Condition(condition), _) => super::conditions::condition(language, condition),
    }
}

/// Returns the warning about stale data; `last` and `today` are dates, already formatted.
pub(crate) fn staleness(language: Language, stale: Staleness, last: &str, today: &str) -> String {
    let age = business_days(language, stale.age_business_days);
    let limit = business_days(language, stale.max_age_business_days);
    match language {
        Spanish => format!(
            "La última observación es del {last} y hoy es {today}: tiene {age} de antigüedad y el límite es {limit}. \
             El pronóstico parte de ese dato, no del precio de hoy, y no recoge lo ocurrido desde entonces."
        ),
        English => format!(
            "The last observation is of {last} and today is {today}: it is {age} old and the limit is {limit}. The \
             forecast starts from that rate, not from today's price, and does not reflect anything that has \
             happened since."
        ),
    }
}

/// Returns the sentence on the final median relative to the last observation.
pub(crate) fn direction(language: Language, direction: Direction, median: &str, end: &str, change: &str) -> String {
    match (language, direction) {
        (Spanish, Direction::Unchanged) => {
            format!("La mediana del conjunto al {end} es {median}, casi igual a la última observación.")
        }
        (Spanish, Direction::Above) => {
            format!("La mediana del conjunto al {end} es {median}, {change} por encima de la última observación.")
        }
        (Spanish, Direction::Below) => {
            format!("La mediana del conjunto al {end} es {median}, {change} por debajo de la última observación.")
        }
        (English, Direction::Unchanged) => {
            format!("The ensemble's median on {end} is {median}, almost the same as the last observation.")
        }
        (English, Direction::Above) => {
            format!("The ensemble's median on {end} is {median}, {change} above the last observation.")
        }
        (English, Direction::Below) => {
            format!("The ensemble's median on {end} is {median}, {change} below the last observation.")
        }
    }
}

/// Returns the sentence on the ensemble against the random walk.
pub(crate) fn verdict(language: Language, verdict: SkillVerdict) -> String {
    let share = |share: f64| language.share(share, 1);
    match (language, verdict) {
        (Spanish, SkillVerdict::Unscored) => {
            "Sin validación fuera de muestra en esta ejecución, no se sabe si el conjunto \
             supera a un paseo aleatorio."
                .to_owned()
        }
        (English, SkillVerdict::Unscored) => {
            "Without out-of-sample validation in this run, it is not known whether the \
             ensemble beats a random walk."
                .to_owned()
        }
        (Spanish, SkillVerdict::OnPar { skill, origins: n }) => format!(
            "Fuera de muestra, en {}, el conjunto quedó prácticamente a la par del paseo aleatorio (skill {}), una \
             referencia difícil de superar en tipos de cambio.",
            origins(language, n),
            language.signed_percent(100.0 * skill, 1)
        ),
        (English, SkillVerdict::OnPar { skill, origins: n }) => format!(
            "Out of sample, over {}, the ensemble was practically on a par with the random walk (skill {}), a \
             benchmark that is hard to beat in exchange rates.",
            origins(language, n),
            language.signed_percent(100.0 * skill, 1)
        ),
        (Spanish, SkillVerdict::Chance { skill, origins: n }) => format!(
            "Fuera de muestra, en {}, la diferencia con el paseo aleatorio (skill {}) no se distingue del azar: es una \
             referencia difícil de superar en tipos de cambio.",
            origins(language, n),
            language.signed_percent(100.0 * skill, 1)
        ),
        (English, SkillVerdict::Chance { skill, origins: n }) => format!(
            "Out of sample, over {}, the difference from the random walk (skill {}) cannot be told from chance: that \
             benchmark is hard to beat in exchange rates.",
            origins(language, n),
            language.signed_percent(100.0 * skill, 1)
        ),
        (Spanish, SkillVerdict::Better { loss, origins: n }) => format!(
            "Fuera de muestra, en {}, el conjunto superó al paseo aleatorio: su pérdida (WQL) fue {} menor. Es una \
             ventaja medida en el pasado y puede no repetirse.",
            origins(language, n),
            share(loss)
        ),
        (English, SkillVerdict::Better { loss, origins: n }) => format!(
            "Out of sample, over {}, the ensemble beat the random walk: its loss (WQL) was {} lower. That advantage \
             was measured in the past and may not last.",
            origins(language, n),
            share(loss)
        ),
        (Spanish, SkillVerdict::Worse { loss, origins: n }) => format!(
            "Fuera de muestra, en {}, el conjunto no superó al paseo aleatorio: su pérdida (WQL) fue {} mayor. El \
             paseo aleatorio es difícil de superar en tipos de cambio; aquí no se logró.",
            origins(language, n),
            share(loss)
        ),
        (English, SkillVerdict::Worse { loss, origins: n }) => format!(
            "Out of sample, over {}, the ensemble did not beat the random walk: its loss (WQL) was {} higher. A \
             random walk is hard to beat in exchange rates; here it was not beaten.",
            origins(language, n),
            share(loss)
        ),
    }
}

/// Returns the sentence in place of a verdict when the pair does not vary: over its last `count` observations, from the
/// date `since` on, already formatted.
pub(crate) fn nothing_to_beat(language: Language, pair: &Pair, count: usize, since: &str) -> String {
    let count = language.count(count);
    match language {
        Spanish => format!(
            "{pair} no varía: sus últimas {count} observaciones, desde el {since}, son iguales. El conjunto y el paseo \
             aleatorio pronostican lo mismo, así que no hay ventaja que medir."
        ),
        English => format!(
            "{pair} does not vary: its last {count} observations, since {since}, are equal. The ensemble and the random \
             walk forecast the same, so there is no skill to measure."
        ),
    }
}

/// Returns the sentence in place of the calibration of a pair that does not vary.
pub(crate) fn nothing_to_calibrate(language: Language, pair: &Pair) -> String {
    match language {
        Spanish => format!("{pair} no varía: sus intervalos no tienen ancho y no hay nada que calibrar."),
        English => format!("{pair} does not vary: its intervals have no width, and there is nothing to calibrate."),
    }
}

/// Returns the sentence in place of the indicators of a pair whose last `count` observations, since a date already
/// formatted, are equal.
pub(crate) fn nothing_to_describe(language: Language, pair: &Pair, count: usize, since: &str) -> String {
    let count = language.count(count);
    match language {
        Spanish => format!(
            "{pair} no varía: sus últimas {count} observaciones, desde el {since}, son iguales. RSI, MACD, bandas de \
             Bollinger y volatilidad describen movimientos, y no los hay."
        ),
        English => format!(
            "{pair} does not vary: its last {count} observations, since {since}, are equal. RSI, MACD, Bollinger bands and \
             volatility describe moves, and there are none."
        ),
    }
}

/// Returns the explanation of a rise for the two currencies, and of the intervals.
pub(crate) fn meaning_of_rise(language: Language, pair: &Pair) -> String {
    let (base, quote) = (pair.base(), pair.quote());
    match language {
        Spanish => format!(
            "Precios en {quote} por {base}; un alza significa {base} más caro en {quote}. El intervalo de 80\u{a0}% va \
             del cuantil 10\u{a0}% al 90\u{a0}%; el de 95\u{a0}%, del 2,5\u{a0}% al 97,5\u{a0}%."
        ),
        English => format!(
            "Prices in {quote} per {base}; a rise means a dearer {base} in {quote}. The 80% interval runs from the 10% \
             to the 90% quantile, the 95% one from 2.5% to 97.5%."
        ),
    }
}

/// Returns the note below the path table; `weekly` is the number of all dates if only one row per week is shown.
pub(crate) fn path_note(language: Language, weekly: Option<usize>, last: Option<&str>) -> String {
    let mut note = String::new();
    if let Some(all) = weekly {
        let all = language.count(all);
        note.push_str(&match language {
            Spanish => format!("De las {all} fechas se muestra la última de cada semana y la fecha final. "),
            English => format!("Of the {all} dates, the last of each week and the final one are shown. "),
        });
    }
    if let Some(last) = last {
        note.push_str(&match language {
            Spanish => format!("Cambio y probabilidad de alza respecto de la última observación, {last}."),
            English => format!("Change and probability of a rise compared with the last observation, {last}."),
        });
    }
    note
}

pub(crate) fn levels_note(language: Language, end: &str) -> String {
    match language {
        Spanish => format!(
            "Probabilidad de que el {end} el precio esté por encima del nivel, y de que en alguna fecha hasta entonces lo \
             alcance desde la última observación (desde abajo o desde arriba, según dónde esté)."
        ),
        English => format!(
            "Probability that the price is above the level on {end}, and that on some date until then it reaches \
             the level coming from the last observation (from below or above, depending on where the level lies)."
        ),
    }
}

pub(crate) fn scoreboard_note(language: Language, count: usize, quote: &str) -> String {
    let origins = origins(language, count);
    match language {
        Spanish => format!(
            "Puntajes fuera de muestra en {origins}: cada pronóstico se hizo solo con lo conocido en su origen. RMSE \
             ({quote}) y MAPE son de la mediana en la fecha final; WQL y coberturas, de todas las fechas. WQL es la pérdida cuantílica ponderada; menor es mejor. Skill: 1 menos \
             el cociente entre el WQL del modelo y el del paseo aleatorio; positivo es mejor."
        ),
        English => format!(
            "Out-of-sample scores over {origins}: each forecast was made with what was known at its origin only. RMSE \
             ({quote}) and MAPE are of the median on the last date; WQL and coverages are over all dates. WQL is the weighted quantile loss; lower is better. Skill: 1 \
             minus the ratio of the model's WQL to the random walk's; positive is better."
        ),
    }
}

pub(crate) fn no_validation(language: Language) -> &'static str {
    language.pick(
        "Esta ejecución no tiene validación fuera de muestra: no hay puntajes que mostrar.",
        "This run has no out-of-sample validation: there are no scores to show.",
    )
}

/// Returns the caption of the chart of past forecasts; the chart has space for `shown` of `total`.
pub(crate) fn past_caption(language: Language, hits: IntervalHits, shown: usize, total: usize) -> String {
    let IntervalHits { inside80, inside95, published } = hits;
    let share = |k: usize| language.share(k as f64 / published as f64, 0);
    let mut caption = match (language, published) {
        (Spanish, 0) => "Ningún pronóstico anterior tiene todavía un valor observado en su fecha final.".to_owned(),
        (English, 0) => "No past forecast has an observed rate on its last date yet.".to_owned(),
        (Spanish, n) => format!(
            "En la fecha final, {inside80} de {n} valores observados ({}) cayeron dentro del intervalo de 80\u{a0}%, y \
             {inside95} de {n} ({}) dentro del de 95\u{a0}%.",
            share(inside80),
            share(inside95)
        ),
        (English, n) => format!(
            "On the last date, {inside80} of {n} observed rates ({}) fell inside the 80% interval and {inside95} of \
             {n} ({}) inside the 95% one.",
            share(inside80),
            share(inside95)
        ),
    };
    if shown < total {
        caption.push_str(&match language {
            Spanish => format!(" El gráfico muestra los últimos {shown} de {total} pronósticos."),
            English => format!(" The chart shows the latest {shown} of {total} forecasts."),
        });
    }
    caption
}

pub(crate) fn no_past(language: Language) -> &'static str {
    language
        .pick("Todavía no hay pronósticos anteriores que comparar.", "There are no past forecasts to compare yet.")
}

/// Returns the sentence on the largest gap of the reliability diagram, in points.
pub(crate) fn calibration_caption(language: Language, (level, observed): (f64, f64)) -> String {
    let points = language.number(100.0 * (observed - level).abs(), 1);
    let decimals = usize::from((1000.0 * level).round() % 10.0 != 0.0);
    let (nominal, share) = (language.share(level, decimals), language.share(observed, 1));
    match language {
        Spanish => format!(
            "La mayor diferencia con la diagonal es de {points} puntos: en o bajo el cuantil {nominal} cayó el {share} de \
             los valores observados."
        ),
        English => format!(
            "The largest gap to the diagonal is {points} points: {share} of the observed rates fell at or below the \
             {nominal} quantile."
        ),
    }
}

/// Returns the sentence on the observed coverage of both intervals.
pub(crate) fn coverage(language: Language, coverage80: &str, coverage95: &str) -> String {
    match language {
        Spanish => format!(
            "En todas las fechas de validación, el intervalo de 80\u{a0}% contuvo el {coverage80} de los valores \
             observados y el de 95\u{a0}%, el {coverage95}."
        ),
        English => format!(
            "Over all validation dates, the 80% interval held {coverage80} of the observed rates and the 95% one \
             {coverage95}."
        ),
    }
}

pub(crate) fn how_to_read_calibration(language: Language) -> &'static str {
    language.pick(
        "Un punto sobre la diagonal indica que cayeron más valores en o bajo el cuantil que los anunciados; bajo la \
         diagonal, menos.",
        "A point above the diagonal means that more rates fell at or below the quantile than announced; below it, \
         fewer.",
    )
}

pub(crate) fn technical_note(language: Language) -> &'static str {
    language.pick(
        "Descripción del mercado por reglas fijas; el pronóstico no depende de estas lecturas. RSI de Wilder, MACD \
         12/26/9, Bollinger 20/2 con desviación estándar poblacional; volatilidad de los retornos logarítmicos diarios \
         anualizada con √252.",
        "The market described by fixed rules; the forecast does not depend on these readings. Wilder's RSI, MACD \
         12/26/9, Bollinger 20/2 with the population standard deviation; volatility of daily log returns annualised \
         with √252.",
    )
}
